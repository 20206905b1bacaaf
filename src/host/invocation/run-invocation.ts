import type { InvocationOutcome, TypedData } from '../functions.js'
import type { LoadedFunction } from '../loading/function-definitions.js'
import type { FunctionCallback } from '../loading/function-metadata.js'
import { isHttpTrigger } from '../loading/function-metadata.js'
import type { HookContext, HookTable } from '../loading/hooks.js'
import type {
  CoreInvocationContext,
  InvocationModel,
  ProgrammingModel,
  RpcInvocationRequest,
  RpcInvocationResponse,
} from '../loading/programming-model.js'
import type { HostLog } from '../log.js'
import { toFailure } from './invocation-failure.js'
import { createInvocationLog } from './invocation-log.js'

/** What invocations of an app share. */
export interface InvocationEnvironment {
  readonly model: ProgrammingModel
  readonly hooks: HookTable
  readonly log: HostLog
}

/** Hooks may replace the handler and its arguments, later the result and the error. */
interface InvocationHookContext extends HookContext {
  functionCallback: FunctionCallback
  inputs: unknown[]
  result?: unknown
  error?: unknown
}

/**
 * One invocation from arguments to response, hooks included, in the worker's order (Functions worker: invocation).
 * Never rejects. For HTTP functions `returnValue` is null when the handler gave nothing.
 */
export async function runInvocation(
  loaded: LoadedFunction,
  request: RpcInvocationRequest,
  environment: InvocationEnvironment,
): Promise<InvocationOutcome> {
  const { hooks, log, model } = environment
  const invocationLog = createInvocationLog(loaded.name, log, hooks)
  const core: CoreInvocationContext = {
    invocationId: request.invocationId,
    request,
    metadata: loaded.metadata,
    state: undefined,
    log: invocationLog.write,
  }
  try {
    const invocation = model.getInvocationModel(core)
    const { context, inputs } = await invocation.getArguments()
    invocationLog.setContext(context)
    const call: InvocationHookContext = {
      hookData: {},
      appHookData: hooks.appHookData,
      invocationContext: context,
      functionCallback: loaded.callback,
      inputs,
    }
    await callWithHooks({ core, invocation, context, call, hooks })
    if (call.error !== undefined && call.error !== null) return toFailure(call.error)
    const isEmpty = call.result === undefined || call.result === null
    const response = await invocation.getResponse(context, call.result)
    return { ...toSuccess(response, isEmpty && isHttpTrigger(loaded.trigger)), result: call.result }
  } catch (error) {
    return toFailure(error)
  } finally {
    core.state = undefined
  }
}

/** Leaves result or error in `call`. A hook that throws ends the invocation at once. */
async function callWithHooks(step: {
  readonly core: CoreInvocationContext
  readonly invocation: InvocationModel
  readonly context: unknown
  readonly call: InvocationHookContext
  readonly hooks: HookTable
}): Promise<void> {
  const { core, invocation, context, call, hooks } = step
  core.state = 'preInvocationHooks'
  if (hooks.has('preInvocation')) await hooks.run('preInvocation', call)
  core.state = 'invocation'
  try {
    call.result = await invocation.invokeFunction(context, call.inputs, call.functionCallback)
  } catch (error) {
    call.error = error ?? new Error('Unknown error')
  }
  core.state = 'postInvocationHooks'
  if (hooks.has('postInvocation')) await hooks.run('postInvocation', call)
  core.state = undefined
}

function toSuccess(response: RpcInvocationResponse, isEmptyHttp: boolean): SucceededOutcome {
  const entries = (response.outputData ?? []).map(({ name, data }) => [name, data] as const)
  return {
    succeeded: true,
    returnValue: isEmptyHttp ? null : response.returnValue,
    outputs: entries.length === 0 ? noOutputs : Object.fromEntries(entries),
  }
}

const noOutputs: Readonly<Record<string, TypedData>> = Object.freeze({})

type SucceededOutcome = Extract<InvocationOutcome, { readonly succeeded: true }>
