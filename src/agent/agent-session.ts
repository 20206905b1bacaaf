import { z } from 'zod'
import { checkMessages } from '../core/check-messages.js'
import { checkObject, checkOptions, type OptionNames } from '../core/check-options.js'
import { AgentError } from '../core/errors.js'
import { createHexId } from '../core/hex-id.js'
import { isJsonObject, type JsonObject } from '../core/json.js'
import { chatMessage } from '../core/message-schema.js'
import type { ChatMessage } from '../core/messages.js'
import { raceAbort } from '../core/race-abort.js'
import type { ProviderState } from './providers/provider-context.js'

const version = 1

const sessionJson = z.object({
  version: z.literal(version),
  id: z.string().min(1).max(200),
  messages: z.array(chatMessage),
  state: z.record(z.string(), z.custom<JsonObject>(isJsonObject)),
  summary: z.object({ upToTurn: z.number(), text: z.string() }).optional(),
  tokens: z.number().optional(),
})

/** A session as JSON: everything another process needs to go on with the conversation. */
export type AgentSessionJson = Readonly<z.infer<typeof sessionJson>>

export interface AgentSessionOptions {
  /** 1-200 characters. @default 32 random hexadecimal digits */
  readonly id?: string | undefined
  /** The conversation so far, oldest first. @default none */
  readonly messages?: readonly ChatMessage[] | undefined
  /** See {@link AgentSession.state}. @default nothing */
  readonly state?: Readonly<Record<string, JsonObject>> | undefined
}

const sessionOptions: OptionNames<AgentSessionOptions> = { id: true, messages: true, state: true }

/**
 * A conversation of an agent that runs alone: pass it to each `agent.run` and the agent remembers. Runs of one session
 * are carried out one after the other; a run that fails adds nothing to it. Under `AgentFunctionApp` conversations are
 * durable entities instead, see `AgentSessionId`.
 *
 * @example
 * const session = agent.createSession()
 * await agent.run('My favourite colour is teal.', { session })
 * const { text } = await agent.run('What did I just tell you?', { session })
 * const later = AgentSession.fromJSON(JSON.parse(JSON.stringify(session)))
 */
export class AgentSession {
  readonly id: string
  /** JSON objects that travel with the conversation: those of the agent's context providers, by their names, and any of yours. */
  readonly state: Record<string, ProviderState>
  /** What older turns were boiled down to for the model, by an agent whose `compaction` summarises. */
  summary: { readonly upToTurn: number; readonly text: string } | undefined
  /** What its runs have spent, also those that failed: `maxTokensPerSession` limits it. */
  tokens = 0
  #messages: readonly ChatMessage[]
  #lastRun: Promise<unknown> = Promise.resolve()

  /** @throws {AgentError} `invalid_request` when the id is empty or too long, or messages are none; `invalid_configuration` for options that there are not. */
  constructor(options: AgentSessionOptions = {}) {
    checkOptions('AgentSession', options, sessionOptions)
    const { id = createHexId(), messages = [], state = {} } = options
    if (typeof id !== 'string' || id === '' || id.length > 200) {
      const given = typeof id === 'string' ? id.length : typeof id
      throw new AgentError('invalid_request', `A session id is text of 1-200 characters, not ${given}.`)
    }
    checkMessages('messages', messages)
    checkObject('state of AgentSession', state)
    this.id = id
    this.#messages = messages
    this.state = structuredClone(state)
  }

  /** A session from what {@link toJSON} gave, in whatever process. @throws {AgentError} `unsupported_state` naming what is wrong with it. */
  static fromJSON(json: unknown): AgentSession {
    const parsed = sessionJson.safeParse(json)
    if (parsed.success) {
      const { id, messages, state, summary, tokens = 0 } = parsed.data
      const session = new AgentSession({ id, messages, state })
      session.summary = summary
      session.tokens = tokens
      return session
    }
    const [issue] = parsed.error.issues
    const where = issue?.path.length === 0 ? '' : `${issue?.path.join('.')}: `
    const advice = typeof json === 'string' ? ' Pass it through JSON.parse first.' : ''
    throw new AgentError(
      'unsupported_state',
      `This is no session that this release reads (version ${version}): ${where}${issue?.message}.${advice}`,
    )
  }

  /** The conversation so far, oldest first; empty when the agent's `history` keeps it elsewhere. */
  get messages(): readonly ChatMessage[] {
    return this.#messages
  }

  /** Adds messages to the conversation. */
  addMessages(messages: readonly ChatMessage[]): void {
    this.#messages = [...this.#messages, ...messages]
  }

  /** Does something when all runs of this session that were begun before are over. @throws the signal's reason when it aborts before that. */
  afterOthers<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const others = this.#lastRun
    const result = raceAbort(others, signal).then(run)
    // Of what they gave nothing: each would keep all before it.
    this.#lastRun = Promise.allSettled([others, result]).then(() => {})
    return result
  }

  toJSON(): AgentSessionJson {
    const { id, messages, state, summary, tokens } = this
    return {
      version,
      id,
      messages: [...messages],
      state: structuredClone(state),
      ...(summary === undefined ? {} : { summary }),
      ...(tokens === 0 ? {} : { tokens }),
    }
  }
}
