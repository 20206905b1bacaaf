import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'rolldown'
import { afterAll, describe, expect, test } from 'vitest'
import { repository, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

/** A folder with nothing but host.json, package.json and the app of the first sample with all its packages in one file. */
async function createBundled(format: 'cjs' | 'esm'): Promise<string> {
  const folder = await bed.createFolder()
  await build({
    input: join(repository, 'dist/samples/01-single-agent/app.js'),
    platform: 'node',
    external: ['@azure/functions-core'],
    logLevel: 'silent',
    // Not all bundlers keep it in CommonJS: esbuild leaves it empty.
    transform: { define: format === 'cjs' ? { 'import.meta.dirname': 'undefined' } : {} },
    output: { file: join(folder, 'app.js'), format, minify: true, codeSplitting: false },
  })
  const type = format === 'cjs' ? 'commonjs' : 'module'
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type, main: 'app.js' }))
  await cp(join(repository, 'host.json'), join(folder, 'host.json'))
  return folder
}

describe.each(['cjs', 'esm'] as const)('an app that was bundled and minified to one file, %s,', (format) => {
  test('answers, tells its kind, and has its chat page when the page is beside it', async () => {
    const root = await createBundled(format)
    const app = await bed.startApp({ root, agent: 'WeatherAgent' })
    const { body } = await app.api.run({ message: 'What is the weather like in Seattle?', sessionId: 'ann' })
    expect(body).toMatchObject({ response: 'The weather in Seattle is currently 72°F and sunny.' })
    expect((await app.api.call('/health')).body).toMatchObject({ agents: [{ type: 'Agent' }] })

    expect((await fetch(`${app.url}/api/chat`)).status).toBe(500)
    expect(app.output()).toContain(
      `The chat page is not in ${join(root, 'site')}. A bundled app needs a copy of`,
    )
    await cp(join(repository, 'dist/src/web/site'), join(root, 'site'), { recursive: true })
    expect(await (await fetch(`${app.url}/api/chat`)).text()).toContain('<!doctype html>')
  })
})
