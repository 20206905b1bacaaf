import { afterEach, expect, test } from 'vitest'
import { runFailingHost, type SpawnedHost, spawnHost } from '../support/spawn-host.js'
import { type AppFiles, createTempApp } from '../support/temp-app.js'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function writeApp(files: AppFiles): Promise<string> {
  const app = await createTempApp(files)
  cleanups.push(app.remove)
  return app.root
}

async function startApp(files: AppFiles): Promise<SpawnedHost> {
  const host = await spawnHost({ root: await writeApp(files) })
  cleanups.push(() => host.stop('SIGKILL'))
  return host
}

const requireLibrary = `const { app } = require('@azure/functions')\n`
const answering = (name: string): string =>
  `${requireLibrary}app.http('${name}', { handler: async () => ({ body: '${name}' }) })\n`

test('3. finds functions registered after a top-level await in ESM', async () => {
  const host = await startApp({
    'package.json': { type: 'module', main: 'app.js' },
    'app.js': `import { app } from '@azure/functions'
      await new Promise((resolve) => setTimeout(resolve, 20))
      app.http('late', { handler: async () => ({ body: 'late' }) })`,
  })
  expect(await (await fetch(`${host.url}/api/late`)).text()).toBe('late')
})

test('4. loads every file that a main pattern matches, in name order', async () => {
  const note = (name: string): string => `${answering(name)}process.stdout.write('loaded ${name}\\n')`
  const host = await startApp({
    'package.json': { main: 'src/functions/*.js' },
    'src/functions/b.js': note('b'),
    'src/functions/a.js': note('a'),
    'src/functions/c.js': note('c'),
    'src/functions/deeper/d.js': note('d'),
  })
  expect(host.output().match(/loaded \w/g)).toEqual(['loaded a', 'loaded b', 'loaded c'])
  expect(await (await fetch(`${host.url}/api/b`)).text()).toBe('b')
})

test('5. stays up without functions when main matches nothing', async () => {
  const host = await startApp({ 'package.json': { main: 'src/*.js' } })
  const advice = 'Compile the app first, or correct "main" in package.json.'
  expect(host.output()).toContain(`Found zero files matching the supplied pattern "src/*.js". ${advice}`)
  expect(host.output()).toContain('No job functions found.')
  expect(await (await fetch(host.url)).text()).toContain('up and running')
})

test('6. names the entry file and the reason when it does not load', async () => {
  const root = await writeApp({
    'package.json': { main: 'index.js' },
    'index.js': `${answering('early')}throw new Error('broken on purpose')`,
  })
  const { code, output } = await runFailingHost({ root })
  expect(code).toBe(1)
  expect(output).toContain('Worker was unable to load entry point "index.js": broken on purpose')
})

test.each([
  [
    'a module with a syntax error',
    { main: 'index.js', type: 'module' },
    `import './lib/odd.js'`,
    'const = 5',
  ],
  ['a file that throws', { main: 'index.js' }, `require('./lib/odd.js')`, '\nthrow new Error("x")'],
  [
    'an appStart hook that throws',
    { main: 'index.js' },
    `${requireLibrary}app.hook.appStart(require('./lib/odd.js').hook)`,
    'exports.hook = () => {\n throw new Error("x") }',
  ],
])('6. says where it is, for %s', async (_, manifest, index, odd) => {
  const root = await writeApp({ 'package.json': manifest, 'index.js': index, 'lib/odd.js': odd })
  const { code, output } = await runFailingHost({ root })
  expect(code).toBe(1)
  expect(output).toMatch(/lib\/odd\.js:\d/)
})

test('7. does not load an app with two functions of one name', async () => {
  const root = await writeApp({
    'package.json': { main: 'index.js' },
    'index.js': `${answering('twice')}app.http('twice', { handler: async () => ({}) })`,
  })
  const { code, output } = await runFailingHost({ root })
  expect(code).toBe(1)
  expect(output).toContain('A function with id "twice" has already been registered.')
})

test('8. 9. refuses registrations and set-up after startup', async () => {
  const host = await startApp({
    'package.json': { main: 'index.js' },
    'index.js': `${requireLibrary}
      const report = (act) => { try { act() } catch (error) { process.stdout.write('late: ' + error.message + '\\n') } }
      app.http('first', {
        handler: async () => {
          report(() => app.http('second', { handler: async () => ({}) }))
          report(() => app.setup({ enableHttpStream: true }))
        },
      })`,
  })
  await fetch(`${host.url}/api/first`)
  await host.waitForOutput(/late: A function can only be registered during app startup\./)
  await host.waitForOutput(/late: Setup options can't be changed after app startup has finished\./)
  expect((await fetch(`${host.url}/api/second`)).status).toBe(404)
})

test('10. skips a function with an invalid name and runs the others', async () => {
  const host = await startApp({
    'package.json': { main: '{a,b}.js' },
    'a.js': answering('1x'),
    'b.js': `${answering('fine')}app.http('Fine', { route: 'other', handler: async () => ({}) })`,
  })
  expect(host.output()).toContain(`The '1x' function is in error: '1x' is not a valid function name.`)
  expect(host.output()).toContain(
    `The 'Fine' function is in error: The function or proxy name 'Fine' must be unique within the function app.`,
  )
  expect(await (await fetch(`${host.url}/api/fine`)).text()).toBe('fine')
})

test('15. runs appTerminate hooks once at the end, and waits for them', async () => {
  const host = await startApp({
    'package.json': { main: 'index.js' },
    'index.js': `${requireLibrary}
      app.http('slow', { handler: async () => { await new Promise((resolve) => setTimeout(resolve, 200)); return { body: 'finished' } } })
      app.hook.appTerminate(async () => {
        await new Promise((resolve) => setTimeout(resolve, 30))
        process.stdout.write('terminated\\n')
      })`,
  })
  const answer = fetch(`${host.url}/api/slow`).then((response) => response.text())
  await host.waitForOutput(/Executing 'Functions\.slow'/)
  const stoppedAt = Date.now()
  expect(await host.stop()).toBe(0)
  expect(Date.now() - stoppedAt).toBeLessThan(5000)
  expect(await answer).toBe('finished')
  expect(host.output().match(/terminated/g)).toHaveLength(1)
})

test('lets log hooks see and change what functions log', async () => {
  const host = await startApp({
    'package.json': { main: 'index.js' },
    'index.js': `${requireLibrary}
      app.hook.log((context) => { if (context.category === 'user') context.message = 'hooked: ' + context.message })
      app.http('talks', { handler: async (request, context) => { context.log('words'); return {} } })`,
  })
  await fetch(`${host.url}/api/talks`)
  await host.waitForOutput(/\] hooked: words\n/)
})

test('refuses unknown hooks, unknown templates and a taken port', async () => {
  const hook = await writeApp({
    'package.json': { main: 'index.js' },
    'index.js': `require('@azure/functions-core').registerHook('appPause', () => {})`,
  })
  expect((await runFailingHost({ root: hook })).output).toContain('Unrecognized hook "appPause"')
  const route = await writeApp({
    'package.json': { main: 'index.js' },
    'index.js': `${requireLibrary}app.http('odd', { route: 'a/{b:odd}', handler: async () => ({}) })`,
  })
  expect((await runFailingHost({ root: route })).output).toContain(
    "Function 'odd' has the route 'api/a/{b:odd}', which cannot be used: The constraint reference 'odd' could not be resolved to a type.",
  )
  const host = await startApp({ 'package.json': { main: 'index.js' }, 'index.js': answering('a') })
  const { code, output } = await runFailingHost({ root: route, port: host.port })
  expect(code).toBe(1)
  expect(output).toContain(
    `Port ${host.port} is unavailable. Close the process using that port, or specify another port using --port [-p].`,
  )
})

test('refuses command line arguments that it does not know', async () => {
  const root = await writeApp({ 'package.json': { main: 'index.js' }, 'index.js': answering('a') })
  const run = (...args: string[]) => runFailingHost({ root, args })
  expect(await run('--prot', '1')).toMatchObject({ code: 1, output: expect.stringContaining("'--prot'") })
  expect(await run('--lease-ms', 'soon')).toMatchObject({
    code: 1,
    output: expect.stringContaining("--lease-ms must be a whole number from 100 to 3600000, not 'soon'."),
  })
  expect(await run('nowhere')).toMatchObject({
    code: 1,
    output: expect.stringContaining('No entry found for'),
  })
})
