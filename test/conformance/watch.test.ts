import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { toModule, usesModules } from '../support/app-modules.js'
import { eventually } from '../support/eventually.js'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'
import { type AppFiles, createTempApp } from '../support/temp-app.js'

/** For tests that start several processes one after another, on a machine that has other things to do. */
const slowMs = 120_000

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const toCode = (answer: string, more = ''): string => `const { app } = require('@azure/functions')
  app.http('hello', { handler: async () => ({ body: '${answer} ' + process.pid }) })
  app.hook.appTerminate(() => process.stdout.write('terminated ' + process.pid + '\\n'))
  ${more}`

function writeCode(root: string, code: string): void {
  writeFileSync(join(root, 'dist/index.js'), usesModules ? toModule(code) : code)
}

async function startApp(files: AppFiles): Promise<{ readonly host: SpawnedHost; readonly root: string }> {
  const app = await createTempApp({ 'package.json': { main: 'dist/index.js' }, ...files })
  cleanups.push(app.remove)
  const host = await spawnHost({ root: app.root, args: ['--watch'] })
  cleanups.push(() => host.stop())
  return { host, root: app.root }
}

/** The answer and the process that gave it, undefined while nobody answers. */
async function ask({
  url,
}: SpawnedHost): Promise<{ readonly answer: string; readonly pid: number } | undefined> {
  const response = await fetch(`${url}/api/hello`).catch(() => undefined)
  const [answer = '', pid] = (await response?.text())?.split(' ') ?? []
  return answer === '' ? undefined : { answer, pid: Number(pid) }
}

function waitForAnswer(host: SpawnedHost, wanted: string) {
  return eventually(async () => {
    const found = await ask(host)
    return found?.answer === wanted && found
  })
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test(
  '--watch starts the app anew at the same address when its compiled files change, and ends it properly before',
  async () => {
    const { host, root } = await startApp({ 'dist/index.js': toCode('one'), 'src/index.ts': '' })
    const first = await waitForAnswer(host, 'one')
    expect(first.pid).not.toBe(host.pid)
    writeFileSync(join(root, 'src/index.ts'), 'changed')
    writeCode(root, toCode('two'))
    const second = await waitForAnswer(host, 'two')
    expect(host.output()).toContain(`terminated ${first.pid}`)
    expect(host.output().match(/starting anew/g)).toHaveLength(1)
    writeFileSync(join(root, 'host.json'), '{ "version": "2.0", "extensions": {} }')
    const third = await eventually(async () => {
      const found = await ask(host)
      return found !== undefined && found.pid !== second.pid && found
    })
    expect([isAlive(first.pid), isAlive(second.pid), isAlive(third.pid)]).toEqual([false, false, true])
    expect(await host.stop()).toBe(0)
    expect(isAlive(third.pid)).toBe(false)
  },
  slowMs,
)

test('--watch waits for the next change when the app does not load', async () => {
  const { host, root } = await startApp({ 'dist/index.js': toCode('one') })
  writeFileSync(join(root, 'dist/index.js'), 'throw new Error("broken on purpose")')
  // Of two processes, either may be heard first.
  await host.waitForOutput(/broken on purpose/, 20_000)
  await host.waitForOutput(/The host has ended with code 1\. It starts anew when/, 20_000)
  writeCode(root, toCode('mended'))
  await waitForAnswer(host, 'mended')
})

test('the host ends when the process that watches over it is killed', async () => {
  const { host } = await startApp({ 'dist/index.js': toCode('one') })
  const { pid } = await waitForAnswer(host, 'one')
  const stopping = host.stop('SIGKILL')
  await eventually(() => !isAlive(pid))
  await stopping
})

test(
  '43. with --watch a function that takes too long ends with its process, as on Azure with its worker',
  async () => {
    const more = `let ticks = 0
    app.http('sleepy', {
      handler: () => new Promise(() => {
        setInterval(() => ticks++, 10)
        setTimeout(() => process.stdout.write('still asleep\\n'), 500)
      }),
    })
    app.http('bystander', { handler: () => new Promise((resolve) => setTimeout(() => resolve({}), 20_000)) })`
    const { host } = await startApp({
      'host.json': { version: '2.0', functionTimeout: '00:00:01' },
      'dist/index.js': toCode('one', more),
    })
    const first = await waitForAnswer(host, 'one')
    const sleepy = fetch(`${host.url}/api/sleepy`)
    await host.waitForOutput(/still asleep/)
    const bystander = fetch(`${host.url}/api/bystander`)
    expect((await sleepy).status).toBe(500)
    await expect(bystander).rejects.toThrow('fetch failed')
    const second = await waitForAnswer(host, 'one')
    expect(second.pid).not.toBe(first.pid)
    expect(host.output()).toContain('The worker process is restarted, as on Azure')
  },
  slowMs,
)

test('with --watch POST admin/host/restart starts the app anew', async () => {
  const { host } = await startApp({ 'dist/index.js': toCode('one') })
  const first = await waitForAnswer(host, 'one')
  const restart = async (headers?: Record<string, string>): Promise<number> =>
    (await fetch(`${host.url}/admin/host/restart`, { method: 'POST', ...(headers && { headers }) })).status
  // What a page of another site would send.
  expect(await restart({ origin: 'http://elsewhere' })).toBe(404)
  expect(await restart()).toBe(200)
  await eventually(async () => {
    const found = await ask(host)
    return found !== undefined && found.pid !== first.pid
  })
})
