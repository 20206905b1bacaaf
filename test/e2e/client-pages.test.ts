import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { protocolNames } from '../../src/http/protocols/protocols.js'
import type { SpawnedHost } from '../support/spawn-host.js'
import { TestBed } from '../support/start-app.js'
import { createTempApp } from '../support/temp-app.js'
import { readCode } from '../user-project/code-block.js'

const bed = new TestBed()
afterAll(() => bed.end())

const pages = globSync('docs/protocols/*.md', { cwd: resolve(import.meta.dirname, '../..') })
const clientPage = 'docs/client.md'

let host: Pick<SpawnedHost, 'url'>

beforeAll(async () => {
  host = await bed.startApp({ entry: 'samples/18-all-dialects', agent: 'WeatherAgent' })
})

/** What a program prints. */
async function print(code: string): Promise<string> {
  const { root, remove } = await createTempApp({ 'page.ts': code })
  onTestFinished(remove)
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'page.ts')])
  return stdout
}

test.each([...pages, clientPage])(
  'the code of %s runs as it stands, and prints what it says',
  async (page) => {
    const [code = ''] = readCode(page)
    const said = [...code.matchAll(/(?:console\.log|stdout\.write)\(.*\/\/ (.+)$/gm)].map(
      ([, text = '']) => text,
    )
    expect(said.length).toBeGreaterThan(1)
    let printed = await print(code.replaceAll('http://localhost:7071', host.url))
    for (const text of said) {
      expect(printed).toContain(text)
      printed = printed.slice(printed.indexOf(text) + text.length)
    }
  },
)

test('each dialect has its page', () => {
  expect(pages.toSorted()).toEqual(protocolNames.map((name) => `docs/protocols/${name}.md`).toSorted())
})
