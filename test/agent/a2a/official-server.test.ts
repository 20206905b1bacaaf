import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AgentCard, type Part, TaskState } from '@a2a-js/sdk'
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  ServerCallContext,
} from '@a2a-js/sdk/server'
import { expect, onTestFinished, test } from 'vitest'
import { createA2aAgent } from '../../../src/agent/a2a/create-a2a-agent.js'

const none = { metadata: undefined, extensions: [] }

function toPart(text: string): Part {
  return { content: { $case: 'text', value: text }, metadata: undefined, filename: '', mediaType: '' }
}

/** Says in two pieces what it has heard, and in which context. */
const echo: AgentExecutor = {
  async execute({ taskId, contextId, userMessage }, bus) {
    const status = (state: TaskState) => ({ state, message: undefined, timestamp: undefined })
    const heard = userMessage.parts
      .map(({ content }) => (content?.$case === 'text' ? content.value : ''))
      .join('')
    const tell = (text: string, append: boolean) => {
      const artifact = { artifactId: 'a', name: '', description: '', parts: [toPart(text)], ...none }
      bus.publish(
        AgentEvent.artifactUpdate({
          taskId,
          contextId,
          artifact,
          append,
          lastChunk: append,
          metadata: undefined,
        }),
      )
    }
    bus.publish(
      AgentEvent.task({
        id: taskId,
        contextId,
        status: status(TaskState.TASK_STATE_WORKING),
        artifacts: [],
        history: [userMessage],
        metadata: undefined,
      }),
    )
    tell('Heard ', false)
    tell(`${heard} in ${contextId}`, true)
    bus.publish(
      AgentEvent.statusUpdate({
        taskId,
        contextId,
        status: status(TaskState.TASK_STATE_COMPLETED),
        metadata: undefined,
      }),
    )
    bus.finished()
  },
  cancelTask: async () => {},
}

/** An agent made with the official SDK, on a server of its own; gives its address. */
async function serveOfficially(): Promise<string> {
  let rpc: JsonRpcTransportHandler
  let card: AgentCard
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') return void response.end(JSON.stringify(card))
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const answer = await rpc.handle(
      JSON.parse(Buffer.concat(chunks).toString()),
      new ServerCallContext({ requestedVersion: '1.0' }),
    )
    if (!(Symbol.asyncIterator in answer))
      return void response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
    response.setHeader('content-type', 'text/event-stream')
    for await (const event of answer) response.write(`data: ${JSON.stringify(event)}\n\n`)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  card = {
    name: 'Echo',
    description: 'Says what it has heard.',
    version: '1',
    supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0', tenant: '' }],
    provider: undefined,
    capabilities: { streaming: true, extensions: [] },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [],
    signatures: [],
  }
  rpc = new JsonRpcTransportHandler(new DefaultRequestHandler(card, new InMemoryTaskStore(), echo))
  return url
}

test('an agent made with the official SDK answers, and a conversation stays in its context', async () => {
  const agent = createA2aAgent({ name: 'Echo', url: await serveOfficially(), allowPrivateNetwork: true })
  const session = agent.createSession()
  const first = await agent.run('one', { session })
  const [, context] = /^Heard one in (\S+)$/.exec(first.text) ?? []
  expect(context).toMatch(/./)
  expect((await agent.run('two', { session })).text).toBe(`Heard two in ${context}`)
  expect((await agent.run('three')).text).not.toContain(context)
})
