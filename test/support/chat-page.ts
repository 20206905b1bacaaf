import type { Browser } from 'puppeteer-core'
import { afterAll, beforeAll } from 'vitest'
import { hasBrowser, launchBrowser } from './browser.js'
import { type RunningApp, TestBed } from './start-app.js'

/** An app with a chat page, and a browser to look at it. */
export interface ChatPageScene {
  readonly app: RunningApp
  readonly browser: Browser
}

/** Starts both for the tests of a file, whose tests must not look at them before they run; nothing where there is no browser. */
export function setUpChatPage(entry: string): ChatPageScene {
  const bed = new TestBed()
  const scene: { app?: RunningApp; browser?: Browser } = {}
  beforeAll(async () => {
    if (!hasBrowser) return
    const starting = launchBrowser()
    scene.app = await bed.startApp({ entry })
    scene.browser = await starting
  }, 60_000)
  afterAll(async () => {
    await scene.browser?.close()
    await bed.end()
  })
  return scene as ChatPageScene
}
