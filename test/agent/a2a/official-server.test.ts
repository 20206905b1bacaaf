import { TaskState } from '@a2a-js/sdk'
import type { AgentExecutor } from '@a2a-js/sdk/server'
import { describe, expect, test } from 'vitest'
import { createA2aAgent } from '../../../src/agent/a2a/create-a2a-agent.js'
import { createTextMessage } from '../../../src/core/messages.js'
import type { ChatEvent } from '../../../src/model/chat-client.js'
import { createGate } from '../../support/gate.js'
import { type Binding, serveOfficially, tellTask, toTextPart } from '../../support/official-a2a-server.js'

const { TASK_STATE_COMPLETED, TASK_STATE_INPUT_REQUIRED, TASK_STATE_WORKING } = TaskState

/** Says in two pieces what it has heard and in which context; asks back, or waits for its gate, when it hears of that. */
function createEcho() {
  const gate = createGate()
  const executor: AgentExecutor = {
    async execute(context, bus) {
      const { contextId, task: known, userMessage } = context
      const heard = userMessage.parts
        .map(({ content }) => (content?.$case === 'text' ? content.value : ''))
        .join('')
      const task = tellTask(context, bus)
      if (known === undefined) task.begin(TASK_STATE_WORKING)
      if (heard === 'ask') {
        task.become(TASK_STATE_INPUT_REQUIRED, [toTextPart('Which one?')])
      } else {
        task.say('Heard ', false)
        if (heard === 'wait') await gate.opened
        task.say(`${heard} in ${contextId}`, true)
        task.become(TASK_STATE_COMPLETED)
      }
      bus.finished()
    },
    async cancelTask(_taskId, bus) {
      gate.open()
      bus.finished()
    },
  }
  return { executor, openGate: () => gate.open() }
}

async function serve(binding: Binding) {
  const { executor, openGate } = createEcho()
  const server = await serveOfficially(binding, executor)
  const agent = createA2aAgent({
    name: 'Echo',
    url: server.url,
    allowPrivateNetwork: true,
    pollIntervalMs: 1,
  })
  return { agent, openGate, ...server }
}

const bindings = (['JSONRPC', 'HTTP+JSON'] as const).flatMap((protocolBinding) =>
  (['1.0', '0.3'] as const).map((protocolVersion): Binding => ({ protocolBinding, protocolVersion })),
)

describe.each(bindings)(
  'an agent made with the official SDK, by $protocolBinding $protocolVersion',
  (binding) => {
    test('answers, and a conversation stays in its context', async () => {
      const { agent } = await serve(binding)
      const session = agent.createSession()
      const first = await agent.run('one', { session })
      const [, context] = /^Heard one in (\S+)$/.exec(first.text) ?? []
      expect(context).toMatch(/./)
      expect((await agent.run('two', { session })).text).toBe(`Heard two in ${context}`)
      expect((await agent.run('three')).text).not.toContain(context)
    })

    test('asks back, and is answered', async () => {
      const { agent } = await serve(binding)
      const session = agent.createSession()
      expect((await agent.run('ask', { session })).text).toBe('Which one?')
      expect((await agent.run('this', { session })).text).toMatch(/^Heard this in /)
    })

    test('is followed again when a connection breaks', async () => {
      const { agent, openGate, cut, requests } = await serve(binding)
      let text = ''
      for await (const update of agent.run('wait')) {
        text += update.text
        if (text !== 'Heard ') continue
        cut()
        openGate()
      }
      expect(text).toMatch(/^Heard wait in /)
      expect(requests.length).toBeGreaterThan(1)
    })

    test('stops when it is told to', async () => {
      const { agent } = await serve(binding)
      const controller = new AbortController()
      let token: string | undefined
      const events: ChatEvent[] = []
      const asking = async () => {
        const request = { messages: [createTextMessage('user', 'wait')] }
        for await (const event of agent.client.stream(request, { signal: controller.signal })) {
          events.push(event)
          if (event.type === 'continuation') token = event.token
          if (event.type === 'text') controller.abort(new Error('Enough.'))
        }
      }
      await expect(asking()).rejects.toThrow('Enough.')
      await agent.client.cancel?.(token ?? '')
    })

    test('has ended tasks that are come back to, and refuses what it does not know', async () => {
      const { agent } = await serve(binding)
      const asking = agent.client.stream({ messages: [createTextMessage('user', 'one')] })
      const tokens: string[] = []
      for await (const event of asking) if (event.type === 'continuation') tokens.push(event.token ?? '')
      const messages = [createTextMessage('user', 'one')]
      const read = async (continuation: string) => {
        for await (const event of agent.client.stream({ messages, continuation }))
          if (event.type === 'completed') return event.message.contents[0]
      }
      expect(await read(tokens.at(-1) ?? '')).toMatchObject({ text: expect.stringMatching(/^Heard one in /) })
      const unknown = JSON.stringify({ messageId: 'm', taskId: 'nothing' })
      await expect(read(unknown)).rejects.toMatchObject({ code: 'model_error', retryable: false })
      await agent.client.cancel?.(unknown)
    })
  },
)
