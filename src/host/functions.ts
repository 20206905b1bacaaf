import type { TraceContext } from '../core/trace-context.js'

/** One value on its way between host and app, as the worker protocol spells it. Exactly one member is set. */
export type TypedData =
  | { readonly string: string }
  | { readonly json: string }
  | { readonly bytes: Uint8Array }
  | { readonly int: number }
  | { readonly double: number }
  | { readonly http: Readonly<Record<string, unknown>> }
  /** No member of the protocol: the library finds none that it knows, and hands on `undefined`. */
  | { readonly none: true }
  | { readonly modelBindingData: ModelBindingData }

/** What an SDK client is made of inside the app (Functions worker: deferred bindings). */
export interface ModelBindingData {
  readonly version: string
  /** Names the factory that makes the client. */
  readonly source: string
  readonly contentType: string
  readonly content: Uint8Array
}

/** A binding as the app registered it; `name` is the generated one, also for the binding stored under `$return`. */
export interface BindingInfo {
  readonly type: string
  readonly name: string
  readonly direction: string
  readonly [option: string]: unknown
}

/** A registered function, validated and ready to be invoked. */
export interface FunctionDefinition {
  readonly name: string
  /** Keyed by binding name; the return binding under `$return`. */
  readonly bindings: Readonly<Record<string, BindingInfo>>
  readonly trigger: BindingInfo
  readonly disabled: boolean
  /** The `retry` option as the library registers it; which triggers obey it is up to their extension. */
  readonly retryOptions?: Readonly<Record<string, unknown>> | undefined
}

/** What a retried function learns about its earlier attempts, from the first retry on. */
export interface RetryContext {
  /** 0 for the first attempt. */
  readonly retryCount: number
  /** -1 for no end. */
  readonly maxRetryCount: number
  /** How the attempt before failed, if there was one. */
  readonly exception?: { readonly source: string; readonly message: string; readonly stackTrace: string }
}

/** What a listener asks of the app: run this function with this trigger value. */
export interface InvocationRequest {
  /** The trigger's value. Values of other input bindings are filled in by the invoker (see {@link HostExtension.readInput}). */
  readonly input: TypedData
  readonly triggerMetadata?: Readonly<Record<string, TypedData>>
  /** Printed in the log line: `Executing 'Functions.x' (Reason='…')`. */
  readonly reason: string
  /** A GUID; made when absent. A listener that must know it before the invocation starts (HTTP streaming) passes its own. */
  readonly invocationId?: string
  /** The caller's place in a trace. @default one that is made of the invocation id, and not sampled */
  readonly traceContext?: TraceContext | undefined
  /** Absent at the first attempt. */
  readonly retryContext?: RetryContext | undefined
}

export type InvocationOutcome =
  | {
      readonly succeeded: true
      readonly returnValue: TypedData | null | undefined
      readonly outputs: Readonly<Record<string, TypedData>>
      /** What the handler itself returned, where somebody has to know more than its JSON says. */
      readonly result?: unknown
    }
  | {
      readonly succeeded: false
      readonly message: string
      readonly stack: string
      readonly timedOut: boolean
    }

/** Runs a function of the loaded app: hooks, argument conversion, handler, result conversion, time limit. Never rejects. */
export interface FunctionInvoker {
  invoke(definition: FunctionDefinition, request: InvocationRequest): Promise<InvocationOutcome>
}

/** What the bindings of one invocation can refer to. */
export interface BindingContext {
  /** The text with its expressions, such as `{name}`, replaced. @throws {Error} naming one that has no value. */
  resolve(text: string): string
}
