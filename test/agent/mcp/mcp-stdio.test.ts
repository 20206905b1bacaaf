import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Agent } from '../../../src/agent/agent.js'
import { type McpStdioOptions, mcpStdio } from '../../../src/agent/mcp/index.js'
import { conversation, type ModelStep, ScriptedModel } from '../../../src/testing/scripted-model.js'
import { createTempFolder } from '../../support/temp-folder.js'
import { everything, serveFiles, serveMortally } from './servers.js'

function createAgent(options: McpStdioOptions, steps: readonly ModelStep[]) {
  const source = mcpStdio({ stderr: 'ignore', ...options })
  onTestFinished(() => source.close())
  const client = new ScriptedModel(conversation(steps))
  return { source, client, agent: new Agent({ name: 'Agent', client, tools: [source] }) }
}

function call(name: string, args: Record<string, string | number>): ModelStep {
  return { calls: [{ name, arguments: args }] }
}

async function toResults(agent: Agent) {
  const { messages } = await agent.run('Go')
  return messages
    .flatMap(({ contents }) => contents)
    .flatMap((content) => (content.type === 'functionResult' ? [content.result ?? content.error] : []))
}

test('an agent reads and writes files with the filesystem server', async () => {
  const folder = createTempFolder()
  const path = join(folder, 'note.txt')
  const { agent, client } = createAgent({ name: 'fs', ...serveFiles(folder) }, [
    call('fs_write_file', { path, content: 'high tide at six' }),
    call('fs_read_text_file', { path }),
    { text: 'done' },
  ])
  expect(await toResults(agent)).toEqual([
    { content: `Successfully wrote to ${path}` },
    { content: 'high tide at six' },
  ])
  expect(await readFile(path, 'utf8')).toBe('high tide at six')
  expect(client.requests[0]?.tools?.find(({ name }) => name === 'fs_read_text_file')).toMatchObject({
    description: expect.stringContaining('Read the complete contents of a file'),
    parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  })
})

test('results of every kind become JSON that a model can read', async () => {
  const { agent } = createAgent({ name: 'all', ...everything }, [
    call('all_get-sum', { a: 2, b: 40 }),
    call('all_get-structured-content', { location: 'Chicago' }),
    call('all_get-tiny-image', {}),
    call('all_get-resource-links', { count: 1 }),
    { text: 'done' },
  ])
  const [sum, weather, image, links] = await toResults(agent)
  expect(sum).toBe('The sum of 2 and 40 is 42.')
  expect(weather).toMatchObject({ temperature: expect.any(Number), conditions: expect.any(String) })
  expect(image).toContain('[image, image/png: left out]')
  expect(links).toMatch(/\[.+: demo:\/\/resource\//)
})

test('what the server refuses, the model is told', async () => {
  const folder = createTempFolder()
  const { agent } = createAgent({ name: 'fs', ...serveFiles(folder) }, [
    call('fs_read_text_file', { path: '/etc/passwd' }),
    call('fs_read_text_file', { path: 7 }),
    call('fs_read_text_file', { path: join(folder, 'none.txt') }),
    { text: 'done' },
  ])
  const [outside, invalid, missing] = await toResults(agent)
  expect(outside).toContain('Access denied')
  expect(invalid).toContain('The arguments are not valid.')
  expect(missing).toContain('ENOENT')
})

test('a server that dies in the middle of a call is started again, and a call that may be repeated is', async () => {
  const book = join(createTempFolder(), 'book')
  const { agent } = createAgent({ name: 'mortal', ...serveMortally(book), trustAnnotations: true }, [
    call('mortal_work', { deaths: 1 }),
    { text: 'done' },
  ])
  expect(await toResults(agent)).toEqual(['done at call 2'])
  const calls = (await readFile(book, 'utf8')).trim().split('\n')
  const [first, second] = calls.map((line) => line.split(' ')[1])
  expect(first).toMatch(/^[0-9a-f]{32}$/)
  expect(second).toBe(first)
})

test('a call that may not be repeated is not, and the next one finds the server alive', async () => {
  const book = join(createTempFolder(), 'book')
  const { agent } = createAgent({ name: 'mortal', ...serveMortally(book), onUnknownOutcome: 'fail' }, [
    call('mortal_work', { deaths: 1 }),
    call('mortal_work', { deaths: 0 }),
    { text: 'done' },
  ])
  expect(await toResults(agent)).toEqual([
    'This tool was cut off while it ran, so whether it took effect is unknown. It was not run again.',
    'done at call 2',
  ])
})

test('hints of a server that is not trusted change nothing: a human is asked', async () => {
  const book = join(createTempFolder(), 'book')
  const { agent } = createAgent({ name: 'mortal', ...serveMortally(book) }, [
    call('mortal_work', { deaths: 1 }),
    { text: 'done' },
  ])
  await expect(toResults(agent)).rejects.toThrow('"mortal_work" waits for an approval')
})

test('a server from npm that is killed in the middle of a call is missed at once, and back for the next one', async () => {
  const pidFile = join(createTempFolder(), 'pid')
  const { command, args } = everything
  const script = `echo $$ > "${pidFile}"; exec "$0" "$@"`
  const { agent } = createAgent(
    { name: 'all', command: 'sh', args: ['-c', script, command, ...args], onUnknownOutcome: 'fail' },
    [
      call('all_trigger-long-running-operation', { duration: 60, steps: 600 }),
      call('all_echo', { message: 'back again' }),
      { text: 'done' },
    ],
  )
  const run = agent.run('Go')
  for await (const { progress } of run) {
    if (progress === undefined) continue
    process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL')
    break
  }
  const { messages } = await run
  expect(JSON.stringify(messages)).toMatch(/whether it took effect is unknown.*Echo: back again/)
})

test('a program that is no server fails the run, saying which server it is', async () => {
  const folder = createTempFolder()
  const path = join(folder, 'broken.js')
  await writeFile(path, 'process.exit(1)')
  const { agent } = createAgent({ name: 'broken', command: process.execPath, args: [path] }, [])
  await expect(agent.run('Go')).rejects.toMatchObject({
    code: 'tools_unavailable',
    message: expect.stringContaining('MCP server "broken" cannot be reached'),
  })
})

test('a server that does not answer in time fails the call, not the run', async () => {
  const { agent } = createAgent(
    { name: 'all', ...everything, requestTimeoutMs: 1500, onUnknownOutcome: 'fail' },
    [
      call('all_trigger-long-running-operation', { duration: 60, steps: 1 }),
      call('all_echo', { message: 'still here' }),
      { text: 'done' },
    ],
  )
  expect(await toResults(agent)).toEqual([
    expect.stringContaining('whether it took effect is unknown'),
    'Echo: still here',
  ])
})

test('it is closed when it leaves its scope, and connects again when it is used after all', async () => {
  const folder = createTempFolder()
  const { source, agent } = createAgent({ name: 'fs', ...serveFiles(folder) }, [
    call('fs_list_directory', { path: folder }),
    { text: 'done' },
  ])
  await expect(toResults(agent)).resolves.toHaveLength(1)
  await source[Symbol.asyncDispose]()
  await expect(toResults(agent)).resolves.toHaveLength(1)
})
