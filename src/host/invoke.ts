import { randomUUID } from 'node:crypto'
import type { LoadedFunction } from './function-definitions.js'
import { isHttpTrigger } from './function-metadata.js'
import type {
  FunctionInvoker,
  InputProvider,
  InvocationOutcome,
  InvocationRequest,
  TypedData,
} from './functions.js'
import type { HookContext, HookTable } from './hooks.js'
import { createInvocationLog } from './invocation-log.js'
import type { HostLog } from './log.js'
import type { CoreInvocationContext, ProgrammingModel, RpcInvocationRequest } from './programming-model.js'
import { formatTimeSpan } from './time-span.js'

export interface InvokerOptions {
  readonly model: ProgrammingModel
  readonly functions: readonly LoadedFunction[]
  readonly hooks: HookTable
  readonly log: HostLog
  /** Asked for each input binding that is not the trigger, at each invocation. */
  readonly provideInput: InputProvider
  /** Longest time of an invocation; undefined for no limit. */
  readonly functionTimeoutMs: number | undefined
}

/**
 * Runs functions of the loaded app: hooks, argument conversion, handler, result conversion, time limit
 * (Functions worker: invocation). For HTTP functions `returnValue` is null when the handler gave nothing, and
 * undefined when the library has sent the answer itself.
 */
export function createInvoker(options: InvokerOptions): FunctionInvoker {
  const runners = new Map(options.functions.map((loaded) => [loaded.name, createRunner(loaded, options)]))
  return {
    async invoke(definition, request) {
      const run = runners.get(definition.name)
      return run === undefined ? toFailure(new Error(`Unknown function '${definition.name}'.`)) : run(request)
    },
  }
}

type Runner = (request: InvocationRequest) => Promise<InvocationOutcome>

function createRunner(loaded: LoadedFunction, options: InvokerOptions): Runner {
  const { log, functionTimeoutMs } = options
  const category = `Function.${loaded.name}`
  const inputNames = Object.entries(loaded.bindings).filter(
    ([, binding]) => binding !== loaded.trigger && binding.direction !== 'out',
  )
  function toRpcRequest(id: string, request: InvocationRequest): RpcInvocationRequest {
    const inputData: { name: string; data: TypedData }[] = [
      { name: loaded.trigger.name, data: request.input },
    ]
    for (const [name, binding] of inputNames) {
      const data = options.provideInput(binding)
      if (data !== undefined) inputData.push({ name, data })
    }
    const traceContext = { traceParent: toTraceParent(id), traceState: '', attributes: {} }
    const triggerMetadata = request.triggerMetadata ?? {}
    return { invocationId: id, functionId: loaded.name, inputData, triggerMetadata, traceContext }
  }
  return async (request) => {
    const id = request.invocationId ?? randomUUID()
    const isLogged = log.isEnabled(category, 'information')
    const startedAt = performance.now()
    if (isLogged) {
      log.write(
        'information',
        category,
        `Executing 'Functions.${loaded.name}' (Reason='${request.reason}', Id=${id})`,
      )
    }
    const running = runOnce(loaded, toRpcRequest(id, request), options)
    const outcome = await (functionTimeoutMs === undefined
      ? running
      : withTimeLimit(running, functionTimeoutMs, () => toTimeoutMessage(functionTimeoutMs, loaded.name, id)))
    const durationMs = Math.round(performance.now() - startedAt)
    if (!outcome.succeeded) log.write('error', category, toFailureText(loaded.name, id, durationMs, outcome))
    else if (isLogged) {
      log.write('information', category, toExecutedText(loaded.name, 'Succeeded', id, durationMs))
    }
    return outcome
  }
}

async function runOnce(
  loaded: LoadedFunction,
  request: RpcInvocationRequest,
  options: InvokerOptions,
): Promise<InvocationOutcome> {
  const { hooks, log, model } = options
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
    const hookContext: HookContext = {
      hookData: {},
      appHookData: hooks.appHookData,
      invocationContext: context,
      functionCallback: loaded.callback,
      inputs,
    }
    core.state = 'preInvocationHooks'
    if (hooks.has('preInvocation')) await hooks.run('preInvocation', hookContext)
    core.state = 'invocation'
    const call = hookContext as { functionCallback: LoadedFunction['callback']; inputs: unknown[] }
    let result: unknown
    let error: unknown
    try {
      result = await invocation.invokeFunction(context, call.inputs, call.functionCallback)
    } catch (thrown) {
      error = thrown ?? new Error('Unknown error')
    }
    core.state = 'postInvocationHooks'
    if (hooks.has('postInvocation')) {
      Object.assign(hookContext, { result, error })
      await hooks.run('postInvocation', hookContext)
      result = hookContext.result
      error = hookContext.error
    }
    core.state = undefined
    if (error !== undefined && error !== null) return toFailure(error)
    const response = await invocation.getResponse(context, result)
    return toSuccess(response, isHttpTrigger(loaded.trigger) && (result === undefined || result === null))
  } catch (thrown) {
    core.state = undefined
    return toFailure(thrown)
  }
}

function toSuccess(
  response: Awaited<ReturnType<ReturnType<ProgrammingModel['getInvocationModel']>['getResponse']>>,
  isEmptyHttp: boolean,
): InvocationOutcome {
  const outputs = response.outputData ?? []
  return {
    succeeded: true,
    returnValue: isEmptyHttp ? null : response.returnValue,
    outputs:
      outputs.length === 0 ? noOutputs : Object.fromEntries(outputs.map(({ name, data }) => [name, data])),
  }
}

const noOutputs: Readonly<Record<string, TypedData>> = Object.freeze({})

function toFailure(error: unknown): InvocationOutcome {
  const isError = error instanceof Error
  const message = isError
    ? error.message
    : typeof error === 'string'
      ? error
      : (JSON.stringify(error) ?? String(error))
  return { succeeded: false, message, stack: isError ? (error.stack ?? '') : '', timedOut: false }
}

async function withTimeLimit(
  running: Promise<InvocationOutcome>,
  limitMs: number,
  toMessage: () => string,
): Promise<InvocationOutcome> {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<InvocationOutcome>((resolve) => {
    timer = setTimeout(
      () => resolve({ succeeded: false, message: toMessage(), stack: '', timedOut: true }),
      limitMs,
    )
    timer.unref()
  })
  try {
    return await Promise.race([running, expired])
  } finally {
    clearTimeout(timer)
  }
}

function toTimeoutMessage(limitMs: number, name: string, id: string): string {
  const limit = formatTimeSpan(limitMs)
  return `Timeout value of ${limit} exceeded by function 'Functions.${name}' (Id: '${id}'). Initiating cancellation.`
}

function toExecutedText(name: string, verdict: string, id: string, durationMs: number): string {
  return `Executed 'Functions.${name}' (${verdict}, Id=${id}, Duration=${durationMs}ms)`
}

function toFailureText(
  name: string,
  id: string,
  durationMs: number,
  failure: Extract<InvocationOutcome, { succeeded: false }>,
): string {
  const head = toExecutedText(name, 'Failed', id, durationMs)
  if (failure.timedOut) {
    return `${head}\n${failure.message} Azure would now restart the worker, and every other running invocation would fail.`
  }
  return `${head}\nResult: Failure\nException: ${failure.message}\nStack: ${failure.stack}`
}

/** W3C trace parent made of the invocation id, so that no second random number is needed. */
function toTraceParent(id: string): string {
  const hex = id.replaceAll('-', '')
  return `00-${hex}-${hex.slice(0, 16)}-00`
}
