import type { Message } from '@ag-ui/client'
import { lastAssistantMessageIsCompleteWithToolCalls } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AgentsClient } from '../../src/client/index.js'
import { AgentScopeApi, decides, toQuestion, toText, userSays } from '../support/agentscope-api.js'
import { AguiClient } from '../support/agui-client.js'
import { readShown } from '../support/read-shown.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'
import { UiChat, type UiChatOptions } from '../support/ui-chat.js'

const bed = new TestBed()
afterAll(() => bed.end())

const model = 'Assistant'
const parameters = { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] }
const description = 'Shows a place on the map of the page.'

let scene: RunScene

async function setScene(E2E_INSTRUCTIONS: string | undefined): Promise<void> {
  scene = await RunScene.set(bed, { env: E2E_INSTRUCTIONS === undefined ? {} : { E2E_INSTRUCTIONS } })
  scene.book.add('Show Oslo', callTools(call('show_map', { place: 'Oslo' })))
  scene.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
}

/** A page of CopilotKit's kind: with its instructions among its messages. */
function openAgui(threadId: string, ...initialMessages: Message[]): AguiClient {
  return new AguiClient({ url: `${scene.host.url}/api/ag-ui/${model}`, threadId, initialMessages })
}

function system(content: string): Message {
  return { id: 'system', role: 'system', content }
}

/** What a client does whose instructions have the time in them. */
function change(page: AguiClient, content: string): void {
  page.setMessages(page.messages.map((message) => (message.id === 'system' ? system(content) : message)))
}

/** A page of assistant-ui's kind: with its instructions in the body. */
function openChat(id: string, body: object, options: Partial<UiChatOptions> = {}): UiChat {
  return new UiChat({ url: scene.host.url, id, body, ...options })
}

function systemSays(text: string): object {
  return { role: 'system', content: [{ type: 'text', text }] }
}

function runRaw(body: object) {
  return scene.api.call('/agents/Assistant/run', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'Hi', ...body }),
  })
}

describe('where callers may add instructions', () => {
  beforeAll(() => setScene('append'))

  describe('AG-UI', () => {
    test('shows those among the messages to the model, wherever they stand, and leaves them to the client', async () => {
      const page = openAgui('anywhere', system('Be brief.'), { id: 'u-1', role: 'user', content: 'Hi' })
      page.addMessage({ id: 'developer', role: 'developer', content: 'Rhyme.' })
      await page.runAgent({ context: [{ description: 'Page', value: 'Orders' }] })
      expect(page.text).toBe('You said: Hi')
      const context = 'user: Context of the application.\nPage: Orders'
      expect(readShown(scene)).toEqual(['user: > Be brief.\n> \n> Rhyme.', context, 'user: Hi'])
      expect(page.messages.map(({ role }) => role)).toEqual(['system', 'user', 'developer', 'assistant'])

      change(page, 'Shout.')
      expect(await page.say('Yo')).toBe('You said: Yo')
      expect(readShown(scene)).toEqual([
        context,
        'user: Hi',
        'assistant: You said: Hi',
        'user: > Shout.\n> \n> Rhyme.',
        'user: Yo',
      ])
    })

    test('goes on with those that a run was begun with', async () => {
      const page = openAgui('going-on', system('It is noon.'))
      const tools = [{ name: 'show_map', description, parameters }]
      page.addMessage({ id: 'u-1', role: 'user', content: 'Show Oslo' })
      await page.runAgent({ tools })
      const called = page.messages.at(-1)
      const [showing] = called?.role === 'assistant' ? (called.toolCalls ?? []) : []
      page.addMessage({ id: 't-1', role: 'tool', toolCallId: showing?.id ?? '', content: 'Shown.' })
      change(page, 'It is one.')
      await page.runAgent({ tools })
      expect(page.text).toBe('Tools: Shown.')
      expect(readShown(scene).slice(0, 2)).toEqual(['user: > It is noon.', 'user: Show Oslo'])
    })

    test('tells a run again whatever they are by then', async () => {
      const page = openAgui('again', system('It is noon.'))
      await page.say('Hi', 'run-again')
      const asked = scene.model.requests.length
      page.setMessages(page.messages.slice(0, -1))
      change(page, 'It is one.')
      await page.runAgent({ runId: 'run-again' })
      expect([page.text, scene.model.requests.length]).toEqual(['You said: Hi', asked])
    })

    test('has them for a message that takes the place of another one, also behind it', async () => {
      const page = openAgui('replacing')
      page.setMessages([{ id: 'u-1', role: 'user', content: 'Refund order 7' }])
      await page.runAgent({ runId: 'asking' })
      const [interrupt] = page.pendingInterrupts
      page.setMessages([{ id: 'u-2', role: 'user', content: 'Hi' }, system('Rhyme.')])
      const payload = { approved: true }
      const resume = [{ interruptId: interrupt?.id ?? '', status: 'resolved' as const, payload }]
      await page.runAgent({ resume, forwardedProps: { replaces: 'u-1' } })
      const told = await (await scene.api.events('replacing', 'asking')).end()
      expect(told.map(({ type }) => type)).not.toContain('approval.decided')
      expect(readShown(scene)).toEqual(['user: > Rhyme.', 'user: Hi'])
    })
  })

  describe('the AI SDK', () => {
    test('shows those in the body and among the messages to the model', async () => {
      const messages: UiChatOptions['messages'] = [
        { id: 's', role: 'system', parts: [{ type: 'text', text: 'Rhyme.' }] },
      ]
      const body = { system: 'Be brief.' }
      const chat = openChat('ui', body, { messages })
      expect(await chat.say('Hi')).toBe('You said: Hi')
      expect(readShown(scene)).toEqual(['user: > Be brief.\n> \n> Rhyme.', 'user: Hi'])
      body.system = 'Shout.'
      await chat.regenerate()
      expect(readShown(scene)).toEqual(['user: > Shout.\n> \n> Rhyme.', 'user: Hi'])
    })

    test('goes on with those that a run was begun with', async () => {
      const body = { system: 'It is noon.', tools: { show_map: { description, inputSchema: parameters } } }
      const chat: UiChat = openChat('ui-tools', body, {
        sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
        onToolCall({ toolCall: { toolName, toolCallId } }) {
          body.system = 'It is one.'
          void chat.addToolOutput({ tool: toolName, toolCallId, output: 'Shown.' })
        },
      })
      await chat.say('Show Oslo')
      await expect.poll(() => chat.text).toBe('Tools: Shown.')
      expect(readShown(scene).slice(0, 2)).toEqual(['user: > It is noon.', 'user: Show Oslo'])
    })

    test('takes a message that may join a run', async () => {
      const chat = openChat('ui-steer', { system: 'Be brief.', onBusy: 'steer' })
      expect(await chat.say('Hi')).toBe('You said: Hi')
      expect(readShown(scene)).toEqual(['user: > Be brief.', 'user: Hi'])
    })

    test.each([
      ['a system message with a file', [{ type: 'file' }], 'messages.0.parts.0.type'],
      ['nothing but a system message', [{ type: 'text', text: 'Obey.' }], 'messages'],
    ])('refuses %s', async (_name, parts, path) => {
      const { status, body } = await scene.api.call('/ai-sdk/Assistant', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: 'ui-bad', messages: [{ id: 's', role: 'system', parts }] }),
      })
      expect({ status, body }).toMatchObject({ status: 400, body: { issues: [{ path }] } })
    })
  })

  describe('AgentScope', () => {
    test('shows system messages to the model', async () => {
      const api = new AgentScopeApi(scene.host.url)
      const input = [
        systemSays('Be brief.'),
        userSays('One'),
        { role: 'assistant', content: [] },
        systemSays('Rhyme.'),
        { role: 'tool', content: [] },
      ]
      const asked = { model, id: 'as-1', session_id: 'as', input: [...input, userSays('Hi')] }
      const { body } = await api.ask(asked)
      expect(toText(body)).toBe('You said: Hi')
      expect(readShown(scene)).toEqual(['user: > Be brief.\n> \n> Rhyme.', 'user: One', 'user: Hi'])
      const others = { ...asked, input: [systemSays('Shout.'), ...asked.input] }
      expect(await api.ask(others)).toMatchObject({ status: 422 })
    })

    test('takes decisions beside them', async () => {
      const api = new AgentScopeApi(scene.host.url)
      const ask = (...input: object[]) => api.ask({ model, session_id: 'as-decided', input })
      const { body: asking } = await ask(systemSays('It is noon.'), userSays('Refund order 7'))
      const { body } = await ask(systemSays('It is one.'), decides(toQuestion(asking), true))
      expect(toText(body)).toBe('Tools: 250 for 7')
      expect(readShown(scene).slice(0, 2)).toEqual(['user: > It is noon.', 'user: Refund order 7'])
    })

    test.each([
      ['that is not text', { content: [{ type: 'data', data: {} }] }, 'input.0.content.0.type'],
      ['that would decide', { type: 'mcp_approval_response' }, 'input'],
    ])('refuses a system message %s', async (_name, more, path) => {
      const input = [{ ...systemSays('Obey.'), ...more }, ...('content' in more ? [userSays('Hi')] : [])]
      const { status, body } = await new AgentScopeApi(scene.host.url).ask({ model, session_id: 'x', input })
      expect({ status, body }).toMatchObject({ status: 400, body: { error: { issues: [{ path }] } } })
    })
  })

  describe('our own routes', () => {
    test('show them to the model, for one message', async () => {
      const client = new AgentsClient({ url: `${scene.host.url}/api/` })
      const session = client.session(model, 'own')
      const said = await session.run('Hi', { instructions: 'Be brief.', correlationId: 'own-1' })
      expect(said.text).toBe('You said: Hi')
      expect(readShown(scene)).toEqual(['user: > Be brief.', 'user: Hi'])
      const others = session.run('Hi', { instructions: 'Be long.', correlationId: 'own-1' })
      await expect(others).rejects.toMatchObject({ code: 'idempotency_conflict' })
      await session.run('Yo', { instructions: ' ' })
      expect(readShown(scene)).toEqual(['user: Hi', 'assistant: You said: Hi', 'user: Yo'])
    })

    test.each([
      ['steer', { onBusy: 'steer' }, 'instructions'],
      ['undoes', { undoes: { correlationId: 'own-1' } }, 'instructions'],
    ])('refuse them together with %s', async (_name, more, path) => {
      const reply = await runRaw({ instructions: 'Be brief.', ...more })
      expect(reply).toMatchObject({ status: 400, body: { issues: [{ path }] } })
    })
  })
})

describe('where they are passed over', () => {
  beforeAll(() => setScene('ignore'))

  test('no dialect tells the model of them', async () => {
    await openAgui('ignored', system('Be brief.')).say('Hi')
    expect(readShown(scene)).toEqual(['user: Hi'])
    await openChat('ignored-ui', { system: 'Be brief.' }).say('Ho')
    expect(readShown(scene)).toEqual(['user: Ho'])
    await new AgentScopeApi(scene.host.url).ask({ model, input: [systemSays('Be brief.'), userSays('Yo')] })
    expect(readShown(scene)).toEqual(['user: Yo'])
  })

  test('our own routes refuse them, as whoever sends them means it', async () => {
    const refused = { status: 400, body: { issues: [{ path: 'instructions' }] } }
    expect(await runRaw({ instructions: 'Be brief.' })).toMatchObject(refused)
  })
})

test('an app that says nothing takes none by our own routes', async () => {
  await setScene(undefined)
  const { status, body } = await runRaw({ instructions: 'Be brief.' })
  expect(status).toBe(400)
  expect(JSON.stringify(body)).toMatch(/callerInstructions/)
})
