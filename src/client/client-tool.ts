import { checkOptions, type OptionNames } from '../core/check-options.js'
import { AgentError, toErrorMessage, toIssueText } from '../core/errors.js'
import { type JsonValue, toResultValue } from '../core/json.js'
import { parseWith, type Schema, type SchemaOutput, toJsonSchema } from '../core/schema.js'
import type { CallerTool } from '../run/events.js'
import type { OpenCall } from '../run/waiting.js'

/** What a tool is told of a call. */
export interface ClientToolContext {
  /** The same whenever this call is carried out again: it is when whoever carried it out went away before its result was reported. */
  readonly callId: string
  /** Aborts when nobody waits for the run here any more. */
  readonly signal: AbortSignal
}

export interface ClientToolOptions<Parameters extends Schema, Result> {
  /** What the model calls it: 1-64 letters, digits, `_` or `-`; no tool of the agent's own. */
  readonly name: string
  /** What it does and when to use it, for the model. */
  readonly description: string
  /** Schema of the arguments, an object. @default no arguments */
  readonly parameters?: Parameters | undefined
  /** Does the work, here. A throw becomes the tool's result, so that the model can recover from it. The result must survive JSON. */
  readonly execute: (args: SchemaOutput<Parameters>, context: ClientToolContext) => Result | Promise<Result>
}

const toolOptions: OptionNames<ClientToolOptions<Schema, unknown>> = {
  name: true,
  description: true,
  parameters: true,
  execute: true,
}

/** A tool that is carried out where the client is, such as in a page. Made by {@link clientTool}. */
export interface ClientTool {
  readonly declaration: CallerTool
  /** Never rejects. */
  execute(args: unknown, context: ClientToolContext): Promise<ClientToolOutcome>
}

/** What came of a call, in JSON. */
export type ClientToolOutcome = { readonly result: JsonValue } | { readonly error: string }

/**
 * Makes a tool for {@link RemoteSession.run} of a function; the argument's type follows from the schema.
 *
 * @example
 * const showMap = clientTool({
 *   name: 'show_map',
 *   description: 'Shows a place on the map.',
 *   parameters: z.object({ place: z.string() }),
 *   execute: ({ place }) => map.show(place),
 * })
 * @throws {AgentError} `invalid_configuration` naming what cannot be used.
 */
export function clientTool<Parameters extends Schema = Schema<Record<string, never>>, Result = unknown>(
  options: ClientToolOptions<Parameters, Result>,
): ClientTool {
  checkOptions('clientTool', options, toolOptions)
  const { name, description, parameters, execute } = options
  if (typeof execute !== 'function')
    throw new AgentError('invalid_configuration', `Client tool "${name}" needs a function execute.`)
  return {
    declaration: { name, description, parameters: toParameters(name, parameters) },
    async execute(args, context) {
      try {
        const parsed = parameters === undefined ? noArguments : await parseWith(parameters, args)
        if (!parsed.ok) return { error: `The arguments are not valid. ${toIssueText(parsed.issues)}` }
        return { result: toResultValue(await execute(parsed.value as SchemaOutput<Parameters>, context)) }
      } catch (error) {
        return { error: toErrorMessage(error) }
      }
    },
  }
}

const noArguments = { ok: true, value: {} } as const

function toParameters(name: string, parameters: Schema | undefined): CallerTool['parameters'] {
  if (parameters === undefined) return { type: 'object', properties: {} }
  return toJsonSchema(parameters, `The parameters of client tool "${name}"`)
}

/** A call of one of these tools; `undefined` when none has its name. */
export function findTool(tools: readonly ClientTool[], { name }: OpenCall): ClientTool | undefined {
  return tools.find(({ declaration }) => declaration.name === name)
}
