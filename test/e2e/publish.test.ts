import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { layOutPublished } from '../support/publish-layout.js'
import { repository, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

describe('what publishing would send', () => {
  let folder: string
  let files: readonly string[]
  beforeAll(async () => {
    folder = await bed.createFolder()
    files = await layOutPublished(folder)
  }, 60_000)

  test('holds what the Functions host needs', () => {
    expect(files).toEqual(
      expect.arrayContaining(['host.json', 'package.json', 'dist/src/index.js', 'dist/src/model/openai.js']),
    )
    expect(files).toContain('dist/samples/01-single-agent/app.js')
  })

  test('holds no sources, tests, settings of a machine or data', () => {
    const unwanted = files.filter(
      (path) =>
        (path.endsWith('.ts') && !path.endsWith('.d.ts')) ||
        /^(src|test|samples|infra|docs|\.)/.test(path) ||
        /^dist\/(test\/|\.)/.test(path) ||
        /(^|\/)(local\.settings|tsconfig|biome|vitest)[^/]*$/.test(path),
    )
    expect(unwanted).toEqual([])
  })

  test('declares no type as any', async () => {
    const declarations = files.filter((path) => path.startsWith('dist/src/') && path.endsWith('.d.ts'))
    const texts = await Promise.all(declarations.map((path) => readFile(join(folder, path), 'utf8')))
    const code = texts.map((text) => text.replaceAll(/\/\*.*?\*\/|'[^'\n]*'/gs, ''))
    expect(declarations.length).toBeGreaterThan(100)
    expect(declarations.filter((_path, index) => /\bany\b(?!\()/.test(code[index] ?? ''))).toEqual([])
  })

  test('holds the packages of production and none of development', async () => {
    const { dependencies, devDependencies } = JSON.parse(
      await readFile(join(repository, 'package.json'), 'utf8'),
    ) as Record<'dependencies' | 'devDependencies', Record<string, string>>
    const isThere = (name: string) => existsSync(join(folder, 'node_modules', name, 'package.json'))
    expect(Object.keys(dependencies).filter((name) => !isThere(name))).toEqual([])
    expect(Object.keys(devDependencies).filter(isThere)).toEqual([])
  })

  test('is the same by the rules of git', async () => {
    const git = (args: readonly string[], input = '') =>
      execFileSync('git', args, { cwd: scratch, input, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 })
    const scratch = await bed.createFolder()
    git(['init', '-q'])
    await copyFile(join(repository, '.funcignore'), join(scratch, '.gitignore'))
    const left = ['src/index.ts', 'test/e2e/cli.test.ts', 'dist/test/support/sse.js', 'tsconfig.json']
    const ignored = git(['check-ignore', '--no-index', '--stdin'], [...files, ...left].join('\n'))
    expect(ignored.trim().split('\n')).toEqual(left)
  })

  test('says what to install for what needs a package that is not there', () => {
    const ask = `
      import { Agent } from './dist/src/index.js'
      import { createA2aAgent } from './dist/src/agent/a2a/index.js'
      import { mcpHttp, mcpStdio } from './dist/src/agent/mcp/index.js'
      import { createAgentMcpServer } from './dist/src/agent/mcp-server/index.js'
      import { RedisRunLog } from './dist/src/log/redis.js'
      const agent = new Agent({ name: 'A', client: { model: 'none', stream: async function* () {} } })
      const run = { sessionId: 's', correlationId: 'c', metadata: {}, values: {}, state: {} }
      const far = createA2aAgent({ name: 'Far', url: 'https://far.example' })
      const tries = [
        () => new RedisRunLog({ url: 'redis://localhost' }).sessions('A', { limit: 1 }),
        () => mcpHttp({ name: 'web', url: 'https://mcp.example' }).tools(run),
        () => mcpStdio({ name: 'fs', command: 'none' }).tools(run),
        () => far.run('?'),
        () => far.run('again?'),
        () => createAgentMcpServer(agent).fetch(new Request('http://localhost/mcp')),
      ]
      for (const begin of tries) {
        try {
          await begin()
        } catch ({ code, message }) {
          console.log(code, message)
        }
      }`
    const said = execFileSync(process.execPath, ['--input-type=module', '--eval', ask], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(said.trim().split('\n')).toEqual(
      [
        ['RedisRunLog', 'redis'],
        ['mcpHttp', '@modelcontextprotocol/client'],
        ['mcpStdio', '@modelcontextprotocol/client'],
        ['createA2aAgent', '@a2a-js/sdk'],
        ['createA2aAgent', '@a2a-js/sdk'],
        ['createAgentMcpServer', '@modelcontextprotocol/server'],
      ].map(
        ([feature, name]) =>
          `invalid_configuration ${feature} needs a package that is not installed. Install it in the app: npm install ${name}`,
      ),
    )
  })

  test('runs', async () => {
    const app = await bed.startApp({ root: folder, agent: 'WeatherAgent' })
    expect((await app.api.call('/health')).body).toMatchObject({ status: 'healthy', agent_count: 1 })
    const { body } = await app.api.run({
      message: 'What is the weather like in Seattle?',
      sessionId: 'user-123',
    })
    expect(body).toMatchObject({
      response: 'The weather in Seattle is currently 72°F and sunny.',
      message_count: 1,
    })
    const page = await (await fetch(`${app.url}/api/chat`)).text()
    const paths = [...page.matchAll(/(?:src|href)="(chat\/[^"]+)"/g)].map(([, path = '']) => path)
    const answers = await Promise.all(paths.map((path) => fetch(`${app.url}/api/${path}`)))
    expect(answers.length).toBeGreaterThan(20)
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  })
})
