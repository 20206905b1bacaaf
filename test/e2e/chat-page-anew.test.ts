import type { Browser } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, launchBrowser } from '../support/browser.js'
import { ChatWindow } from '../support/chat-window.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
let scene: RunScene
let browser: Browser

beforeAll(async () => {
  if (!hasBrowser) return
  const starting = launchBrowser()
  scene = await RunScene.set(bed)
  browser = await starting
  scene.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await bed.end()
})

/** Shows the page of a session, in which these were said, while it is used; nothing may go wrong in it unseen. */
async function chat(
  session: string,
  said: readonly string[],
  use: (window: ChatWindow) => Promise<void>,
): Promise<void> {
  for (const message of said) await scene.api.run({ message, sessionId: session, correlationId: message })
  const window = await openChat(session)
  try {
    if (said.length > 0) await waitForSaid(window, said)
    await use(window)
    expect(window.errors).toEqual([])
  } finally {
    await window.close()
  }
}

function openChat(session: string): Promise<ChatWindow> {
  return ChatWindow.open(browser, `${scene.host.url}/api/chat#Assistant/${session}`)
}

/** Presses what stands below a message of the user's. */
async function press(window: ChatWindow, message: string, action: 'Edit' | 'Ask again'): Promise<void> {
  const said = `div[@class='said' and text()=${JSON.stringify(message)}]`
  await window.page.locator(`::-p-xpath(//div[${said}]//button[text()='${action}'])`).click()
}

/** Writes other words where a message is being edited, and sends them. */
async function rewrite(window: ChatWindow, text: string): Promise<void> {
  await window.page.waitForFunction(`document.activeElement.matches('.editor textarea')`)
  await window.ask('document.activeElement.select()')
  await window.page.keyboard.sendCharacter(text)
  await window.page.keyboard.press('Enter')
}

/** Resolves when exactly these messages of the user's are on the page. */
async function waitForSaid(window: ChatWindow, said: readonly string[]): Promise<void> {
  await expect.poll(() => window.texts('.said'), { timeout: 15_000 }).toEqual(said)
}

async function readSaid(session: string): Promise<readonly string[]> {
  const { body } = await scene.api.state(session)
  return body.conversation_history.filter(({ role }) => role === 'user').map(({ content }) => content)
}

describe.skipIf(!hasBrowser)('a message on the chat page', () => {
  test('is asked again, and what came after it leaves', () =>
    chat('again', ['One', 'Two', 'Three'], async (window) => {
      let asked = 0
      scene.book.addRule('Two', () => {
        asked += 1
        return { text: `Once more ${asked}` }
      })
      await window.page.setViewport({ width: 1100, height: 700 })
      await window.page.locator('.turn:nth-child(2) .meta button').click()
      await window.waitForText('.event-type', 'run.completed')
      await press(window, 'Two', 'Ask again')
      await window.waitForTurn(2, 'completed')
      expect(await window.ask(`document.querySelector('#inspector').hidden`)).toBe(true)
      await press(window, 'Two', 'Ask again')
      await window.waitForText('.answer', 'Once more 2')
      await window.waitForTurn(2, 'completed')
      expect(await window.texts('.answer')).toEqual(['You said: One', 'Once more 2'])
      await window.page.reload()
      await waitForSaid(window, ['One', 'Two'])
      expect(await readSaid('again')).toEqual(['One', 'Two'])
    }))

  test('is said in other words with the keyboard alone, or stays as it is', () =>
    chat('edited', ['One', 'Two', 'Three'], async (window) => {
      const focused = () => window.ask<string>(`document.activeElement.getAttribute('aria-label')`)
      const tab = (count: number) => count > 0 && window.page.keyboard.press('Tab')
      await window.page.focus('.turn:nth-child(2) .anew button')
      expect(await focused()).toBe('Edit your message')
      await window.page.keyboard.press('Enter')
      await window.page.waitForSelector('.editor')
      expect(await window.ask('document.activeElement.value')).toBe('Two')
      await window.page.keyboard.sendCharacter(' and a half')
      await window.page.keyboard.press('Escape')
      expect([await focused(), await window.texts('.said')]).toEqual([
        'Edit your message',
        ['One', 'Two', 'Three'],
      ])
      await tab(1)
      expect(await window.ask('document.activeElement.textContent')).toBe('Ask again')
      await press(window, 'Two', 'Edit')
      await rewrite(window, 'Another')
      await waitForSaid(window, ['One', 'Another'])
      expect(await focused(), 'who writes goes on writing').toBe('Message')
      await window.waitForTurn(2, 'completed')
      expect(await window.texts('.answer')).toEqual(['You said: One', 'You said: Another'])
      expect(await readSaid('edited')).toEqual(['One', 'Another'])
      await window.page.focus('.turn:nth-child(1) .anew button:last-child')
      await window.page.keyboard.press('Enter')
      await waitForSaid(window, ['One'])
      expect(await focused(), 'it is passed on by what leaves').toBe('Conversation')
      await window.waitForTurn(1, 'completed')
    }))

  test('that is being answered, with others behind it, is stopped with them', () =>
    chat('answered', ['One'], async (window) => {
      scene.book.add('Hold', callTools(call('work', { id: 'anew', gate: 'anew' })))
      await window.say('Hold')
      await window.waitForText('.tool-state', 'running')
      await window.say('Behind')
      await window.waitForTurn(3, 'queued')
      await window.page.reload()
      await window.waitForText('.tool-state', 'running')
      await press(window, 'Hold', 'Edit')
      await rewrite(window, 'Let go')
      await window.waitForTurn(2, 'completed')
      expect(await window.texts('.said, .answer')).toEqual([
        'One',
        'You said: One',
        'Let go',
        'You said: Let go',
      ])
      expect(await readSaid('answered')).toEqual(['One', 'Let go'])
    }))

  test('that waits for an approval takes that along, on all pages of the session', () =>
    chat('approval', ['One'], async (window) => {
      await window.say('Refund order 7')
      await window.page.waitForSelector('.approval')
      const other = await openChat('approval')
      await other.page.waitForSelector('.approval')
      await press(window, 'Refund order 7', 'Edit')
      await rewrite(window, 'Never mind')
      await window.waitForTurn(2, 'completed')
      await waitForSaid(other, ['One', 'Never mind'])
      await other.waitForTurn(2, 'completed')
      expect(await other.texts('.approval')).toEqual([])
      await press(window, 'One', 'Ask again')
      await window.waitForTurn(1, 'completed')
      await other.ask(`dispatchEvent(new Event('focus'))`)
      await waitForSaid(other, ['One'])
      await other.close()
      expect((await scene.effects()).filter(({ tool }) => tool === 'refund')).toEqual([])
    }))

  test('whose place is gone stands last with the reason, after what there still is', () =>
    chat('gone', ['One', 'Two', 'Three'], async (window) => {
      const { api } = scene
      await press(window, 'Two', 'Edit')
      await window.page.waitForSelector('.editor')
      await api.reset('gone')
      await api.run({ message: 'Elsewhere', sessionId: 'gone' })
      await rewrite(window, 'Too late')
      await window.waitForText('.turn > .problem', 'is no part of the conversation')
      await waitForSaid(window, ['Elsewhere', 'Too late'])
      // It has no other place than the last one any more.
      await press(window, 'Too late', 'Ask again')
      await window.waitForTurn(2, 'completed')
      await window.page.reload()
      await waitForSaid(window, ['Elsewhere', 'Too late'])
    }))

  test('that came with a file is not said anew without it, also where it is inherited', async () => {
    const image = { type: 'image', url: 'https://example.com/cat.png' }
    const send = (content: object[]) => scene.api.run({ messages: [{ content }], sessionId: 'file' })
    await send([{ type: 'text', text: 'What?' }, image])
    await send([image])
    const place = { sessionId: 'inherited', continues: { sessionId: 'file' } }
    await scene.api.run({ message: 'One', ...place })
    await chat('inherited', [], async (window) => {
      await waitForSaid(window, ['What?[attachment]', '[attachment]', 'One'])
      const offered = `[...document.querySelectorAll('.turn')].map((one) => one.querySelectorAll('.anew button:not([hidden])').length)`
      expect(await window.ask(offered)).toEqual([0, 0, 2])
      await press(window, 'One', 'Ask again')
      await window.waitForTurn(3, 'completed')
      expect(await window.ask(offered)).toEqual([0, 0, 2])
    })
  })

  test('fits a phone while it is edited, and is not scrolled away by an answer that comes', () =>
    chat('phone', ['One', 'Two'], async (window) => {
      await window.page.setViewport({ width: 360, height: 640, isMobile: true, hasTouch: true })
      const text = Array.from({ length: 100 }, (_one, line) => `line ${line}`).join('\n')
      scene.book.add('Tell', callTools(call('work', { id: 'tell', gate: 'tell' })), { text })
      await window.say('Tell')
      await window.waitForText('.tool-state', 'running')
      await press(window, 'Tell', 'Edit')
      await window.page.waitForSelector('.editor')
      await scene.openGate('tell')
      await window.waitForTurn(3, 'completed')
      expect(await window.ask('document.documentElement.scrollWidth')).toBe(360)
      const { top, bottom } = await window.ask<{ readonly top: number; readonly bottom: number }>(
        `document.querySelector('.editor').getBoundingClientRect().toJSON()`,
      )
      expect([top >= 52, bottom <= 640]).toEqual([true, true])
    }))
})

describe.skipIf(!hasBrowser)('a host that is killed', () => {
  test('while a message is said anew is waited for, and its place taken once', () =>
    chat('killed', ['One', 'Two', 'Three'], async (window) => {
      let asked = 0
      scene.book.addRule('Tell anew', () => {
        asked += 1
        return { text: 'A fox ran over the hill.', ...(asked === 1 ? { holdAfterChunks: 4 } : {}) }
      })
      await press(window, 'Two', 'Edit')
      await window.page.waitForSelector('.editor')
      await scene.restart(async () => {
        await rewrite(window, 'Tell anew')
        await window.waitForText('#connection', 'Reconnecting')
        await window.waitForTurn(2, 'sending')
      })
      await window.waitForText('.answer', 'A fox ran')
      await scene.restart()
      await window.waitForText('.answer', 'over the hill.')
      await window.waitForTurn(2, 'completed')
      expect(await window.texts('.said')).toEqual(['One', 'Tell anew'])
      expect(await readSaid('killed')).toEqual(['One', 'Tell anew'])
    }))

  test('before it has a message that was said anew gets it from the page that comes after a reload', () =>
    chat('left', ['One', 'Two', 'Three'], async (window) => {
      const { page } = window
      await page.setRequestInterception(true)
      page.on('request', (request) => {
        void (request.method() === 'POST' && !isLetThrough ? request.abort() : request.continue())
      })
      let isLetThrough = false
      await press(window, 'Two', 'Ask again')
      await window.waitForTurn(2, 'sending')
      await scene.restart()
      expect(await readSaid('left'), 'nothing was lost').toEqual(['One', 'Two', 'Three'])
      isLetThrough = true
      await page.reload()
      await window.waitForTurn(2, 'completed')
      expect(await readSaid('left')).toEqual(['One', 'Two'])
      expect((await scene.api.outcome('left', 'Three')).status, 'its run can be read on').toBe(200)
    }))
})

describe.skipIf(!hasBrowser)('a turn on the chat page', () => {
  test('is undone where its tools can, also after a reload', () =>
    chat('undone', ['One'], async (window) => {
      const undo = '::-p-aria(Undo what was done here)'
      const offered = () =>
        window.ask<readonly number[]>(
          `[...document.querySelectorAll('.turn')].flatMap((turn, index) =>
            [...turn.querySelectorAll('.meta button')].some((one) => one.textContent === 'Undo' && !one.hidden) ? [index] : [])`,
        )
      scene.book.add('Work', callTools(call('work_undone', { id: 'page' }), call('work', { id: 'other' })))
      scene.book.add('Work alone', callTools(call('work_undone', { id: 'alone' })))
      await window.say('Work')
      await window.waitForTurn(2, 'completed')
      await window.say('Work alone')
      await window.waitForTurn(3, 'completed')
      expect(await offered()).toEqual([1, 2])
      await window.page.locator(`.turn:nth-child(2) ${undo}`).click()
      await window.waitForTurn(4, 'failed')
      await window.waitForText('.problem', 'Nothing was undone, as this cannot be: work({"id":"other"}).')
      await window.page.reload()
      await waitForSaid(window, ['One', 'Work', 'Work alone', 'Undo what was done.'])
      await expect.poll(offered).toEqual([1, 2])
      await window.page.locator(`.turn:nth-child(3) ${undo}`).click()
      await window.waitForTurn(5, 'completed')
      expect((await window.texts('.answer')).at(-1)).toBe('Undone: work_undone({"id":"alone"}).')
      expect(await scene.effectsOf('alone')).toEqual([
        'end work_undone 1',
        'start work_undone 1',
        'undo work_undone 1',
      ])
      expect(await offered(), 'what is undone is not again, nor what undoes').toEqual([1])
      const anew = () =>
        window.ask<readonly boolean[]>(
          `[...document.querySelectorAll('.anew')].map(({ firstChild }) => !firstChild.hidden)`,
        )
      expect(await anew(), 'nor said anew').toEqual([true, true, true, false, false])
      await window.page.reload()
      await window.waitForTurn(5, 'completed')
      await expect.poll(offered).toEqual([1])
    }))
})
