import type { Browser } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, launchBrowser } from '../support/browser.js'
import { ChatWindow } from '../support/chat-window.js'
import { type RunningApp, TestBed } from '../support/start-app.js'

const bed = new TestBed()
let app: RunningApp
let browser: Browser

beforeAll(async () => {
  if (!hasBrowser) return
  const starting = launchBrowser()
  app = await bed.startApp({ entry: 'test/fixtures/apps/e2e-supervised/app.js' })
  browser = await starting
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await bed.end()
})

/** Alice asks for a tool's call in a session of her own. */
function ask(sessionId: string, message: string) {
  return app.api.as('alice').run({ message, sessionId, correlationId: 'r' })
}

/** Shows the page to somebody while it is used; nothing may go wrong in it unseen. */
async function see(user: string, use: (window: ChatWindow) => Promise<void>): Promise<void> {
  const window = await ChatWindow.open(browser, 'about:blank')
  try {
    await window.page.setExtraHTTPHeaders({ 'x-user': user })
    await window.page.goto(`${app.url}/api/chat`)
    await use(window)
    expect(window.errors).toEqual([])
  } finally {
    await window.close()
  }
}

describe.skipIf(!hasBrowser)('what waits, on the chat page', () => {
  test('somebody is shown what they may decide in conversations of others, and decides it', async () => {
    await ask('paid', 'refund 7')
    await ask('noted', 'note 8')
    await see('supervisor', async (window) => {
      await window.waitForText('#waiting', '1 to decide')
      await window.click('1 to decide')
      await window.waitForText('#approvals .label', 'Assistant · paid · now')
      expect(await window.texts('#approvals pre')).toEqual(['{\n  "order": 7\n}'])
      expect(await window.texts('#approvals button')).toEqual(['Approve', 'Reject', 'Edit arguments'])
      await window.click('Approve')
      await window.waitForText('#approvals', 'Approved, refund')
      expect(await window.ask("document.querySelector('#waiting').hidden")).toBe(true)
      expect(await app.api.as('alice').waitForOutcome('paid', 'r')).toMatchObject({ response: 'refund of 7' })
      await ask('paid-too', 'refund 9')
      await window.click('Close')
      await window.waitForText('#waiting', '1 to decide')
      await window.click('1 to decide')
      expect(await window.texts('#approvals .label')).toEqual(['Assistant · paid-too · now'])
    })
  })

  test('there are buttons only for what they may do', async () => {
    await ask('hers', 'refund 10')
    await see('alice', async (window) => {
      await window.waitForText('#waiting', 'to decide')
      await window.ask("document.querySelector('#waiting').click()")
      await window.waitForText('#approvals .label', 'hers')
      const own =
        "[...document.querySelectorAll('#approvals li')].find((one) => one.textContent.includes('hers'))"
      expect(
        await window.ask(`[...${own}.querySelectorAll('button')].map((one) => one.textContent)`),
      ).toEqual(['Reject'])
    })
    await see('mallory', async (window) => {
      await window.waitForText('#agents', 'Assistant')
      await window.page.waitForNetworkIdle()
      expect(window.requests.some((request) => request.url().includes('/approvals'))).toBe(true)
      expect(await window.ask("document.querySelector('#waiting').hidden")).toBe(true)
    })
  })
})
