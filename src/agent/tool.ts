import { z } from 'zod'
import { checkCount } from '../core/check-count.js'
import { systemClock } from '../core/clock.js'
import { AgentError, type Issue } from '../core/errors.js'
import { parseWith, type Schema, type SchemaOutput, toJsonSchema } from '../core/schema.js'
import { toStrictSchema } from '../core/strict-schema.js'
import type { ToolDeclaration } from '../model/chat-client.js'
import type { Reconciliation, Tool, UnknownOutcomePolicy } from './agent-definition.js'
import { type InvocationLimits, invokeTool } from './invoke-tool.js'
import { settleTool } from './progress.js'
import type { ToolContext } from './tool-context.js'

/** When a human has to agree before a tool runs. */
export type ApprovalPolicy<Args> =
  | 'always'
  | 'never'
  | ((args: Args, context: ToolContext) => boolean | Promise<boolean>)

export interface ToolOptions<Parameters extends Schema, Result> extends InvocationLimits {
  /** What the model calls it: 1-64 letters, digits, `_` or `-`. */
  readonly name: string
  /** What it does and when to use it, for the model. */
  readonly description: string
  /** Schema of the arguments, an object. @default no arguments */
  readonly parameters?: Parameters
  /**
   * Whether the provider holds the model to the schema.
   *
   * @default whenever the schema can be said in the strict subset that providers understand
   */
  readonly strict?: boolean
  /**
   * Does the work. A throw becomes the tool's result, so that the model can recover from it; but for an `AgentError` with
   * code `outcome_unknown`, which says that the tool may have taken effect: `onUnknownOutcome` then applies. The result
   * must survive JSON. What an async generator yields is told to those who follow the run; what it returns is the result.
   */
  readonly execute: (
    args: SchemaOutput<Parameters>,
    context: ToolContext,
  ) => Result | Promise<Result> | AsyncGenerator<unknown, Result>
  /** Changes nothing, so it may be run again freely. @default false */
  readonly readOnly?: boolean
  /** Running it twice with the same idempotency key changes nothing more. @default false */
  readonly idempotent?: boolean
  /** @default 'retry' for read-only and idempotent tools, else 'ask' */
  readonly onUnknownOutcome?: UnknownOutcomePolicy
  /** Asks the destination about a call whose outcome is unknown, before `onUnknownOutcome` applies. */
  readonly reconcile?: (
    args: SchemaOutput<Parameters>,
    context: ToolContext,
  ) => Reconciliation | Promise<Reconciliation>
  /** Whether a human has to agree first. The run waits for it without costing anything. A function that throws asks. @default 'never' */
  readonly approval?: ApprovalPolicy<SchemaOutput<Parameters>>
  /** After this long without a decision the call counts as rejected. @default never */
  readonly approvalTimeoutMs?: number
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
 * @throws {AgentError} `invalid_configuration` when the name, the schema or a limit cannot be used.
 */
export function tool<Parameters extends Schema = Schema<Record<string, never>>, Result = unknown>(
  options: ToolOptions<Parameters, Result>,
): Tool {
  const { name, description, readOnly = false, idempotent = false, approval = 'never' } = options
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new AgentError(
      'invalid_configuration',
      `Tool name "${name}" must be 1-64 letters, digits, "_" or "-".`,
    )
  }
  checkLimits(options)
  const parameters = (options.parameters ?? z.object({})) as Schema<SchemaOutput<Parameters>>
  const parse = (args: unknown) => parseWith(parameters, args)
  return {
    name,
    declaration: { name, description, ...toParameters(options, parameters) },
    readOnly,
    onUnknownOutcome: options.onUnknownOutcome ?? (readOnly || idempotent ? 'retry' : 'ask'),
    approvalTimeoutMs: options.approvalTimeoutMs,
    async invoke(args, context, clock = systemClock) {
      const parsed = await parse(args)
      if (!parsed.ok) return { error: `The arguments are not valid. ${describe(parsed.issues)}` }
      const execute = (signal: AbortSignal) =>
        settleTool(options.execute(parsed.value, { ...context, signal }), context.reportProgress, signal)
      return invokeTool(execute, context.signal, options, clock)
    },
    async check(args) {
      const parsed = await parse(args)
      return parsed.ok ? [] : parsed.issues
    },
    async needsApproval(args, context) {
      if (typeof approval === 'string') return approval === 'always'
      const parsed = await parse(args)
      return parsed.ok && asksForApproval(() => approval(parsed.value, context))
    },
    async reconcile(args, context) {
      const parsed = await parse(args)
      if (!parsed.ok || options.reconcile === undefined) return { outcome: 'unknown' }
      return options.reconcile(parsed.value, context)
    },
  }
}

const limitOptions = ['timeoutMs', 'approvalTimeoutMs', 'maxResultLength'] as const

function checkLimits(options: ToolOptions<Schema, unknown>): void {
  const { name, retry } = options
  for (const option of limitOptions) checkCount(`${option} of tool "${name}"`, options[option] ?? 1)
  checkCount(`retry.maxAttempts of tool "${name}"`, retry?.maxAttempts ?? 1)
  checkCount(`retry.initialDelayMs of tool "${name}"`, retry?.initialDelayMs ?? 0, 0)
}

/** When it cannot be told whether a human is needed, one is. */
async function asksForApproval(policy: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await policy()
  } catch {
    return true
  }
}

function toParameters(
  { name, strict }: Pick<ToolOptions<Schema, unknown>, 'name' | 'strict'>,
  parameters: Schema,
): Pick<ToolDeclaration, 'parameters' | 'strict'> {
  const schema = toJsonSchema(parameters)
  if (schema.type !== 'object') {
    throw new AgentError(
      'invalid_configuration',
      `The parameters of tool "${name}" must be an object schema.`,
    )
  }
  const strictSchema = strict === false ? undefined : toStrictSchema(schema)
  if (strictSchema !== undefined) return { parameters: strictSchema, strict: true }
  if (strict !== true) return { parameters: schema }
  throw new AgentError(
    'invalid_configuration',
    `The parameters of tool "${name}" cannot be strict: every property must be required, and no others allowed. Make optional ones nullable, or leave strict out.`,
  )
}

function describe(issues: readonly Issue[]): string {
  return issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
}
