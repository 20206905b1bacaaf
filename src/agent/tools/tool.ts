import { z } from 'zod'
import { checkChoice } from '../../core/check-options.js'
import { type Clock, systemClock } from '../../core/clock.js'
import { AgentError, type Issue } from '../../core/errors.js'
import { type JsonValue, toJsonValue } from '../../core/json.js'
import { parseWith, type Schema, type SchemaOutput, toJsonSchema } from '../../core/schema.js'
import { toStrictSchema } from '../../core/strict-schema.js'
import type { ToolDeclaration } from '../../model/chat-client.js'
import type { Reconciliation, Tool, UndoneCall } from '../agent-definition.js'
import { noteToolFailure } from '../telemetry/tool-failure.js'
import { toInvalid, toNoObject } from './invalid-arguments.js'
import { invokeTool } from './invoke-tool.js'
import { settleTool } from './settle-tool.js'
import type { ToolContext } from './tool-context.js'
import { checkToolOptions, type ToolOptions } from './tool-options.js'

/** What a tool does with arguments that fit. */
type Work<Parameters extends Schema> = (args: SchemaOutput<Parameters>, context: ToolContext) => unknown

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
 * @throws {AgentError} `invalid_configuration` naming the option that cannot be used, or that there is none of.
 */
export function tool<Parameters extends Schema = Schema<Record<string, never>>, Result = unknown>(
  options: ToolOptions<Parameters, Result>,
): Tool {
  checkToolOptions(options)
  const { name, description, readOnly = false, idempotent = false, untrusted = false, approval } = options
  const parameters = (options.parameters ?? z.object({})) as Schema<SchemaOutput<Parameters>>
  const parse = (args: unknown) => parseWith(parameters, args)
  const run = async (args: unknown, context: ToolContext, clock: Clock, work: Work<Parameters>) => {
    const parsed = await parse(args)
    if (!parsed.ok) {
      noteToolFailure('invalid_arguments')
      return { error: toInvalid(toIssues(args, parsed.issues)) }
    }
    const execute = (signal: AbortSignal) =>
      settleTool(work(parsed.value, { ...context, signal }), context.reportProgress, signal)
    return invokeTool(execute, context.signal, options, clock)
  }
  const { undo } = options
  return {
    name,
    declaration: { name, description, ...toParameters(options, parameters) },
    readOnly,
    untrusted,
    asksAfterUntrusted: approval === undefined && !readOnly,
    onUnknownOutcome: options.onUnknownOutcome ?? (readOnly || idempotent ? 'retry' : 'ask'),
    asksByDefault: !readOnly && !idempotent && (options.onUnknownOutcome ?? options.reconcile) === undefined,
    approvalTimeoutMs: options.approvalTimeoutMs,
    approvers: options.approvers,
    invoke: (args, context, clock = systemClock) => run(args, context, clock, options.execute),
    ...(undo && {
      undo: (args, undone, context, clock = systemClock) =>
        run(args, context, clock, (parsed, own) => undo(parsed, undone as UndoneCall<Result>, own)),
    }),
    async check(args) {
      const parsed = await parse(args)
      return parsed.ok ? [] : toIssues(args, parsed.issues)
    },
    async needsApproval(args, context) {
      if (typeof approval !== 'function') return approval === 'always'
      return asksForApproval(async () => {
        const checked = await parameters['~standard'].validate(args)
        return !checked.issues && approval(checked.value, context)
      })
    },
    async reconcile(args, context) {
      const parsed = await parse(args)
      if (!parsed.ok || options.reconcile === undefined) return { outcome: 'unknown' }
      return checkReconciliation(name, await options.reconcile(parsed.value, context))
    },
  }
}

/** What a destination says, as it is recorded. @throws when it is no {@link Reconciliation}, or its result no JSON. */
function checkReconciliation(name: string, given: Reconciliation): Reconciliation<JsonValue> {
  checkChoice(`outcome of what reconcile of tool "${name}" gives`, given?.outcome, [
    'done',
    'not_done',
    'unknown',
  ])
  if (given.outcome !== 'done') return given
  return { outcome: 'done', result: toJsonValue(given.result) }
}

function toIssues(args: unknown, issues: readonly Issue[]): readonly Issue[] {
  return typeof args === 'string' ? toNoObject(args) : issues
}

/** When it cannot be told whether a human is needed, one is: also when the schema throws, or a policy without types forgets to return what it found. */
async function asksForApproval(policy: () => Promise<boolean>): Promise<boolean> {
  try {
    return (await policy()) !== false
  } catch {
    return true
  }
}

function toParameters(
  { name, strict }: Pick<ToolOptions<Schema, unknown>, 'name' | 'strict'>,
  parameters: Schema,
): Pick<ToolDeclaration, 'parameters' | 'strict'> {
  const schema = toJsonSchema(parameters, `The parameters of tool "${name}"`)
  if (schema.type !== 'object') {
    throw new AgentError(
      'invalid_configuration',
      `The parameters of tool "${name}" must be an object schema: put a union, a list or a text into a property of one.`,
    )
  }
  const strictSchema = strict === false ? undefined : toStrictSchema(schema)
  if (strictSchema !== undefined) return { parameters: strictSchema, strict: true }
  // Providers refuse objects that say nothing of their properties, which is how MCP servers define tools without arguments.
  if (strict !== true) return { parameters: { properties: {}, ...schema } }
  throw new AgentError(
    'invalid_configuration',
    `The parameters of tool "${name}" cannot be strict: every property must be required, and no others allowed. Make optional ones nullable, or leave strict out.`,
  )
}
