import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { formatTimeSpan } from '../../core/time-span.js'
import type { FunctionInvoker, InvocationOutcome, InvocationRequest } from '../functions.js'
import type { HostExtension } from '../host-extension.js'
import type { LoadedFunction } from '../loading/function-definitions.js'
import { isHttpTrigger } from '../loading/function-metadata.js'
import type { RpcInvocationRequest } from '../loading/programming-model.js'
import { createBindingContext } from './binding-expressions.js'
import { createFailure, toFailure } from './invocation-failure.js'
import { createInputStep, type NamedInput } from './read-inputs.js'
import { type InvocationEnvironment, runInvocation } from './run-invocation.js'
import { createOutputStep } from './write-outputs.js'

export interface InvokerOptions extends InvocationEnvironment {
  readonly functions: readonly LoadedFunction[]
  /** Asked for the value of each input that is not the trigger, and given those of outputs before the invocation counts as done. */
  readonly extensions: readonly HostExtension[]
  /** Longest time of an invocation; undefined for no limit. */
  readonly functionTimeoutMs: number | undefined
  /** Called when an invocation has exceeded it, after its failure is known. */
  readonly onTimeout: (() => void) | undefined
}

/**
 * Runs functions of the loaded app: hooks, argument conversion, handler, result conversion, time limit, log lines.
 * For HTTP functions `returnValue` is null when the handler gave nothing, and undefined when the library has sent the
 * answer itself. A handler that is over its time runs on, its result is dropped (Functions host: function timeout).
 */
export function createInvoker(options: InvokerOptions): FunctionInvoker {
  const runners = new Map(options.functions.map((loaded) => [loaded.name, createRunner(loaded, options)]))
  return {
    async invoke(definition, request) {
      const run = runners.get(definition.name)
      return run === undefined ? createFailure(`Unknown function '${definition.name}'.`) : run(request)
    },
  }
}

/**
 * Calls a function outside of what is going on. Azure's worker gets invocations over a channel of their own; here whoever sent
 * a message may be the one who runs what it is for, and its span or other async context must not become that of others.
 */
const apart = AsyncLocalStorage.snapshot()

type Runner = (request: InvocationRequest) => Promise<InvocationOutcome>

function createRunner(loaded: LoadedFunction, options: InvokerOptions): Runner {
  const { log, functionTimeoutMs, onTimeout } = options
  const category = `Function.${loaded.name}`
  const run = createBoundRun(loaded, options)
  const isCausedByOthers = !isHttpTrigger(loaded.trigger)
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
    const running = isCausedByOthers ? apart(run, id, request) : run(id, request)
    const outcome = await (functionTimeoutMs === undefined
      ? running
      : withTimeLimit(running, functionTimeoutMs, () => toTimeoutMessage(functionTimeoutMs, loaded.name, id)))
    if (isLogged || !outcome.succeeded) {
      const level = outcome.succeeded ? 'information' : 'error'
      log.write(level, category, toExecutedText(loaded.name, id, performance.now() - startedAt, outcome))
    }
    if (!outcome.succeeded && outcome.timedOut) {
      log.write('warning', category, onTimeout === undefined ? runsOnText : restartText)
      onTimeout?.()
    }
    return outcome
  }
}

const restartText = 'The worker process is restarted, as on Azure; what else it runs fails or runs again.'
const runsOnText =
  'Its handler runs on, as this host cannot end it; Azure would restart the worker, and every other running invocation would fail.'

/** One run of the function between its inputs and its outputs. Never rejects. */
function createBoundRun(
  loaded: LoadedFunction,
  options: InvokerOptions,
): (id: string, request: InvocationRequest) => Promise<InvocationOutcome> {
  const readInputs = createInputStep(loaded, options.extensions)
  const writeOutputs = createOutputStep(loaded, options.extensions)
  if (readInputs === undefined && writeOutputs === undefined) {
    return (id, request) => runInvocation(loaded, toRpcRequest(loaded, id, request, []), options)
  }
  return async (id, request) => {
    const context = createBindingContext(loaded.name, request)
    try {
      const inputs = (await readInputs?.(context)) ?? []
      const outcome = await runInvocation(loaded, toRpcRequest(loaded, id, request, inputs), options)
      return (await writeOutputs?.(outcome, context)) ?? outcome
    } catch (error) {
      return toFailure(error)
    }
  }
}

function toRpcRequest(
  loaded: LoadedFunction,
  id: string,
  { input, triggerMetadata = {}, traceContext, retryContext }: InvocationRequest,
  inputs: readonly NamedInput[],
): RpcInvocationRequest {
  return {
    invocationId: id,
    functionId: loaded.name,
    inputData: [{ name: loaded.trigger.name, data: input }, ...inputs],
    triggerMetadata,
    traceContext: {
      traceParent: traceContext?.traceparent ?? toTraceParent(id),
      traceState: traceContext?.tracestate ?? '',
      attributes: {},
    },
    retryContext,
  }
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

function toExecutedText(name: string, id: string, durationMs: number, outcome: InvocationOutcome): string {
  const verdict = outcome.succeeded ? 'Succeeded' : 'Failed'
  const head = `Executed 'Functions.${name}' (${verdict}, Id=${id}, Duration=${Math.round(durationMs)}ms)`
  if (outcome.succeeded) return head
  if (!outcome.timedOut)
    return `${head}\nResult: Failure\nException: ${outcome.message}\nStack: ${outcome.stack}`
  return `${head}\n${outcome.message}`
}

/** W3C trace parent made of the invocation id, so that no second random number is needed. */
function toTraceParent(id: string): string {
  const hex = id.replaceAll('-', '')
  return `00-${hex}-${hex.slice(0, 16)}-00`
}
