import { describe, expect, test } from 'vitest'
import { hasBrowser } from '../support/browser.js'
import { setUpChatPage } from '../support/chat-page.js'
import { ChatWindow } from '../support/chat-window.js'
import { WorkflowApi } from '../support/workflow-api.js'

const scene = setUpChatPage('test/fixtures/apps/e2e-supervised/app.js')

/** Alice asks for a tool's call in a session of her own. */
function ask(sessionId: string, message: string) {
  return scene.app.api.as('alice').run({ message, sessionId, correlationId: 'r' })
}

/** Shows the page to somebody while it is used; nothing may go wrong in it unseen. */
async function see(user: string, use: (window: ChatWindow) => Promise<void>): Promise<void> {
  const window = await ChatWindow.open(scene.browser, 'about:blank')
  try {
    await window.page.setExtraHTTPHeaders({ 'x-user': user })
    await window.page.goto(`${scene.app.url}/api/chat`)
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
      expect(await scene.app.api.as('alice').waitForOutcome('paid', 'r')).toMatchObject({
        response: 'refund of 7',
      })
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

  test('questions of workflows are answered there, by whom they are for', async () => {
    const expenses = new WorkflowApi(scene.app.url, 'Expense').as('alice')
    for (const runId of ['meal', 'taxi']) {
      await expenses.run(runId.length, `?runId=${runId}`)
      await expenses.waitForQuestions(runId)
    }
    await see('supervisor', async (window) => {
      // Two are refunds that alice must not have herself.
      await window.waitForText('#waiting', '4 to decide')
      await window.click('4 to decide')
      await window.waitForText('#approvals .label', 'Expense · taxi · review · now')
      const lines = await window.texts('#approvals li')
      expect(lines.slice(2)).toEqual([
        'Expense · meal · review · now4approvedYesNo',
        'Expense · taxi · review · now4approvedYesNo',
      ])
      const press = (line: number, button: number) =>
        window.ask(
          `document.querySelectorAll('#approvals li')[${line}].querySelectorAll('button')[${button}].click()`,
        )
      await press(2, 0)
      await window.waitForText('#approvals', 'Answered: {"approved":true}')
      expect(await window.texts('#waiting')).toEqual(['3 to decide'])
      expect((await expenses.waitForEnd('meal')).output).toEqual({ input: 4, answer: { approved: true } })

      const [question] = await expenses.waitForQuestions('taxi')
      await expenses.as('supervisor').respond('taxi', question?.requestId ?? '', { approved: false })
      await press(3, 0)
      await window.waitForText('#approvals', 'It is no longer open')
      expect(await window.texts('#waiting')).toEqual(['2 to decide'])
    })
    await expenses.run(92, '?runId=hers')
    await expenses.waitForQuestions('hers')
    await see('mallory', async (window) => {
      await window.waitForText('#agents', 'Assistant')
      await window.page.waitForNetworkIdle()
      expect(window.requests.some((request) => request.url().includes('/workflows/questions'))).toBe(true)
      expect(await window.ask("document.querySelector('#waiting').hidden")).toBe(true)
    })
  })

  test('on a phone the menu says so, and the keyboard is enough', async () => {
    await scene.app.api.as('fred').run({ message: 'note 11', sessionId: 'small' })
    await see('fred', async (window) => {
      const { keyboard } = window.page
      const focused = () => window.ask('document.activeElement.id')
      await window.page.setViewport({ width: 360, height: 640 })
      await (await window.page.waitForSelector('aria/Conversations, 1 to decide'))?.focus()
      await keyboard.press('Enter')
      await window.page.focus('#waiting')
      await keyboard.press('Enter')
      await window.waitForText('#approvals .label', 'small')
      await keyboard.press('Escape')
      expect(await focused(), 'the menu stays').toBe('waiting')
      expect(await window.ask("document.querySelector('.with-menu') !== null")).toBe(true)
      await keyboard.press('Enter')
      await window.click('Reject')
      await window.page.waitForFunction(`document.querySelector('#waiting').hidden`)
      await keyboard.press('Escape')
      await window.page.waitForFunction(`document.activeElement.id === 'message'`)
      expect(await window.ask(`document.querySelector('#menu.marked') === null`)).toBe(true)
    })
  })

  test('questions are shown in an app without agents, too', async () => {
    const expenses = new WorkflowApi(scene.app.url, 'Expense').as('gina')
    await expenses.run(5, '?runId=lunch')
    await expenses.waitForQuestions('lunch')
    const window = await ChatWindow.open(scene.browser, 'about:blank')
    await window.page.setExtraHTTPHeaders({ 'x-user': 'gina' })
    await window.page.setRequestInterception(true)
    const body = JSON.stringify({ agents: [], agent_count: 0, workflows: ['Expense'] })
    window.page.on('request', (request) => {
      if (request.url().endsWith('/api/agents')) void request.respond({ status: 200, body })
      else void request.continue()
    })
    await window.page.goto(`${scene.app.url}/api/chat`)
    await window.waitForText('#waiting', '1 to decide')
    await window.close()
  })
})
