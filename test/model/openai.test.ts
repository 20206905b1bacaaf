import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import * as entry from '../../src/model/openai.js'
import {
  createAzureOpenAIChatClient,
  createAzureOpenAIResponsesClient,
  createOpenAIChatClient,
  createOpenAIResponsesClient,
} from '../../src/model/openai.js'

const room = new URL('../../src/model/', import.meta.url)

test('exports these names', () => {
  expect(Object.keys(entry).sort()).toEqual([
    'createAzureOpenAIChatClient',
    'createAzureOpenAIResponsesClient',
    'createChatClientFromEnvironment',
    'createOpenAIChatClient',
    'createOpenAIResponsesClient',
  ])
})

test.each(
  await readdir(room, { recursive: true }).then((files) => files.filter((file) => file.endsWith('.ts'))),
)('%s loads no provider package before the first call', async (file) => {
  const source = await readFile(new URL(file, room), 'utf8')
  expect(source).not.toMatch(/^(import|export) (?!type )[^;]*? from '(openai|@azure\/identity)/m)
})

const azure = { endpoint: 'https://my-resource.openai.azure.com', deployment: 'gpt', apiKey: 'k' }

test.each([
  [createOpenAIChatClient, { model: 'qwen', apiKey: 'k', baseURL: 'http://localhost:1/v1' }, '"baseURL"'],
  [createOpenAIResponsesClient, { model: 'qwen', apiKey: 'k', timeout: 5 }, '"timeout"'],
  [createOpenAIChatClient, { apiKey: 'k' }, 'model must be given'],
  [createOpenAIChatClient, { model: 'qwen', apiKey: 'k', stream: 'false' }, 'stream must be true or false'],
  [
    createOpenAIChatClient,
    { model: 'qwen', apiKey: 'k', timeoutMs: '5 s' },
    'timeoutMs must be a whole number',
  ],
  [
    createOpenAIResponsesClient,
    { model: 'qwen', apiKey: 'k', store: 'false' },
    'store must be true or false',
  ],
  [createAzureOpenAIChatClient, { ...azure, deploymentName: 'gpt' }, '"deploymentName"'],
  [createAzureOpenAIChatClient, { ...azure, deployment: undefined }, 'deployment must be given'],
  [createAzureOpenAIResponsesClient, { ...azure, model: 'gpt' }, '"model"'],
])('%o with %o is refused', (create: (options: never) => unknown, options, said) => {
  expect(() => create(options as never)).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(said) }),
  )
})
