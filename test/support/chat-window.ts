import type { Browser, HTTPRequest, Page } from 'puppeteer-core'

/** The chat page in a browser, as somebody uses it who has never seen it before. */
export class ChatWindow {
  readonly page: Page
  /** What the page has asked for. */
  readonly requests: HTTPRequest[] = []
  /** What went wrong in it that nobody caught. */
  readonly errors: string[] = []

  private constructor(page: Page) {
    this.page = page
    page.setDefaultTimeout(15_000)
    page.on('request', (request) => this.requests.push(request))
    page.on('pageerror', (error) => this.errors.push(String(error)))
  }

  /** Opens an address in a window that shares nothing with the others. */
  static async open(browser: Browser, url: string): Promise<ChatWindow> {
    const context = await browser.createBrowserContext()
    const window = new ChatWindow(await context.newPage())
    await window.page.goto(url)
    return window
  }

  /** Writes a message and presses Enter. */
  async say(message: string): Promise<void> {
    await this.page.focus('#message')
    // At once, not key by key.
    await this.page.keyboard.sendCharacter(message)
    await this.page.keyboard.press('Enter')
  }

  /** Clicks what is named so: a button, a link. */
  async click(name: string): Promise<void> {
    await this.page.locator(`aria/${name}`).click()
  }

  /** Resolves when an element shows a text. */
  async waitForText(selector: string, text: string): Promise<void> {
    const look = `[...document.querySelectorAll(${JSON.stringify(selector)})]
      .some((one) => one.textContent.includes(${JSON.stringify(text)}))`
    try {
      await this.page.waitForFunction(look)
    } catch (cause) {
      const all = await this.texts('body')
      throw new Error(`"${selector}" never showed "${text}". The page: ${all.join(' ')}`, { cause })
    }
  }

  /** Resolves when the last of so many turns stands like this. */
  async waitForTurn(count: number, status: string): Promise<void> {
    const look = `[...document.querySelectorAll('.turn')].map((one) => one.dataset.status).join()`
    await this.page.waitForFunction(
      `document.querySelectorAll('.turn').length === ${count} && ${look}.endsWith(${JSON.stringify(status)})`,
    )
  }

  /** The texts of all elements that a selector finds. */
  texts(selector: string): Promise<readonly string[]> {
    return this.ask(
      `[...document.querySelectorAll(${JSON.stringify(selector)})].map((one) => one.textContent)`,
    )
  }

  /** What an expression gives in the page. */
  ask<T>(expression: string): Promise<T> {
    return this.page.evaluate(expression) as Promise<T>
  }

  close(): Promise<void> {
    return this.page.browserContext().close()
  }
}
