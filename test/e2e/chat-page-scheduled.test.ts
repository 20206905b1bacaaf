import { describe, expect, test } from 'vitest'
import { hasBrowser } from '../support/browser.js'
import { setUpChatPage } from '../support/chat-page.js'
import { ChatWindow } from '../support/chat-window.js'

const scene = setUpChatPage('test/fixtures/apps/e2e-runs/app.js')

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()

describe.skipIf(!hasBrowser)('what is to be sent later, on the chat page', () => {
  test('stands below the turns, can be cancelled, and becomes a turn', async () => {
    const { api } = scene.app
    const sessionId = 'later'
    await api.run({ message: 'Never', sessionId, sendAt: inSeconds(3600) })
    await api.run({ message: 'Soon', sessionId, sendAt: inSeconds(5) })
    const window = await ChatWindow.open(scene.browser, `${scene.app.url}/api/chat#Assistant/${sessionId}`)
    await window.waitForText('#scheduled li:first-child', 'Soon')
    expect(await window.texts('#scheduled span')).toEqual(['Soon', 'Never'])
    await window.ask("document.querySelector('#scheduled li:last-child button').click()")
    await window.waitForTurn(1, 'completed')
    expect(await window.texts('.said')).toEqual(['Soon'])
    expect(await window.ask("document.querySelector('#scheduled').hidden")).toBe(true)
    expect(window.errors).toEqual([])
    await window.close()
  })
})
