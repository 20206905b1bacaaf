import { createReadStream } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser } from 'puppeteer-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasBrowser, launchBrowser } from '../support/browser.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { repository, TestBed } from '../support/start-app.js'

const bed = new TestBed()
let scene: RunScene
let browser: Browser
let server: Server
let origin: string

/** A page without a bundler: the browser finds the parser where an import map says. */
const page = `<!doctype html><title>page</title><script type="importmap">
  {"imports":{"eventsource-parser":"/node_modules/eventsource-parser/dist/index.js"}}
</script>`

beforeAll(async () => {
  if (!hasBrowser) return
  const starting = launchBrowser()
  server = createServer(({ url = '/' }, response) => {
    const isFile = /^\/(dist|node_modules)\/[\w./-]+\.js$/.test(url) && !url.includes('..')
    response.setHeader('content-type', isFile ? 'text/javascript' : 'text/html')
    if (isFile) createReadStream(join(repository, url)).pipe(response)
    else response.end(page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  scene = await RunScene.set(bed, { args: ['--cors', origin] })
  scene.book.add('Show me Oslo', callTools(call('show_map', { place: 'Oslo' })))
  browser = await starting
}, 60_000)

afterAll(async () => {
  await browser?.close()
  server?.close()
  await bed.end()
})

/** What the page does, as text: functions of a test are rewritten for Node. */
function toScript(url: string): string {
  return `(async () => {
    const { AgentsClient, clientTool } = await import('/dist/src/client/index.js')
    const session = new AgentsClient({ url: '${url}' }).session('Assistant')
    let text = ''
    for await (const update of session.run('Hello')) text += update.text
    const showMap = clientTool({ name: 'show_map', description: '', execute: () => document.title })
    const answer = await session.run('Show me Oslo', { tools: [showMap] })
    const [line] = (await session.read({ runs: true })).conversation_history
    const anew = await session.run('Hello again', { replaces: line.correlationId })
    const { message_count } = await session.read()
    const code = await session.run(' ').then(() => 'none', (error) => error.code)
    return [text, answer.text, anew.text, message_count, code]
  })()`
}

test.skipIf(!hasBrowser)(
  'a page of another origin talks to an agent, carries out its tools, and says a message anew',
  async () => {
    const tab = await browser.newPage()
    await tab.goto(origin)
    const told = await tab.evaluate(toScript(`${scene.host.url}/api`))
    expect(told).toEqual(['You said: Hello', 'Tools: page', 'You said: Hello again', 1, 'invalid_request'])
  },
)
