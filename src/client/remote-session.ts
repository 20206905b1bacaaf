import {
  checkFunction,
  checkList,
  checkOptions,
  checkSignal,
  type OptionNames,
} from '../core/check-options.js'
import type { Clock } from '../core/clock.js'
import { AgentError } from '../core/errors.js'
import { longestCorrelationId } from '../core/find-id-problem.js'
import { followEvents } from '../core/follow-events.js'
import type { JsonObject, JsonValue } from '../core/json.js'
import { parseWith, type Schema, type SchemaOutput, toJsonSchema } from '../core/schema.js'
import {
  type RunAddress,
  type SessionAddress,
  toApprovalPath,
  toResultsPath,
  toRunPath,
  toSessionPath,
} from '../core/session-paths.js'
import { AgentRun } from '../run/agent-run.js'
import { type ApprovalRequested, isTerminal } from '../run/events.js'
import type { HistoryEntry } from '../run/history-entry.js'
import type { OpenCall } from '../run/waiting.js'
import type { AppConnection } from './app-connection.js'
import { checkId } from './check-id.js'
import { Outage, outlast } from './outage.js'
import { follow, type RemoteEvent, type RemoteResponse, seeRun } from './remote-run.js'
import type {
  MessagePart,
  RemoteDecision,
  RemoteRunOptions,
  RemoteUndoOptions,
  RunHelpers,
} from './session-options.js'

/** A run that is seen from outside: await it for the whole answer, or iterate it for its increments. */
export type RemoteRun<Value = unknown> = AgentRun<Value, RemoteResponse<Value>>

/** A page of a conversation, as the app tells it (docs/http.md, What comes back). */
export interface ConversationPage {
  readonly message_count: number
  readonly conversation_history: readonly HistoryEntry[]
  readonly last_response: string | null
  readonly agent_type: string
  readonly sessionId: string
  readonly status: 'idle' | 'running' | 'waiting'
  readonly run?: { readonly correlationId: string; readonly status: string } | undefined
  readonly approvals?: readonly ApprovalRequested[] | undefined
  readonly toolCalls?: readonly OpenCall[] | undefined
  readonly next_before?: number | undefined
}

export interface RemoteSessionOptions {
  readonly app: AppConnection
  readonly address: SessionAddress
  readonly clock: Clock
  readonly patienceMs: number | undefined
}

/** A conversation with an agent of an app. All that throws throws an {@link AgentError} with the app's code. */
export class RemoteSession {
  readonly #options: RemoteSessionOptions

  /** Made by {@link AgentsClient.session}. */
  constructor(options: RemoteSessionOptions) {
    this.#options = options
  }

  get agent(): string {
    return this.#options.address.agent
  }

  get id(): string {
    return this.#options.address.session
  }

  /**
   * Sends a message. The run is begun at once and goes on without us; connections that break and hosts that go away are outlasted.
   *
   * @example
   * const { text } = await session.run('What is the weather like in Seattle?')
   * for await (const update of session.run('And in Paris?')) process.stdout.write(update.text)
   * @throws {AgentError} `invalid_configuration` for options that there are not, or that only this side knows and whose type is another.
   */
  run<ResponseSchema extends Schema = Schema>(
    input: string | readonly MessagePart[],
    options: RemoteRunOptions<ResponseSchema> = {},
  ): RemoteRun<SchemaOutput<ResponseSchema> | undefined> {
    checkRunOptions('run', options)
    return this.#see(options, options.correlationId ?? crypto.randomUUID(), toBody(input, options))
  }

  /**
   * Undoes what the tools of a run have done, the newest first, by a run of its own that asks no model. With `onBusy: 'interrupt'` a run that goes on
   * is stopped, and then undone.
   * @throws {AgentError} `not_undoable` when something of it cannot be, so that nothing was undone; `undo_failed` when a tool could not: undone again, it goes on with what is left.
   */
  undo(correlationId: string, options: RemoteUndoOptions = {}): RemoteRun {
    checkOptions('undo', options, undoOptions)
    const { message, partial, ...others } = options
    checkFunction('onApproval of undo', others.onApproval)
    checkSignal('signal of undo', others.signal)
    const { onBusy, webhook, metadata } = others
    const body = { message, undoes: { correlationId, partial }, onBusy, webhook, metadata }
    return this.#see(others, others.correlationId ?? crypto.randomUUID(), body)
  }

  /** Comes back to a run that was begun before, by whomever, and tells it from its beginning. Calls of `tools` that are open are carried out. */
  resume<ResponseSchema extends Schema = Schema>(
    correlationId: string,
    options: RunHelpers & Pick<RemoteRunOptions<ResponseSchema>, 'responseFormat' | 'signal'> = {},
  ): RemoteRun<SchemaOutput<ResponseSchema> | undefined> {
    checkRunOptions('resume', options)
    return this.#see(options, correlationId, undefined)
  }

  /** A run's events after `after` (from the first by default), as they come, to its end. @throws the signal's reason. */
  async *follow(
    correlationId: string,
    options: { readonly after?: number; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<RemoteEvent> {
    checkOptions('follow', options, followOptions)
    const { after = -1, signal } = options
    checkSignal('signal of follow', signal)
    const { clock } = this.#options
    const run = { ...this.#options, signal, address: this.#toRun(correlationId) }
    const outage = new Outage(run)
    const events = followEvents<RemoteEvent>({
      async open(last) {
        const opened = await follow(run, Math.max(after, last))
        outage.end()
        return opened
      },
      isLast: isTerminal,
      outlast: (failure) => outage.wait(failure),
      pause: () => clock.sleep(250, signal),
    })
    for await (const event of events) if (event.id > after) yield event
  }

  /** The conversation, newest last; with the run of each line (`correlationId`) when `runs` is true. @throws {AgentError} `not_found` when there is none, or it is somebody else's. */
  async read(
    page: { readonly limit?: number; readonly before?: number; readonly runs?: boolean } = {},
  ): Promise<ConversationPage> {
    checkOptions('read', page, readOptions)
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(page)) if (value !== undefined) query.set(name, String(value))
    const path = `${toSessionPath(this.#options.address)}?${query}`
    return this.#ask((app) => app.readJson<ConversationPage>(path))
  }

  /** Decides a tool call that waits. @throws {AgentError} `approval_already_decided`, also when that was this decision and its answer got lost. */
  async decide(approvalId: string, decision: RemoteDecision): Promise<void> {
    checkId('The id of an approval', approvalId, 200)
    await this.#post(toApprovalPath(this.#options.address, approvalId), decision)
  }

  /** Reports what came of a tool call that waits for its caller. The same again changes nothing. @throws {AgentError} `result_already_reported` when another result was. */
  async report(
    correlationId: string,
    callId: string,
    outcome: { readonly result: JsonValue } | { readonly error: string },
  ): Promise<void> {
    await this.#post(toResultsPath(this.#toRun(correlationId)), { results: [{ callId, ...outcome }] })
  }

  /** Stops a run; what it has said is kept. @throws {AgentError} `run_joined` when its message has joined another run, with which it ends. */
  async cancel(correlationId: string, reason?: string): Promise<void> {
    await this.#post(`${toRunPath(this.#toRun(correlationId))}/cancel`, { reason })
  }

  /** Clears the history. */
  async reset(): Promise<void> {
    await this.#post(`${toSessionPath(this.#options.address)}/reset`)
  }

  /** Deletes the session with its runs; none is fine, too. */
  async delete(): Promise<void> {
    await this.#ask((app) => app.readText(toSessionPath(this.#options.address), { method: 'DELETE' }))
  }

  #toRun(run: string): RunAddress {
    checkId('The correlation id of a run', run, longestCorrelationId)
    return { ...this.#options.address, run }
  }

  #see<ResponseSchema extends Schema>(
    options: RemoteRunOptions<ResponseSchema>,
    run: string,
    body: JsonObject | undefined,
  ): RemoteRun<SchemaOutput<ResponseSchema> | undefined> {
    const { responseFormat, signal, tools, onApproval } = options
    const address = this.#toRun(run)
    return new AgentRun(async (onEvent) => {
      const seen = { ...this.#options, address, body, signal, tools, onApproval, onEvent }
      const response = await seeRun(seen)
      return { ...response, value: await toTypedValue(response, responseFormat) }
    })
  }

  #post(path: string, body?: object): Promise<string> {
    return this.#ask((app) => app.readText(path, { method: 'POST', body }))
  }

  #ask<T>(ask: (app: AppConnection) => Promise<T>): Promise<T> {
    return outlast(this.#options, () => ask(this.#options.app))
  }
}

const runOptions: OptionNames<RemoteRunOptions> = {
  correlationId: true,
  responseFormat: true,
  onBusy: true,
  replaces: true,
  continues: true,
  webhook: true,
  instructions: true,
  metadata: true,
  enableToolCalls: true,
  signal: true,
  tools: true,
  onApproval: true,
}

const undoOptions: OptionNames<RemoteUndoOptions> = {
  correlationId: true,
  message: true,
  partial: true,
  onBusy: true,
  webhook: true,
  metadata: true,
  signal: true,
  onApproval: true,
}

const followOptions = { after: true, signal: true } as const
const readOptions = { limit: true, before: true, runs: true } as const

/** What is sent the app checks. Of the rest, nobody would be asked by a misspelt `onApproval`. */
function checkRunOptions(what: string, options: RemoteRunOptions): void {
  checkOptions(what, options, runOptions)
  const { tools = [], onApproval, signal } = options
  checkFunction(`onApproval of ${what}`, onApproval)
  checkSignal(`signal of ${what}`, signal)
  checkList(`tools of ${what}`, tools)
  const wrong = tools.findIndex((one) => typeof one?.execute !== 'function' || !one.declaration)
  if (wrong === -1) return
  const message = `Entry ${wrong} in the tools of ${what} is none: make it with clientTool({ ... }).`
  throw new AgentError('invalid_configuration', message)
}

function toBody(
  input: string | readonly MessagePart[],
  {
    responseFormat,
    onBusy,
    replaces,
    continues,
    webhook,
    instructions,
    metadata,
    enableToolCalls,
    tools = [],
  }: RemoteRunOptions,
): JsonObject {
  const said = typeof input === 'string' ? { message: input } : { messages: [{ content: input }] }
  return {
    ...(said as JsonObject),
    onBusy,
    replaces,
    continues: continues && { ...continues },
    webhook,
    instructions,
    metadata,
    enableToolCalls,
    response_schema: responseFormat && toJsonSchema(responseFormat, 'responseFormat'),
    tools: tools.length === 0 ? undefined : tools.map(({ declaration }) => ({ ...declaration })),
  }
}

/** The app has checked what fits a schema of its own. One of the caller's may change what it accepts: defaults, transforms. */
async function toTypedValue<ResponseSchema extends Schema>(
  { status, value }: RemoteResponse,
  schema: ResponseSchema | undefined,
): Promise<SchemaOutput<ResponseSchema> | undefined> {
  if (status === 'waiting') return undefined
  // As it came: of the agent's own format nothing is known here.
  if (schema === undefined) return value as SchemaOutput<ResponseSchema>
  const parsed = await parseWith(schema, value)
  if (parsed.ok) return parsed.value as SchemaOutput<ResponseSchema>
  throw new AgentError('response_schema_unmet', 'The answer does not fit the response format.', {
    issues: parsed.issues,
  })
}
