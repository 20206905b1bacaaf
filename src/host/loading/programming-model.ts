import type { RetryContext, TypedData } from '../functions.js'
import type { LogLevel } from '../log.js'
import type { FunctionCallback, FunctionMetadata } from './function-metadata.js'

/** What the host sends with an invocation (Functions worker: invocation request). */
export interface RpcInvocationRequest {
  readonly invocationId: string
  readonly functionId: string
  readonly inputData: readonly {
    readonly name: string
    readonly data: TypedData | Readonly<Record<string, never>>
  }[]
  readonly triggerMetadata: Readonly<Record<string, TypedData>>
  readonly traceContext: {
    readonly traceParent: string
    readonly traceState: string
    readonly attributes: Readonly<Record<string, string>>
  }
  readonly retryContext: RetryContext | undefined
}

/** The host's half of one invocation, which the library reads while it runs. */
export interface CoreInvocationContext {
  readonly invocationId: string
  readonly request: RpcInvocationRequest
  readonly metadata: FunctionMetadata
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined
  log(level: LogLevel, category: string, message: string): void
}

/** The library's half of one invocation. */
export interface InvocationModel {
  getArguments(): Promise<{ readonly context: unknown; readonly inputs: unknown[] }>
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>
  getResponse(context: unknown, result: unknown): Promise<RpcInvocationResponse>
}

/** What the library makes of a handler's result. */
export interface RpcInvocationResponse {
  readonly outputData?: readonly { readonly name: string; readonly data: TypedData }[]
  readonly returnValue?: TypedData | null | undefined
}

/** The object that the library hands over when it registers its first function. */
export interface ProgrammingModel {
  readonly name: string
  readonly version: string
  getCapabilities(defaults: Record<string, string>): Promise<Record<string, string>>
  getInvocationModel(context: CoreInvocationContext): InvocationModel
}
