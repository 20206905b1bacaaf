import { type AGUIEvent, HttpAgent, type Message } from '@ag-ui/client'
import { EventSchemas } from '@ag-ui/core/schemas'
import { EventReader } from './sse.js'

export interface AguiClientOptions {
  /** The whole address. */
  readonly url: string
  readonly threadId: string
  readonly headers?: Record<string, string>
  readonly initialMessages?: Message[]
  /** @default over the network */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
}

/** AG-UI's own client. It checks every event against the schemas, and keeps them. */
export class AguiClient extends HttpAgent {
  readonly events: AGUIEvent[] = []

  constructor(options: AguiClientOptions) {
    super({ fetch: fetchGently, ...options })
    this.subscribe({
      onEvent: ({ event }) => {
        this.events.push(EventSchemas.parse(event) as AGUIEvent)
      },
      // The tests look at what runAgent throws, so the client need not print it.
      onRunFailed: ({ error }) => {
        throw error
      },
    })
  }

  /** Says a text, and resolves with the text of the answer. */
  async say(text: string, runId?: string): Promise<string> {
    this.addMessage({ id: `u-${this.messages.length}-${this.threadId}`, role: 'user', content: text })
    await this.runAgent(runId === undefined ? {} : { runId })
    return this.text
  }

  /** What the agent said last. */
  get text(): string {
    const last = this.messages.at(-1)
    return last?.role === 'assistant' ? String(last.content ?? '') : ''
  }

  get types(): readonly string[] {
    return this.events.map(({ type }) => type)
  }
}

/** A connection that breaks counts as aborted: of any other error the client leaves a second rejection that nobody handles. */
async function fetchGently(url: string, init: RequestInit): Promise<Response> {
  const { body, status, headers } = await fetch(url, init)
  return new Response(ReadableStream.from(readGently(body)), { status, headers })
}

async function* readGently(body: Response['body']): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body ?? []) yield chunk
  } catch (cause) {
    throw Object.assign(new Error('The connection broke.', { cause }), { name: 'AbortError' })
  }
}

/** Messages in a line each, as a page shows them. */
export function toLines(messages: readonly Message[]): readonly string[] {
  return messages.map((message) => {
    const calls = 'toolCalls' in message ? (message.toolCalls ?? []) : []
    const named = calls.map(({ function: { name, arguments: args } }) => ` ${name}(${args})`)
    return `${message.role} ${message.content ?? ''}${named.join('')}`
  })
}

/** Posts any input; the answer is read as it comes. */
export async function postInput(
  url: string,
  input: unknown,
  headers: Record<string, string> = {},
): Promise<EventReader> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(input),
  })
  return new EventReader(response)
}
