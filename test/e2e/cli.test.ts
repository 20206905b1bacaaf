import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { repository, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command to its end. */
async function run(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [join(repository, 'dist/src/cli/main.js'), ...args], {
    cwd: repository,
    timeout: 10_000,
    killSignal: 'SIGKILL',
  })
  const text = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...text }
}

describe('refuses', () => {
  const mistakes: readonly [args: readonly string[], complaint: RegExp][] = [
    [['start', '--port', 'abc'], /--port .*'abc'/],
    [['start', '--port', '70000'], /--port .*'70000'/],
    [['start', '--port', '-1'], /port/],
    [['start', '--port', ''], /--port/],
    [['start', '--port'], /port/],
    [['start', '--data', ''], /--data/],
    [['start', '--root', ' '], /--root/],
    [['start', '--port', '0', '--address', '192.0.2.1'], /no address '192\.0\.2\.1'.*--address/],
    [['start', '--port', '0', '--address', 'no such name'], /no address 'no such name'.*--address/],
    [['start', '--lease-ms', '5'], /--lease-ms .*'5'/],
    [['start', '--colour', 'red'], /--colour/],
    [['start', 'samples/none'], /samples\/none/],
    [['start', 'samples/01-single-agent', 'samples/other'], /one entry/],
    [['start', '--root', '/nowhere/at/all'], /\/nowhere\/at\/all/],
    [['restart'], /'restart'/],
  ]
  test.each(mistakes)('%j with the reason and no stack', async (args, complaint) => {
    const { code, stderr, stdout } = await run(...args)
    expect(stderr).toMatch(complaint)
    expect(code).toBe(1)
    expect(`${stdout}${stderr}`).not.toMatch(/^\s+at .+:\d+/m)
  })
})

test.each([['--help'], ['help'], ['start', '--help'], ['start', '-p', '0', '-h'], []])(
  'explains itself when asked with %s',
  async (...args) => {
    const { code, stdout } = await run(...args)
    expect(stdout).toMatch(/Usage: .+start/s)
    expect(stdout).toContain('--port')
    expect(code).toBe(0)
  },
)

test.each(['--version', '-v'])('says which release it is when asked with %s', async (flag) => {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
  expect(await run(flag)).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test('serves on the port and stores in the folder that it is given', async () => {
  const free = await bed.startApp()
  await free.stop()
  const dataDir = join(await bed.createFolder(), 'made', 'at start')
  const app = await bed.startApp({ port: free.port, dataDir })
  expect(app.url).toBe(`http://localhost:${free.port}`)
  await app.api.run({ message: 'Hi', sessionId: 's' })
  expect(existsSync(join(dataDir, 'runs.db'))).toBe(true)
})

test('says so when another process has the port', async () => {
  const app = await bed.startApp()
  const data = await bed.createFolder()
  const { code, stderr } = await run('start', '--port', String(app.port), '--data', data)
  expect(stderr).toContain(`Port ${app.port} is unavailable`)
  expect(stderr).toContain('--port')
  expect(code).toBe(1)
  expect((await app.api.call('/health')).status).toBe(200)
})

/** A host in a process whose streams and parent are the test's own affair. */
async function spawnOnFreePort(
  command: string,
  args: readonly string[],
  { env = {}, options = [] }: { readonly env?: NodeJS.ProcessEnv; readonly options?: readonly string[] } = {},
) {
  const data = await bed.createFolder()
  const cli = [join(repository, 'dist/src/cli/main.js'), 'start', '--port', '0', '--data', data, ...options]
  const child = spawn(command, [...args, ...cli], {
    cwd: repository,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  // With what it has started, whose group is named by a negative id.
  bed.atEnd(() => child.pid && killGroup(child.pid))
  for await (const chunk of on(child.stdout, 'data')) {
    const url = /Host is ready at (\S+)/.exec(String(chunk))?.[1]
    if (url !== undefined) return { child, url }
  }
  throw new Error('The host ended before it was ready.')
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

test('goes on when nobody reads its output any more', async () => {
  const { child, url } = await spawnOnFreePort(process.execPath, [])
  child.stdout.destroy()
  for (let turn = 0; turn < 3; turn += 1) expect((await fetch(`${url}/api/health`)).status).toBe(200)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

const inShell = ['-c', '"$0" "$@"; exit $?', process.execPath]
const underNpm = { npm_lifecycle_event: 'start' }

function waitUntilGone(url: string): Promise<void> {
  const isGone = () =>
    fetch(`${url}/api/health`).then(
      () => false,
      () => true,
    )
  return expect.poll(isGone, { timeout: 5000 }).toBe(true)
}

test.each([[[]], [['--watch']]])(
  'ends with %j when npm has ended the shell that it runs in',
  async (options) => {
    const { child, url } = await spawnOnFreePort('sh', inShell, { env: underNpm, options })
    child.kill('SIGTERM')
    await waitUntilGone(url)
  },
)

test.runIf(process.platform === 'linux')('ends when npm is killed, though the shell goes on', async () => {
  const npm = `process.title = 'npm start'
    require('node:child_process').spawn('sh', process.argv.slice(1), { stdio: 'inherit' })`
  const args = ['-e', npm, '--', ...inShell]
  const { child, url } = await spawnOnFreePort(process.execPath, args, { env: underNpm })
  child.kill('SIGKILL')
  await waitUntilGone(url)
})

describe('stops', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s, when idle without the ten seconds that it gives to work, with code 0, and starts again',
    async (signal) => {
      const dataDir = await bed.createFolder()
      const first = await bed.startApp({ dataDir })
      await first.api.run({ message: 'My name is Ada', sessionId: 's' })
      const stoppedAt = performance.now()
      expect(await first.stop(signal)).toBe(0)
      expect(performance.now() - stoppedAt).toBeLessThan(9_000)
      await expect(fetch(`${first.url}/api/health`)).rejects.toThrow()

      const second = await bed.startApp({ dataDir, port: first.port })
      const { body } = await second.api.run({ message: 'What is my name?', sessionId: 's' })
      expect(body).toMatchObject({ response: 'Your name is Ada.', message_count: 2 })
    },
  )

  test('only after the answers under way, which go on with what is stored', async () => {
    const app = await bed.startApp({ env: { E2E_TOOL_MS: '500' } })
    const answer = app.api.stream({ message: 'What is the weather in Paris?', sessionId: 's' })
    const reader = await answer
    await reader.waitForType('tool.started')
    const stopped = app.stop('SIGTERM')
    const events = await reader.end()
    expect(events.at(-1)?.type).toBe('run.completed')
    expect(await stopped).toBe(0)
  })

  test('at once on a second signal', async () => {
    const app = await bed.startApp({ env: { E2E_TOOL_MS: '20000' } })
    const reader = await app.api.stream({ message: 'What is the weather in Paris?', sessionId: 's' })
    await reader.waitForType('tool.started')
    const stopped = app.stop('SIGTERM')
    await app.waitForOutput(/Waiting up to 10 seconds .* Ctrl\+C/)
    process.kill(app.pid, 'SIGTERM')
    expect(await stopped).toBe(143)
    await expect(reader.end()).rejects.toThrow()
  })
})
