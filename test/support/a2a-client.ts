import { randomUUID } from 'node:crypto'
import {
  type Message,
  type Part,
  Role,
  type SendMessageRequest,
  type StreamResponse,
  type Task,
  type TaskPushNotificationConfig,
} from '@a2a-js/sdk'
import {
  Client,
  ClientFactory,
  ClientFactoryOptions,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
} from '@a2a-js/sdk/client'
import { LegacyJsonRpcTransport, parseLegacyAgentCard } from '@a2a-js/sdk/compat/v0_3/client'
import type { SpawnedHost } from './spawn-host.js'

interface A2aClientOptions {
  /** Whom the app takes the caller for. @default nobody */
  readonly user?: string
  /** @default 'Assistant' */
  readonly agent?: string
}

/** The address of an agent; the card is at `.well-known/agent-card.json` below it. */
export function toAgentUrl({ url }: Pick<SpawnedHost, 'url'>, agent = 'Assistant'): string {
  return `${url}/api/a2a/${agent}/`
}

/** The official client for an agent, which finds its way by the agent's card. */
export function createA2aClient(
  host: Pick<SpawnedHost, 'url'>,
  options: A2aClientOptions = {},
): Promise<Client> {
  const fetchImpl = fetchAs(options.user)
  const factory = new ClientFactory({
    ...ClientFactoryOptions.default,
    transports: [new JsonRpcTransportFactory({ fetchImpl })],
    cardResolver: new DefaultAgentCardResolver({ fetchImpl }),
  })
  return factory.createFromUrl(toAgentUrl(host, options.agent))
}

/** The official client as it is for agents that speak 0.3 only. */
export async function createLegacyClient(host: Pick<SpawnedHost, 'url'>): Promise<Client> {
  const response = await fetch(new URL('.well-known/agent-card.json', toAgentUrl(host)))
  const card = (await response.json()) as { readonly url: string }
  return new Client(new LegacyJsonRpcTransport({ endpoint: card.url }), parseLegacyAgentCard(card))
}

function fetchAs(user: string | undefined): typeof fetch {
  if (user === undefined) return fetch
  return (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('x-user', user)
    return fetch(input, { ...init, headers })
  }
}

/** What is said, to whom else than a new task in a new context. */
export interface Said extends Partial<Pick<Message, 'messageId' | 'contextId' | 'taskId'>> {
  readonly historyLength?: number
  readonly returnImmediately?: boolean
  readonly metadata?: Record<string, unknown>
  readonly push?: TaskPushNotificationConfig
}

/** The parameters by which the official client sends a message. */
export function says(content: string | readonly Part['content'][], said: Said = {}): SendMessageRequest {
  const {
    messageId = randomUUID(),
    contextId = '',
    taskId = '',
    historyLength,
    returnImmediately = false,
  } = said
  const contents = typeof content === 'string' ? [{ $case: 'text' as const, value: content }] : content
  const parts = contents.map((one) => ({
    content: one,
    metadata: undefined,
    filename: '',
    mediaType: toMediaType(one),
  }))
  const none = { metadata: undefined, extensions: [], referenceTaskIds: [] }
  return {
    tenant: '',
    message: { messageId, contextId, taskId, role: Role.ROLE_USER, parts, ...none },
    configuration: {
      acceptedOutputModes: [],
      taskPushNotificationConfig: said.push,
      historyLength,
      returnImmediately,
    },
    metadata: said.metadata,
  }
}

function toMediaType(content: Part['content']): string {
  if (content?.$case === 'url') return 'image/png'
  return content?.$case === 'raw' ? 'text/plain' : ''
}

/** Where to be told of a task, as the official client says it. */
export function toPush(
  url: string,
  given: Partial<TaskPushNotificationConfig> = {},
): TaskPushNotificationConfig {
  return { tenant: '', id: '', taskId: '', url, token: '', authentication: undefined, ...given }
}

/** The task that the official client was given. @throws {Error} when it was a message. */
export function toTask(result: Message | Task): Task {
  if ('status' in result) return result
  throw new Error('It is a message, and no task.')
}

/** The text of a task's artifacts. */
export function toAnswer({ artifacts }: Pick<Task, 'artifacts'>): string {
  return artifacts.flatMap(({ parts }) => parts.map(toPartText)).join('')
}

/** A part's text; data as JSON. */
export function toPartText({ content }: Part): string {
  if (content?.$case === 'text') return content.value
  return content?.$case === 'data' ? JSON.stringify(content.value) : ''
}

/** What a stream makes of the task that it begins with, as the specification says that its frames are to be read. */
export function toStreamed(frames: readonly StreamResponse[]): Task {
  const [first, ...rest] = frames
  if (first?.payload?.$case !== 'task') throw new Error('A stream begins with its task.')
  let task = first.payload.value
  for (const { payload } of rest) {
    if (payload?.$case === 'statusUpdate') task = { ...task, status: payload.value.status }
    if (payload?.$case === 'artifactUpdate' && payload.value.artifact !== undefined) {
      const { artifact, append } = payload.value
      const parts = append ? [...(task.artifacts[0]?.parts ?? []), ...artifact.parts] : artifact.parts
      task = { ...task, artifacts: [{ ...artifact, parts }] }
    }
  }
  return task
}

/** What the official client makes of the error that a call fails with. @throws {Error} when it succeeds. */
export async function readError(calling: Promise<unknown>) {
  const error = await calling.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof Error)) throw new Error('The call did not fail as it should.')
  const { name, envelopeCode, data } = error as Error & {
    readonly envelopeCode?: number
    readonly data?: unknown
  }
  return { name, code: envelopeCode, data }
}
