import { appendFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { AgentSession } from '../../src/agent/agent-session.js'
import {
  FileHistoryProvider,
  type FileHistoryProviderOptions,
} from '../../src/agent/providers/file-history-provider.js'
import { createTextMessage } from '../../src/core/messages.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'
import { createTempFolder } from '../support/temp-folder.js'

let path: string
beforeEach(() => {
  path = createTempFolder()
})

const ann = new AgentSession({ id: 'ann' })
const hello = [createTextMessage('user', 'Hello'), createTextMessage('assistant', 'Hi, Ann')]

function open(options: Partial<FileHistoryProviderOptions> = {}) {
  return new FileHistoryProvider({ path, ...options })
}

test('a conversation goes on in another process', async () => {
  const createAgent = () =>
    new Agent({
      name: 'Support',
      client: new ScriptedModel(({ messages }) => ({ text: `saw ${messages.length}` })),
      history: open({ path: join(path, 'made/on/demand') }),
    })
  const first = createAgent()
  await first.run('Where is my order?', { session: first.createSession({ id: 'customer-9281' }) })
  const second = createAgent()
  const session = second.createSession({ id: 'customer-9281' })
  expect((await second.run('And now?', { session })).text).toBe('saw 3')
  expect(session.messages).toEqual([])
  expect(await readdir(join(path, 'made/on/demand'))).toEqual(['customer-9281.jsonl'])
})

test('each run is one line', async () => {
  const history = open()
  await Promise.all([history.append(ann, hello), history.append(ann, hello)])
  const text = await readFile(join(path, 'ann.jsonl'), 'utf8')
  expect(text.split('\n').map((line) => line && JSON.parse(line))).toEqual([
    { messages: hello },
    { messages: hello },
    '',
  ])
})

test('sessions are kept apart, also where case does not count', async () => {
  const history = open()
  await history.append(new AgentSession({ id: 'Ann' }), hello)
  await history.append(new AgentSession({ id: 'an n/'.replace('/', '😀') }), hello)
  expect(await history.load(ann)).toEqual([])
  expect((await readdir(path)).sort()).toEqual(['%41nn.jsonl', 'an%20n%f0%9f%98%80.jsonl'])
})

test('a line that a crash cut short is left out, and dropped by the next write', async () => {
  const history = open()
  await history.append(ann, hello)
  await appendFile(join(path, 'ann.jsonl'), '{"messages":[{"role":"us')
  expect(await history.load(ann)).toEqual(hello)
  await open().append(ann, hello)
  expect(await open().load(ann)).toEqual([...hello, ...hello])
})

test('what is written can be encrypted', async () => {
  const history = open({
    serialize: async (record) => Buffer.from(JSON.stringify(record)).toString('base64'),
    deserialize: async (line) => JSON.parse(Buffer.from(line, 'base64').toString()),
  })
  await history.append(ann, hello)
  expect(await readFile(join(path, 'ann.jsonl'), 'utf8')).not.toContain('Ann')
  expect(await history.load(ann)).toEqual(hello)
  await expect(open().load(ann)).rejects.toMatchObject({
    code: 'unsupported_state',
    message: expect.stringMatching(/Line 1 of .*ann\.jsonl/),
  })
})

test.each(['two\nlines', 'carriage\rreturn', ''])('refuses to write %j as a line', async (line) => {
  await expect(open({ serialize: () => line }).append(ann, hello)).rejects.toThrow(/one line of text/)
  expect(await open().load(ann)).toEqual([])
})

describe('refuses the session id', () => {
  test.each([
    '../etc/passwd',
    '..',
    '.hidden',
    'a/b',
    'a\\b',
    'C:evil',
    'nul',
    'COM1.txt',
    'trailing.',
    'trailing ',
    'zero\0byte',
    'lone \ud800',
    'ü'.repeat(100),
  ])('%j', async (id) => {
    const session = new AgentSession({ id })
    await expect(open().load(session)).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(open().append(session, hello)).rejects.toMatchObject({ code: 'invalid_request' })
    expect(await readdir(path)).toEqual([])
  })
})

test.each([
  [{ storagePath: './conversations' }, 'FileHistoryProvider has no option "storagePath".'],
  [{}, 'path must be given, as text'],
])('options that name no folder are refused: %j', (options, said) => {
  expect(() => new FileHistoryProvider(options as unknown as { path: string })).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(said) }),
  )
})
