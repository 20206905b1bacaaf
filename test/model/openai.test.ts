import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import * as entry from '../../src/model/openai.js'

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

test.each(await readdir(room))('%s loads no provider package before the first call', async (file) => {
  const source = await readFile(new URL(file, room), 'utf8')
  expect(source).not.toMatch(/^(import|export) (?!type )[^;]*? from '(openai|@azure\/identity)/m)
})
