import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'rolldown'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Finding } from '../../src/cli/doctor/finding.js'
import { listen } from '../support/model-server-http.js'
import { repository } from '../support/start-app.js'
import { createTempApp } from '../support/temp-app.js'
import { createTempFolder } from '../support/temp-folder.js'

/** Neither the tester's shell nor local.settings.json may decide. */
const noModel = { OPENAI_API_KEY: '<none>', OPENAI_BASE_URL: '<none>', AZURE_OPENAI_ENDPOINT: '<none>' }

/** Runs the command to its end. */
async function run(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(repository, 'dist/src/cli/main.js'), 'doctor', ...args], {
    cwd: repository,
    env: { ...process.env, ...noModel, ...settings },
    timeout: 25_000,
    killSignal: 'SIGKILL',
  })
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...text }
}

/** What it finds in a folder, and how it ends. */
async function examine(root: string, args: readonly string[] = [], settings = {}) {
  const { code, stdout, stderr } = await run(['--root', root, '--json', ...args], settings)
  expect(stderr).toBe('')
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] }
  return { code, findings, output: stdout }
}

/** The folder of an app that is set up well, with this code. */
async function createApp(code: string): Promise<string> {
  const app = await createTempApp({ 'package.json': { type: 'module', main: 'app.js' }, 'app.js': code })
  onTestFinished(() => app.remove())
  for (const name of ['host.json', 'local.settings.json', '.funcignore'])
    copyFileSync(join(repository, name), join(app.root, name))
  mkdirSync(join(app.root, 'node_modules'))
  symlinkSync(repository, join(app.root, 'node_modules/durable-agent-functions'))
  return app.root
}

const agentApp = `
  import { Agent, AgentFunctionApp } from 'durable-agent-functions'
  import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
  console.log('ready')
  console.error('and well')
  new AgentFunctionApp({ agents: [new Agent({ name: 'Ann', client: createChatClientFromEnvironment() })] })
  setInterval(() => {}, 1000)`

const isBad = ({ level }: Finding) => level !== 'ok'

test('finds nothing in this repository but the demo model, and leaves nothing behind', async () => {
  const folder = createTempFolder()
  const { code, findings } = await examine(repository, ['--data', join(folder, 'data')], { TMPDIR: folder })
  expect(code).toBe(0)
  expect(findings.filter(isBad)).toEqual([
    { level: 'warning', about: 'model', message: expect.stringContaining('answers for WeatherAgent') },
  ])
  expect(findings.map(({ about }) => about)).toEqual(
    expect.arrayContaining([
      'Node',
      'package.json',
      'packages',
      'host.json',
      '.funcignore',
      'app',
      'run log',
    ]),
  )
  expect(readdirSync(folder)).toEqual([])
})

test('is a line for each finding without --json, and says how many there are', async () => {
  const { code, stdout, stderr } = await run(['samples/03-approval'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^ok {7}Node {17}\d+\.\d+\.\d+\n/)
  expect(stdout).toMatch(/^warning {2}agent SupportAgent {3}When a crash cuts off a call of refund_order/m)
  expect(stdout).toMatch(/\n\n0 errors, 2 warnings\.\n$/)
})

test('loads an app that prints and never ends, and asks nobody', async () => {
  const asked: unknown[] = []
  const server = await listen(async (request) => void asked.push(request.url))
  onTestFinished(() => server.close())
  const root = await createApp(agentApp)
  const settings = { OPENAI_BASE_URL: server.url, OPENAI_MODEL: 'gpt' }
  const { code, findings } = await examine(root, [], settings)
  expect(findings.filter(isBad)).toEqual([])
  expect(code).toBe(0)
  expect(findings).toContainEqual({
    level: 'ok',
    about: 'agent Ann',
    message: 'Asks gpt (openai), with 0 tools.',
  })
  expect(asked).toEqual([])
  expect(readdirSync(root)).not.toContain('.data')
})

test('with --online asks the run log and the server of the model', async () => {
  const server = await listen(async (_request, response) => void response.writeHead(401).end('{}'))
  onTestFinished(() => server.close())
  const root = await createApp(agentApp)
  const settings = { OPENAI_BASE_URL: server.url, OPENAI_MODEL: 'gpt' }
  const { code, findings } = await examine(root, ['--online'], settings)
  expect(code).toBe(1)
  expect(findings.slice(-2)).toEqual([
    { level: 'ok', about: 'run log', message: 'It can be written.' },
    { level: 'error', about: 'model gpt', message: expect.stringContaining('401') },
  ])
})

describe('an app that', () => {
  test.each([
    ['throws', 'throw new Error("no key sk-12345678")', /"app\.js": no key \*\*\* \(app\.js:1\)$/],
    ['lacks a package', 'import "not-there"', /Cannot find package 'not-there'/],
    ['is no JavaScript', 'const = 1', /Unexpected token '='.*start shows where/],
    [
      'ends its process',
      'console.error("Enough."); process.exit(3)',
      /\(3\) while it was loaded\. Enough\.$/,
    ],
    [
      'fails while it is loaded',
      'setTimeout(() => { throw new Error("late") }); await new Promise((go) => setTimeout(go, 5000))',
      /\(1\).*Error: late$/,
    ],
    ['waits for nothing', 'await new Promise(() => {})', /never comes/],
    ['registers nothing', 'export {}', /no functions/],
  ])('%s is a finding, without a stack or a secret', async (_name, code, message) => {
    const root = await createApp(code)
    const { code: exit, findings, output } = await examine(root, [], { OPENAI_API_KEY: 'sk-12345678' })
    expect(exit).toBe(1)
    expect(findings.filter(isBad)).toEqual([
      { level: 'error', about: 'app', message: expect.stringMatching(message) },
    ])
    expect(output).not.toMatch(/sk-12345678|\s+at .+:\d+/)
  })

  test('is one file of a bundler needs no packages', async () => {
    const root = createTempFolder()
    await build({
      input: join(repository, 'dist/samples/01-single-agent/app.js'),
      platform: 'node',
      external: ['@azure/functions-core'],
      logLevel: 'silent',
      output: { file: join(root, 'app.js'), format: 'esm', minify: true, codeSplitting: false },
    })
    writeFileSync(join(root, 'package.json'), '{ "type": "module", "main": "app.js" }')
    writeFileSync(join(root, '.funcignore'), 'node_modules\nlocal.settings.json\n')
    copyFileSync(join(repository, 'host.json'), join(root, 'host.json'))
    const { code, findings } = await examine(root)
    expect(code).toBe(0)
    expect(findings.filter(isBad)).toMatchObject([{ about: 'model' }])
    expect(findings).toContainEqual({
      level: 'ok',
      about: 'packages',
      message: expect.stringContaining('bundler'),
    })
  })
})

test('what is broken beside the app is one finding, and the app is not loaded with it', async () => {
  const root = await createApp(agentApp)
  writeFileSync(join(root, 'host.json'), '{')
  const { code, findings } = await examine(root)
  expect(code).toBe(1)
  expect(findings.filter(isBad)).toMatchObject([{ level: 'error', about: 'host.json' }])
  expect(findings.map(({ about }) => about)).not.toContain('app')
})

test('what Azure would not find is an error, though start does without it', async () => {
  const root = await createApp(agentApp)
  rmSync(join(root, 'host.json'))
  expect((await examine(root)).findings.filter(isBad)).toMatchObject([
    { about: 'host.json' },
    { about: 'model' },
  ])
  writeFileSync(join(root, 'host.json'), '{ "version": "2.0" }')
  const { findings } = await examine(root)
  expect(findings.filter(({ level }) => level === 'error')).toMatchObject([
    { about: 'host.json', message: expect.stringContaining('extensionBundle') },
  ])
})

test.each([
  [['--root', '/nowhere/at/all'], "There is no folder '/nowhere/at/all'"],
  [['samples/none'], 'samples/none'],
])('%j is a finding, too', async (args, message) => {
  const { code, stdout, stderr } = await run(args)
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  expect(stdout).toMatch(/^error {4}folder/m)
  expect(stdout).toContain(message)
})

test.each([
  [['--port', '1'], /'--port'/],
  [['--root', ' '], /--root/],
  [['a', 'b'], /one entry/],
])('refuses %j', async (args, complaint) => {
  const { code, stdout, stderr } = await run(args)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(complaint)
})
