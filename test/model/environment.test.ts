import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  createChatClientFromEnvironment,
  defaultOpenAIModel,
  type Environment,
} from '../../src/model/environment.js'
import { startChatCompletionsServer } from '../support/chat-completions-server.js'
import { startResponsesServer } from '../support/responses-server.js'
import { ask } from './ask.js'

describe('chooses the model', () => {
  test.each<[string, Environment, string]>([
    ['nothing is set', {}, 'offline-demo'],
    [
      'everything is empty',
      { OPENAI_API_KEY: '', AZURE_OPENAI_ENDPOINT: ' ', OPENAI_BASE_URL: '' },
      'offline-demo',
    ],
    [
      'only placeholders are set',
      { OPENAI_API_KEY: '<your key>', AZURE_OPENAI_ENDPOINT: '<https://your-endpoint.openai.azure.com>' },
      'offline-demo',
    ],
    [
      'a placeholder is part of the value',
      { AZURE_OPENAI_ENDPOINT: 'https://<name>.openai.azure.com', AZURE_OPENAI_DEPLOYMENT: 'gpt' },
      'offline-demo',
    ],
    ['only a deployment is set', { AZURE_OPENAI_DEPLOYMENT: 'gpt' }, 'offline-demo'],
    ['only a model is set', { OPENAI_MODEL: 'gpt' }, 'offline-demo'],
    ['OpenAI has a key', { OPENAI_API_KEY: 'k' }, defaultOpenAIModel],
    ['OpenAI has a key and a model', { OPENAI_API_KEY: 'k', OPENAI_MODEL: 'big' }, 'big'],
    [
      'a compatible server needs no key',
      { OPENAI_BASE_URL: 'http://localhost:11434/v1', OPENAI_MODEL: 'qwen3' },
      'qwen3',
    ],
    [
      'Azure has a deployment',
      { AZURE_OPENAI_ENDPOINT: 'https://x.openai.azure.com', AZURE_OPENAI_DEPLOYMENT: 'd' },
      'd',
    ],
    [
      'Azure has a deployment by its other name',
      {
        AZURE_OPENAI_ENDPOINT: 'https://x.openai.azure.com',
        AZURE_OPENAI_DEPLOYMENT_NAME: 'd2',
        AZURE_OPENAI_API_KEY: 'k',
      },
      'd2',
    ],
    [
      'Azure and OpenAI are both set',
      {
        AZURE_OPENAI_ENDPOINT: 'https://x.openai.azure.com',
        AZURE_OPENAI_DEPLOYMENT: 'd',
        OPENAI_API_KEY: 'k',
      },
      'd',
    ],
    [
      'Azure is a placeholder and OpenAI is set',
      { AZURE_OPENAI_ENDPOINT: '<endpoint>', OPENAI_API_KEY: 'k', OPENAI_MODEL: '<model>' },
      defaultOpenAIModel,
    ],
  ])('when %s', (_, env, model) => {
    expect(createChatClientFromEnvironment(env).model).toBe(model)
  })
})

test.each<[string, Environment]>([
  ['AZURE_OPENAI_DEPLOYMENT', { AZURE_OPENAI_ENDPOINT: 'https://x.openai.azure.com', OPENAI_API_KEY: 'k' }],
  [
    'AZURE_OPENAI_ENDPOINT must begin with https',
    { AZURE_OPENAI_ENDPOINT: 'http://x.openai.azure.com', AZURE_OPENAI_DEPLOYMENT: 'd' },
  ],
  ['OPENAI_BASE_URL', { OPENAI_BASE_URL: 'localhost:11434' }],
  ['OPENAI_API must be', { OPENAI_API_KEY: 'k', OPENAI_API: 'assistants' }],
])('refuses a bad combination, naming %s', (name, env) => {
  const create = () => createChatClientFromEnvironment(env)
  expect(create).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(name) }),
  )
})

test('reads process.env by default', () => {
  vi.stubEnv('AZURE_OPENAI_ENDPOINT', '')
  vi.stubEnv('OPENAI_API_KEY', 'k')
  vi.stubEnv('OPENAI_MODEL', 'from-process')
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(createChatClientFromEnvironment().model).toBe('from-process')
})

test.each<[string, (url: string) => Environment, string]>([
  ['OpenAI', (url) => ({ OPENAI_BASE_URL: url, OPENAI_API_KEY: 'k' }), '/v1/chat/completions'],
  [
    'Azure',
    (url) => ({
      AZURE_OPENAI_ENDPOINT: url.replace('/v1', '/'),
      AZURE_OPENAI_DEPLOYMENT: 'd',
      AZURE_OPENAI_API_KEY: 'k',
    }),
    '/openai/v1/chat/completions',
  ],
])('asks %s again after a failure that may pass', async (_, toEnv, path) => {
  const server = await startChatCompletionsServer({ script: [{ error: { status: 503 } }, { text: 'Hi' }] })
  onTestFinished(() => server.close())
  await ask(createChatClientFromEnvironment(toEnv(server.url)), 'Hello')
  expect(server.requests.map((request) => request.path)).toEqual([path, path])
  expect(server.requests[1]?.headers.authorization).toBe('Bearer k')
})

test.each<[string, (url: string) => Environment, string]>([
  ['OpenAI', (url) => ({ OPENAI_BASE_URL: url, OPENAI_API_KEY: 'k' }), '/v1/responses'],
  [
    'Azure',
    (url) => ({
      AZURE_OPENAI_ENDPOINT: url.replace('/v1', '/'),
      AZURE_OPENAI_DEPLOYMENT: 'd',
      AZURE_OPENAI_API_KEY: 'k',
    }),
    '/openai/v1/responses',
  ],
])('asks %s by the Responses API when OPENAI_API says so', async (_, toEnv, path) => {
  const server = await startResponsesServer({ script: [{ text: 'Hi' }] })
  onTestFinished(() => server.close())
  await ask(createChatClientFromEnvironment({ ...toEnv(server.url), OPENAI_API: 'responses' }), 'Hello')
  expect(server.requests.map((request) => request.path)).toEqual([path])
})
