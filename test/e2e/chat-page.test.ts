import { join } from 'node:path'
import type { Browser } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AppKeys } from '../../src/host/keys/app-keys.js'
import { AgentApi } from '../support/api.js'
import { hasBrowser, launchBrowser } from '../support/browser.js'
import { ChatWindow } from '../support/chat-window.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
let scene: RunScene
let browser: Browser
let key: string
let api: AgentApi

beforeAll(async () => {
  if (!hasBrowser) return
  const starting = launchBrowser()
  scene = await RunScene.set(bed, { args: ['--enable-auth'] })
  browser = await starting
  key = new AppKeys(join(scene.dataDir, 'secrets')).host.master.value
  api = new AgentApi(scene.host.url, 'Assistant', { 'x-functions-key': key })
  scene.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await bed.end()
})

/** Opens the page at a session, with the key in its address as the portal gives it. */
function openChat(session: string): Promise<ChatWindow> {
  const place = `#Assistant/${encodeURIComponent(session)}`
  return ChatWindow.open(browser, `${scene.host.url}/api/chat?code=${encodeURIComponent(key)}${place}`)
}

/** Shows the page of a session while it is used; nothing may go wrong in it unseen. */
async function chat(session: string, use: (window: ChatWindow) => Promise<void>): Promise<void> {
  const window = await openChat(session)
  try {
    await use(window)
    expect(window.errors).toEqual([])
  } finally {
    await window.close()
  }
}

describe.skipIf(!hasBrowser)('the chat page', () => {
  test('is announced, and served with its guards to everybody, as it tells nothing', async () => {
    const url = `${scene.host.url}/api/chat`
    await scene.host.waitForOutput(new RegExp(`Talk to the agents at ${url}\\n`))
    const answer = await fetch(url)
    const guards = ['content-security-policy', 'x-content-type-options', 'referrer-policy'] as const
    const [policy, ...others] = guards.map((name) => answer.headers.get(name))
    expect([answer.status, ...others]).toEqual([200, 'nosniff', 'no-referrer'])
    expect(policy).toMatch(/^default-src 'none'; script-src 'self';.*frame-ancestors 'none'/)
    expect(policy).not.toContain('unsafe')
    expect(await answer.text()).not.toContain('Assistant')
    const known = { 'if-none-match': answer.headers.get('etag') ?? '' }
    expect((await fetch(url, { headers: known })).status).toBe(304)
    expect((await fetch(`${url}/?code=x`)).url).toBe(`${url}?code=x`)
    for (const path of ['nothing.js', '..%2f..%2fpackage.json', '%2e%2e/']) {
      expect((await fetch(`${url}/${path}`)).status, path).toBe(404)
    }
    expect((await fetch(`${url}/nothing.js`)).headers.get('cache-control')).toBe('no-store')
  })

  test('streams an answer with its tool call, and shows its events', () =>
    chat('turn', async (window) => {
      scene.book.add('Work', callTools(call('work', { id: 'w' })), { text: 'It is **done**.' })
      await window.say('Work')
      await window.waitForTurn(1, 'completed')
      expect(await window.texts('.said')).toEqual(['Work'])
      expect(await window.texts('.tool-name')).toEqual(['work'])
      expect(await window.texts('.tool pre')).toEqual(['{\n  "id": "w"\n}', 'w by work'])
      expect(await window.texts('.parts > .answer')).toEqual(['It is done.'])
      expect(await window.texts('.answer strong')).toEqual(['done'])
      const meta = await window.texts('.meta .state')
      expect(meta).toEqual([expect.stringMatching(/^\S.* · \d+ \+ \d+ tokens$/)])
      await window.waitForText('.session-name', 'turn')
      await window.page.reload()
      await window.waitForTurn(1, 'completed')
      expect(await window.texts('.tool pre')).toEqual(['{\n  "id": "w"\n}', 'w by work'])
      expect(await window.texts('.meta .state')).toEqual(meta)
      await window.click('Events')
      await window.waitForText('.event-type', 'run.completed')
      const types = await window.texts('[data-kind=record] .event-type')
      expect(types).toEqual(expect.arrayContaining(['run.accepted', 'tool.completed', 'run.completed']))
      const ids = await window.texts('.event-id')
      expect(ids).toEqual(ids.map((_id, index) => String(index)))
      const times = await window.texts('#events time')
      expect(times.every((time) => /^\d\d:\d\d:\d\d\.\d{3}$/.test(time))).toBe(true)
    }))

  test('shows what the model says while it says it, and stops it', () =>
    chat('stopped', async (window) => {
      await window.say(scene.book.add('Hold', { text: 'A story that never ends', holdAfterChunks: 4 }))
      await window.waitForText('.answer', 'A story t')
      await window.click('Stop')
      await window.waitForTurn(1, 'cancelled')
      expect(await window.texts('.answer')).toEqual(['A story t'])
      await window.say('Next')
      await window.waitForTurn(2, 'completed')
    }))

  test('that is reloaded in the middle of a run goes on showing it, and doubles nothing', () =>
    chat('reloaded', async (window) => {
      scene.book.add('Long', callTools(call('work', { id: 'long', gate: 'long' })), { text: 'At last.' })
      await window.say('Long')
      await window.waitForText('.tool-state', 'running')
      await window.page.reload()
      await window.waitForText('.tool-state', 'running')
      await scene.openGate('long')
      await window.waitForTurn(1, 'completed')
      expect(await window.texts('.said, .tool-name, .parts > .answer')).toEqual(['Long', 'work', 'At last.'])
    }))

  test('outlasts a host that is killed in the middle of an answer, and sends what was said meanwhile', () =>
    chat('killed', async (window) => {
      let asked = 0
      scene.book.addRule('Tell', () => {
        asked += 1
        return { text: 'A fox ran over the hill.', ...(asked === 1 ? { holdAfterChunks: 4 } : {}) }
      })
      await window.say('Tell')
      await window.waitForText('.answer', 'A fox ran')
      await scene.restart(async () => {
        await window.waitForText('#connection', 'Reconnecting')
        await window.say('After')
        await window.ask(`location.hash = '#Assistant/elsewhere'`)
        await window.waitForText('#title', 'elsewhere')
        await window.page.goBack()
      })
      await window.waitForTurn(2, 'completed')
      expect(await window.texts('.answer')).toEqual(['A fox ran over the hill.', 'You said: After'])
      await window.page.waitForFunction(`document.querySelector('#connection').textContent === ''`)
      await window.waitForText('[aria-current] .session-name', 'killed')
      expect(await window.ask(`document.querySelector('#problem').hidden`)).toBe(true)
      expect((await api.state('killed')).body.message_count).toBe(2)
    }))

  test('sends what an earlier page could not, also to a conversation that it does not show', () =>
    chat('shown', async (window) => {
      const left = [{ agent: 'Assistant', session: 'left', run: 'left-1', message: 'Left behind' }]
      const name = `durable-agents-outbox:${scene.host.url}/api`
      const entry = [name, JSON.stringify(left)].map((text) => JSON.stringify(text)).join()
      await window.ask(`sessionStorage.setItem(${entry})`)
      await window.page.reload()
      await window.waitForText('.session-name', 'left')
      expect((await api.state('left')).body.message_count).toBe(1)
      expect(JSON.parse(await window.ask(`sessionStorage.getItem(${JSON.stringify(name)})`))).toEqual([])
    }))

  test('asks for an approval with its arguments, which can be edited', () =>
    chat('approved', async (window) => {
      await window.say('Refund order 7')
      await window.waitForText('.approval pre', '"amount": 250')
      await window.page.reload()
      await window.waitForText('.approval pre', '"amount": 250')
      await window.click('Edit arguments')
      await edit(window, '{"order":7,"amount":-1}')
      await window.click('Approve')
      await window.waitForText('.approval .problem', 'amount')
      await edit(window, '{"order":7,"amount":150}')
      await window.click('Approve')
      await window.waitForTurn(1, 'completed')
      expect(await window.texts('.parts > .answer')).toEqual(['Tools: 150 for 7'])
      await window.waitForText('.approval.decided', 'Approved')
      expect(await window.ask('document.activeElement.className')).toBe('approval decided')
    }))

  test('passes the focus on when what has it goes, so that the keyboard is enough', () =>
    chat('keyboard', async (window) => {
      const press = async (selector: string) => {
        await window.page.focus(selector)
        await window.page.keyboard.press('Enter')
      }
      const focused = () =>
        window.ask<string>(`document.activeElement.id || document.activeElement.className`)
      await window.page.waitForFunction(`document.activeElement.id === 'message'`)
      await window.page.keyboard.type('Refund order 7\n')
      await window.page.waitForSelector('.approval .primary')
      await window.page.waitForSelector('.turn[aria-busy=false]')
      await window.page.focus('.approval input')
      const { approvals } = (await api.state('keyboard')).body
      await api.decide('keyboard', approvals?.[0]?.approvalId ?? '', { decision: 'approve' })
      await window.waitForTurn(1, 'completed')
      expect(await focused()).toBe('approval decided')
      await press('.meta button')
      expect(await focused()).toBe('close-inspector')
      await window.page.keyboard.press('Escape')
      expect(await window.ask('document.activeElement.textContent')).toBe('Events')
      await window.say(scene.book.add('Wait', { text: 'A story that never ends', holdAfterChunks: 4 }))
      await window.waitForText('.answer', 'A story t')
      await press('#stop')
      await window.waitForTurn(2, 'cancelled')
      expect(await focused()).toBe('message')
      await window.page.focus('#sessions a')
      const refreshed = window.page.waitForResponse((response) => response.url().endsWith('?limit=30'))
      await window.ask(`dispatchEvent(new Event('focus'))`)
      await refreshed
      expect(await window.ask('document.activeElement.textContent')).toMatch(/^keyboard/)
    }))

  test('tells the model why a call was rejected', () =>
    chat('rejected', async (window) => {
      await window.say('Refund order 7')
      await window.page.locator('.approval input').fill('Not in this case')
      await window.click('Reject')
      await window.waitForTurn(1, 'completed')
      expect((await window.texts('.parts > .answer'))[0]).toContain('Not in this case')
    }))

  test('shows older turns on demand, resets and deletes after a question', async () => {
    for (let turn = 1; turn <= 32; turn++) await api.run({ message: `turn ${turn}`, sessionId: 'old' })
    await chat('old', async (window) => {
      await window.waitForTurn(30, 'completed')
      await window.click('Show older turns')
      await window.waitForTurn(32, 'completed')
      expect((await window.texts('.said')).slice(0, 3)).toEqual(['turn 1', 'turn 2', 'turn 3'])
      await confirm(window, 'Reset', 'Cancel')
      await window.waitForTurn(32, 'completed')
      await confirm(window, 'Reset', 'Reset')
      await window.page.waitForSelector('.greeting')
      expect((await api.state('old')).body.message_count).toBe(0)
      await confirm(window, 'Delete', 'Delete')
      await window.page.waitForFunction(`location.hash === '#Assistant'`)
      expect((await api.state('old')).status).toBe(404)
    })
  })

  test('runs nothing of what models, tools, users and addresses say', async () => {
    const attack = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
    scene.book.add(attack, callTools(call('work', { id: attack })), {
      text: `${attack} [click](javascript:window.hacked=1) \`\`${attack} https://example.com/"onclick=x`,
    })
    await chat(`<b onclick=x>"'&${'\u202e'}`, async (window) => {
      await window.say(attack)
      await window.waitForTurn(1, 'completed')
      expect(await window.texts('.said')).toEqual([attack])
      expect((await window.texts('.tool pre'))[1]).toBe(`${attack} by work`)
      await window.click('Events')
      await window.waitForText('.event-type', 'run.completed')
      const made = await window.ask(
        `document.querySelectorAll('img, b, .answer script, #app script, [onerror], [onclick]').length`,
      )
      const links = await window.ask(
        `[...document.querySelectorAll('.answer a')].map((a) => [a.href, a.rel])`,
      )
      expect([made, await window.ask('window.hacked')]).toEqual([0, undefined])
      expect(links).toEqual([['https://example.com/', 'noopener noreferrer nofollow']])
    })
  })

  test('is guarded by a policy that lets no other code in', () =>
    chat('policy', async (window) => {
      const tryOut = (code: string) =>
        window.ask(`(() => { try { ${code}; return 'done' } catch (error) { return error.name } })()`)
      expect(await tryOut(`document.body.innerHTML = '<p>x'`)).toBe('TypeError')
      expect(await tryOut(`document.createElement('script').text = 'window.hacked = 1'`)).toBe('TypeError')
      await tryOut(`document.body.setAttribute('onclick', 'window.hacked = 1'); document.body.click()`)
      const fetched = `fetch('https://example.com/').then(() => 'sent', (error) => error.name)`
      expect(await window.ask(fetched)).toBe('TypeError')
      expect(await window.ask('window.hacked')).toBeUndefined()
    }))

  test('takes its key out of the address, keeps it for the tab, and sends it in a header alone', () =>
    chat('keyed', async (window) => {
      await window.waitForText('#agents', 'Assistant')
      expect(await window.ask('location.href')).toBe(`${scene.host.url}/api/chat#Assistant/keyed`)
      expect(await window.ask('localStorage.length')).toBe(0)
      expect(await window.ask('document.cookie')).toBe('')
      const asked = window.requests.filter((request) => request.url().includes('/agents'))
      expect(asked.filter((request) => request.url().endsWith('?limit=30'))).toHaveLength(1)
      // An app without workflows and allowances is not asked about any.
      await window.page.waitForNetworkIdle()
      const others = window.requests.filter((request) => /workflows|allowance/.test(request.url()))
      expect(others).toEqual([])
      for (const request of asked) {
        expect(request.headers()['x-functions-key']).toBe(key)
        expect(request.url()).not.toContain(encodeURIComponent(key))
      }
    }))

  test('asks for a key when it has none, or a wrong one', async () => {
    const window = await ChatWindow.open(browser, `${scene.host.url}/api/chat#Assistant/locked`)
    await window.waitForText('dialog', 'wants a key')
    await window.page.keyboard.press('Escape')
    await window.waitForText('#problem', '401')
    await window.ask(`dispatchEvent(new Event('focus'))`)
    for (const [question, given] of [
      ['wants a key', 'wrong'],
      ['does not accept', key],
    ] as const) {
      await window.waitForText('dialog', question)
      await window.page.type('dialog input', given)
      await window.page.keyboard.press('Enter')
      await window.page.waitForFunction(
        `document.querySelector('dialog input')?.value !== ${JSON.stringify(given)}`,
      )
    }
    await window.waitForText('#agents', 'Assistant')
    await window.page.waitForFunction(`document.querySelector('#problem').hidden`)
    await window.close()
  })

  test('sends what was written before it knew of any agent', async () => {
    const window = await ChatWindow.open(browser, `${scene.host.url}/api/chat`)
    await window.waitForText('dialog', 'wants a key')
    await window.page.keyboard.press('Escape')
    await window.say('Early')
    await window.ask(`sessionStorage.setItem('durable-agents-key:/api/chat', ${JSON.stringify(key)})`)
    await window.ask(`dispatchEvent(new Event('focus'))`)
    await window.waitForTurn(1, 'completed')
    expect(await window.texts('.said')).toEqual(['Early'])
    await window.close()
  })

  test('goes where the browser goes back and forward to, also where no conversation is named', async () => {
    await api.run({ message: 'Hello', sessionId: 'travelled' })
    const window = await ChatWindow.open(
      browser,
      `${scene.host.url}/api/chat?code=${encodeURIComponent(key)}`,
    )
    await window.page.locator('.session-name ::-p-text(travelled)').click()
    await window.waitForText('.said', 'Hello')
    await window.page.goBack()
    await window.waitForText('#title', 'New conversation')
    expect(await window.texts('.said')).toEqual([])
    await window.page.goForward()
    await window.waitForText('.said', 'Hello')
    await window.close()
  })

  test('fits a phone', async () => {
    await api.run({ message: 'Hello', sessionId: 'neighbour' })
    await chat('phone', async (window) => {
      await window.page.setViewport({ width: 360, height: 640, isMobile: true, hasTouch: true })
      await window.say(`A ${'very'.repeat(60)} long word`)
      await window.waitForTurn(1, 'completed')
      expect(await window.ask('document.documentElement.scrollWidth')).toBe(360)
      const menu = window.page.locator('#menu')
      await menu.click()
      expect(await window.ask('document.activeElement.id')).toBe('agents')
      await window.page.keyboard.press('Escape')
      expect(await window.ask('document.activeElement.id')).toBe('menu')
      await menu.click()
      await window.page.locator('.session-name ::-p-text(neighbour)').click()
      await window.waitForText('.said', 'Hello')
    })
  })
})

/** Writes arguments in place of those that stand there. */
async function edit(window: ChatWindow, text: string): Promise<void> {
  await window.ask(`document.querySelector('.approval textarea').value = ''`)
  await window.page.type('.approval textarea', text)
}

/** Clicks what asks a question first, and answers it. */
async function confirm(window: ChatWindow, what: string, answer: string): Promise<void> {
  await window.page.locator(`main header ::-p-text(${what})`).click()
  await window.page.locator(`dialog button::-p-text(${answer})`).click()
  await window.page.waitForFunction(`document.querySelector('dialog[open]') === null`)
}
