import { AgentError, hasCode, toErrorMessage } from '../../core/errors.js'
import { type JsonObject, type JsonValue, toCanonicalJson, toJsonValue } from '../../core/json.js'
import { addUsage, noUsage, type Usage } from '../../core/messages.js'
import { raceAbort } from '../../core/race-abort.js'
import type { Tool } from '../agent-definition.js'
import type { AgentMiddleware } from '../middleware.js'
import { toInvalid } from '../tools/invalid-arguments.js'
import type { PendingOutcome, ToolOutcome } from '../tools/invoke-tool.js'
import type { ToolContext } from '../tools/tool-context.js'
import { delegateCall } from './delegate-call.js'
import type { DelegateOutcome } from './delegation.js'
import { type Layer, wrapInLayers } from './layers.js'
import type { RunContext } from './run-context.js'
import { toStepTimeout } from './within-time-left.js'

type Arguments = JsonObject | string

/** One execution of a tool call. */
export interface ToolExecution {
  readonly tool: Tool
  readonly arguments: Arguments
  readonly call: Omit<ToolContext, 'reportProgress'>
}

type RunningExecution = ToolExecution & { readonly call: ToolContext }

/** What came of it; tokens count when another agent worked for it. */
export type ExecutionOutcome = DelegateOutcome | PendingOutcome | ToolOutcome

/** Executes a tool call through the agent's middleware, within the time that is left for the run. */
export async function executeTool(context: RunContext, execution: ToolExecution): Promise<ExecutionOutcome> {
  // An agent that works for the call keeps to the same limits by itself, and can be gone on with: cut off, it could not.
  const limitMs = execution.tool.delegate === undefined ? toStepTimeout(context) : undefined
  const limit = limitMs === undefined ? [] : [context.clock.timeout(limitMs)]
  const signal = AbortSignal.any([context.signal, context.controls.stop, ...limit])
  signal.throwIfAborted()
  const progress = openProgress(context, execution)
  const call = { ...execution.call, signal, reportProgress: progress.report }
  try {
    const work = executeInLayers(context, { ...execution, call })
    return await (execution.tool.delegate === undefined ? raceAbort(work, signal) : work)
  } catch (error) {
    if (limit[0]?.aborted)
      return { error: 'The tool did not finish within the time that was left for the run.', isUnknown: true }
    throw error
  } finally {
    progress.close()
  }
}

/** What a tool says of itself once its call is over is not recorded: the run may be over too. */
function openProgress({ journal }: RunContext, { tool: { name }, call: { callId } }: ToolExecution) {
  let isOpen = true
  return {
    report(progress: JsonValue): void {
      if (isOpen) journal.record({ type: 'tool.progress', data: { callId, name, progress } })
    },
    close(): void {
      isOpen = false
    },
  }
}

async function executeInLayers(context: RunContext, execution: RunningExecution): Promise<ExecutionOutcome> {
  const middleware = context.agent.middleware.filter(({ callTool }) => callTool !== undefined)
  if (middleware.length === 0) return executeOnce(context, execution, execution.arguments)
  let usage: Usage = noUsage
  let isUnknown: true | undefined
  // As text, as middleware may change them in place.
  const judged = toCanonicalJson(execution.arguments)
  return leavable<ExecutionOutcome>(async (leave) => {
    const layers = middleware.map((one) => toLayer(one, execution, leave))
    const innermost = async (args: Arguments): Promise<JsonValue> => {
      // Middleware may come here when the run has long gone on without it.
      execution.call.signal.throwIfAborted()
      if (toCanonicalJson(args) !== judged) await refuseUnasked(execution, args)
      const outcome = await leave.onUnknown(executeOnce(context, execution, args))
      if ('parked' in outcome) return leave.with(outcome)
      if ('usage' in outcome) usage = addUsage(usage, outcome.usage)
      isUnknown = 'error' in outcome ? outcome.isUnknown : undefined
      if ('error' in outcome) throw new Error(outcome.error)
      return outcome.result
    }
    const given = await toOutcome(() => wrapInLayers(layers, innermost)(execution.arguments))
    if ('error' in given) execution.call.signal.throwIfAborted()
    const outcome = 'error' in given ? { ...given, isUnknown } : given
    return usage === noUsage ? outcome : { ...outcome, usage }
  })
}

/**
 * Security: whether a human is needed was judged by the arguments that a call came with, and the human saw those.
 * @throws what the model is told when it takes one to agree to what middleware has made of them.
 */
async function refuseUnasked(
  { tool, arguments: given, call }: RunningExecution,
  changed: Arguments,
): Promise<void> {
  if (!(await tool.needsApproval(changed, call))) return
  const issues = await tool.check(given)
  if (issues.length > 0) throw new Error(toInvalid(issues))
  throw new Error(
    'The tool did not run: the app changes these arguments to some that a human has to agree to, and has not been asked about.',
  )
}

function toLayer(
  middleware: AgentMiddleware,
  { tool, call }: RunningExecution,
  leave: Pick<Exit<unknown>, 'fail'>,
): Layer<Arguments, JsonValue> {
  const { name, declaration, readOnly } = tool
  return async (args, next) => {
    const context = { ...call, tool: { name, declaration, readOnly }, arguments: args }
    const result = await middleware.callTool?.(context, next)
    return result === undefined ? leave.fail(toForgottenReturn(name)) : toJsonValue(result)
  }
}

/** No error for the model, which might call a tool again that has taken effect. */
function toForgottenReturn(tool: string): AgentError {
  return new AgentError(
    'invalid_configuration',
    `callTool of a middleware returned nothing for tool "${tool}", which may have taken effect: return what next() gives, or null.`,
  )
}

async function executeOnce(
  context: RunContext,
  { tool, call }: RunningExecution,
  args: Arguments,
): Promise<ExecutionOutcome> {
  if (tool.delegate === undefined) return tool.invoke(args, withOwnIds(context, call), context.clock)
  const issues = await tool.check(args)
  if (issues.length > 0) return { error: toInvalid(issues) }
  return delegateCall(context, { delegate: tool.delegate, arguments: args, call })
}

/** Whoever copies this context, as `tool` does for each try, copies a durable side whose ids begin anew: those of the first try. */
function withOwnIds({ durable }: RunContext, call: ToolContext): ToolContext {
  return {
    ...call,
    get durable() {
      return durable?.(call)
    },
  }
}

async function toOutcome(execute: () => Promise<JsonValue>): Promise<ToolOutcome> {
  try {
    return { result: await execute() }
  } catch (error) {
    return { error: toErrorMessage(error) }
  }
}

/** Ways out of the layers that none of them may take for a result or an error: they are left where they stand. */
interface Exit<T> {
  /** Ends everything with this outcome. */
  with(outcome: T): Promise<never>
  /** Ends everything with this failure. */
  fail(error: AgentError): Promise<never>
  /** Ends everything if that is a failure of which nobody knows whether the tool took effect. */
  onUnknown<U>(execution: Promise<U>): Promise<U>
}

function leavable<T>(run: (exit: Exit<T>) => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const never = new Promise<never>(() => {})
    const exit: Exit<T> = {
      with(outcome) {
        resolve(outcome)
        return never
      },
      fail(error) {
        reject(error)
        return never
      },
      onUnknown: (execution) =>
        execution.catch((error) => {
          if (!hasCode(error, 'outcome_unknown')) throw error
          reject(error)
          return never
        }),
    }
    run(exit).then(resolve, reject)
  })
}
