import { z } from 'zod'
import { AgentError, type Issue, toErrorMessage } from '../core/errors.js'
import type { JsonValue } from '../core/json.js'
import { parseWith, type Schema, type SchemaOutput, toJsonSchema } from '../core/schema.js'
import type { ToolDeclaration } from '../model/chat-client.js'

/** What a tool may know about the call it serves. The model never sees any of it. */
export interface ToolContext {
  readonly agentName: string
  /** The session's key; `undefined` when the agent runs without one. */
  readonly sessionId: string | undefined
  /** The run's correlation id. */
  readonly correlationId: string
  readonly callId: string
  /** The same whenever this very call is executed again: hand it to whatever the tool changes. */
  readonly idempotencyKey: string
  /** 1 for the first execution; above it when a crash left an earlier one without a recorded result. */
  readonly attempt: number
  /** Whom the session belongs to. */
  readonly owner: string | undefined
  readonly metadata: Readonly<Record<string, string>>
  /** Aborts when the time limit passes or the run must stop. */
  readonly signal: AbortSignal
}

/** What to do with a call that was begun and has no result, because its process died. */
export type UnknownOutcomePolicy = 'retry' | 'fail'

export interface ToolOptions<Parameters extends Schema, Result> {
  /** What the model calls it: 1-64 letters, digits, `_` or `-`. */
  readonly name: string
  /** What it does and when to use it, for the model. */
  readonly description: string
  /** Schema of the arguments, an object. @default no arguments */
  readonly parameters?: Parameters
  /** Does the work. A throw becomes the tool's result, so that the model can recover from it. The result must survive JSON. */
  readonly execute: (args: SchemaOutput<Parameters>, context: ToolContext) => Result | Promise<Result>
  /** Changes nothing, so it may be run again freely. @default false */
  readonly readOnly?: boolean
  /** Running it twice with the same idempotency key changes nothing more. @default false */
  readonly idempotent?: boolean
  /** @default 'retry' for read-only and idempotent tools, else 'fail': the model is told that the outcome is unknown */
  readonly onUnknownOutcome?: UnknownOutcomePolicy
  /** Time limit of one execution. @default none */
  readonly timeoutMs?: number
}

export type ToolOutcome = { readonly result: JsonValue } | { readonly error: string }

/** A function that a model may call. Made by {@link tool}. */
export interface Tool {
  readonly name: string
  readonly declaration: ToolDeclaration
  readonly onUnknownOutcome: UnknownOutcomePolicy
  /** Validates the arguments and runs the tool. Never rejects, unless `context.signal` aborts it from outside. */
  invoke(args: unknown, context: ToolContext): Promise<ToolOutcome>
}

/**
 * Makes a tool of a function; the argument's type follows from the schema.
 *
 * @example
 * const getWeather = tool({
 *   name: 'get_weather',
 *   description: 'Get the weather for a location.',
 *   parameters: z.object({ location: z.string() }),
 *   readOnly: true,
 *   execute: ({ location }) => ({ location, temperature: 72, conditions: 'Sunny' }),
 * })
 * @throws {AgentError} `invalid_configuration` when the name or the schema cannot be used.
 */
export function tool<Parameters extends Schema = Schema<Record<string, never>>, Result = unknown>(
  options: ToolOptions<Parameters, Result>,
): Tool {
  const { name, description, readOnly = false, idempotent = false, timeoutMs } = options
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new AgentError(
      'invalid_configuration',
      `Tool name "${name}" must be 1-64 letters, digits, "_" or "-".`,
    )
  }
  const parameters = (options.parameters ?? z.object({})) as Schema<SchemaOutput<Parameters>>
  return {
    name,
    declaration: { name, description, parameters: toParameters(name, parameters) },
    onUnknownOutcome: options.onUnknownOutcome ?? (readOnly || idempotent ? 'retry' : 'fail'),
    async invoke(args, context) {
      const parsed = await parseWith(parameters, args)
      if (!parsed.ok) return { error: `The arguments are not valid. ${describe(parsed.issues)}` }
      return attempt(
        (signal) => options.execute(parsed.value, { ...context, signal }),
        context.signal,
        timeoutMs,
      )
    },
  }
}

function toParameters(name: string, parameters: Schema) {
  const schema = toJsonSchema(parameters)
  if (schema.type !== 'object') {
    throw new AgentError(
      'invalid_configuration',
      `The parameters of tool "${name}" must be an object schema.`,
    )
  }
  return schema
}

function describe(issues: readonly Issue[]): string {
  return issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
}

async function attempt(
  execute: (signal: AbortSignal) => unknown,
  outer: AbortSignal,
  timeoutMs: number | undefined,
): Promise<ToolOutcome> {
  const limit = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
  const signal = limit === undefined ? outer : AbortSignal.any([outer, limit])
  try {
    const result = await Promise.race([execute(signal), rejectOnAbort(signal)])
    return { result: JSON.parse(JSON.stringify(result ?? null)) }
  } catch (error) {
    if (outer.aborted) throw outer.reason
    if (limit?.aborted) return { error: `The tool did not finish within ${timeoutMs} ms.` }
    return { error: toErrorMessage(error) }
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
