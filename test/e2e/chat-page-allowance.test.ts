import { describe, expect, test } from 'vitest'
import { hasBrowser } from '../support/browser.js'
import { setUpChatPage } from '../support/chat-page.js'
import { ChatWindow } from '../support/chat-window.js'

const scene = setUpChatPage('test/fixtures/apps/e2e-allowance/app.js')

/** Opens the page of a session as a signed-in user. */
async function open(user: string): Promise<ChatWindow> {
  const window = await ChatWindow.open(scene.browser, 'about:blank')
  await window.page.setExtraHTTPHeaders({ 'x-user': user })
  await window.page.goto(`${scene.app.url}/api/chat#Assistant/${user}`)
  return window
}

describe.skipIf(!hasBrowser)('an allowance, on the chat page', () => {
  test('who has spent it is told until when, and what they have said is kept', async () => {
    const window = await open('ann')
    await window.waitForText('#balance', '20 of 20 tokens left until ')
    await window.say('One')
    await window.waitForTurn(1, 'completed')
    await window.waitForText('#balance', '5 of 20 tokens left')
    await window.say('Two')
    await window.waitForTurn(2, 'completed')
    await window.waitForText('#balance', '0 of 20 tokens left')
    await window.say('Three')
    await window.waitForTurn(3, 'failed')
    await window.waitForText('.turn > .problem', 'You have spent your tokens for now. There are more from ')
    await window.page.reload()
    await window.waitForTurn(3, 'failed')
    expect(await window.texts('.said')).toEqual(['One', 'Two', 'Three'])
    expect(await window.texts('.turn:last-child .meta button:not([hidden])'), 'it has no events').toEqual([])
    // Somebody else may go on.
    await window.page.setExtraHTTPHeaders({ 'x-user': 'bob' })
    await window.ask("location.hash = '#Assistant'")
    await window.waitForText('#title', 'New conversation')
    await window.say('Hi')
    await window.waitForTurn(1, 'completed')
    expect(await window.ask("document.querySelector('#balance').hidden")).toBe(true)
    await window.page.setExtraHTTPHeaders({ 'x-user': 'ann' })
    await window.ask("location.hash = '#Assistant/ann'")
    await window.waitForTurn(3, 'failed')
    await window.ask("document.querySelector('#remove').click()")
    await window.ask("document.querySelector('dialog[open] .danger').click()")
    await window.waitForText('#title', 'New conversation')
    expect(await window.ask('Object.values(sessionStorage)'), 'nothing is kept for it').toEqual(['[]'])
    expect(window.errors).toEqual([])
    await window.close()
  })
})
