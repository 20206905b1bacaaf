import { expect, test } from 'vitest'
import { toProviderName } from '../../../src/model/ai-sdk/provider.js'

test.each([
  ['openai.responses', 'openai'],
  ['anthropic.messages', 'anthropic'],
  ['azure.chat', 'azure.ai.openai'],
  ['azure-openai.responses', 'azure.ai.openai'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['google.generative-ai', 'gcp.gemini'],
  ['google.vertex.chat', 'gcp.vertex_ai'],
  ['mistral.chat', 'mistral_ai'],
  ['mistralish', 'mistralish'],
  ['xai.chat', 'x_ai'],
  ['own', 'own'],
])('%s is known as %s', (provider, name) => {
  expect(toProviderName(provider)).toBe(name)
})
