import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { AgentCard, Part, TaskStatus } from '@a2a-js/sdk'
import { AgentEvent, type AgentExecutor, DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server'
import { agentCardHandler, jsonRpcHandler, restHandler, UserBuilder } from '@a2a-js/sdk/server/express'
import { onTestFinished } from 'vitest'

/** How a server is spoken with. */
export interface Binding {
  readonly protocolBinding: 'JSONRPC' | 'HTTP+JSON'
  readonly protocolVersion: '1.0' | '0.3'
}

type Express = () => RequestListener & { use(path: string, handler: unknown): void }

/** The one that the SDK's own handlers are made for. */
const express = createRequire(import.meta.resolve('@a2a-js/sdk/server/express'))('express') as Express

export interface OfficialServer {
  /** The agent's address. */
  readonly url: string
  /** Every request but those for the card, as `POST /tasks/…`, oldest first. */
  readonly requests: readonly string[]
  /** Breaks all connections that are open. */
  cut(): void
}

/** Serves an agent made with the official SDK, by its own handlers, until the test has ended. */
export async function serveOfficially(binding: Binding, executor: AgentExecutor): Promise<OfficialServer> {
  const app = express()
  const requests: string[] = []
  const server = createServer((request, response) => {
    if (!request.url?.includes('.well-known')) requests.push(`${request.method} ${request.url}`)
    app(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const card = createCard(url, binding)
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor)
  const legacyCompat = { enabled: binding.protocolVersion === '0.3' }
  const options = { requestHandler, userBuilder: UserBuilder.noAuthentication, legacyCompat }
  const serve = binding.protocolBinding === 'JSONRPC' ? jsonRpcHandler : restHandler
  app.use(
    '/.well-known/agent-card.json',
    agentCardHandler({ agentCardProvider: requestHandler, legacyCompat }),
  )
  app.use('/', serve(options))
  return { url, requests, cut: () => server.closeAllConnections() }
}

function createCard(url: string, binding: Binding): AgentCard {
  return {
    name: 'Official',
    description: 'Does as its executor says.',
    version: '1',
    supportedInterfaces: [{ url, tenant: '', ...binding }],
    provider: undefined,
    capabilities: { streaming: true, extensions: [] },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [],
    signatures: [],
  }
}

type Context = Parameters<AgentExecutor['execute']>[0]
type Bus = Parameters<AgentExecutor['execute']>[1]

/** What an executor tells of its task. */
export function tellTask({ taskId, contextId, userMessage }: Context, bus: Bus) {
  const none = { metadata: undefined, extensions: [] }
  const toStatus = (state: TaskStatus['state'], parts?: readonly Part[]): TaskStatus => ({
    state,
    message:
      parts === undefined
        ? undefined
        : {
            ...none,
            messageId: `${taskId}-${state}`,
            contextId,
            taskId,
            role: 2,
            parts: [...parts],
            referenceTaskIds: [],
          },
    timestamp: undefined,
  })
  return {
    begin(state: TaskStatus['state']) {
      const task = { id: taskId, contextId, status: toStatus(state), artifacts: [], history: [userMessage] }
      bus.publish(AgentEvent.task({ ...task, metadata: undefined }))
    },
    say(text: string, append: boolean) {
      const artifact = { artifactId: 'a', name: '', description: '', parts: [toTextPart(text)], ...none }
      const update = { taskId, contextId, artifact, append, lastChunk: append, metadata: undefined }
      bus.publish(AgentEvent.artifactUpdate(update))
    },
    become(state: TaskStatus['state'], parts?: readonly Part[]) {
      const status = toStatus(state, parts)
      bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status, metadata: undefined }))
    },
  }
}

export function toTextPart(text: string): Part {
  return { content: { $case: 'text', value: text }, metadata: undefined, filename: '', mediaType: '' }
}
