import type { BindingInfo } from '../functions.js'

/** The app's handler behind the library's argument conversion. */
export type FunctionCallback = (...args: unknown[]) => unknown

/** What the library registers for each function (Functions worker: registerFunction). */
export interface FunctionMetadata {
  readonly name: string
  readonly functionId?: string
  readonly bindings: Readonly<Record<string, BindingInfo>>
  readonly retryOptions?: Readonly<Record<string, unknown>>
}

/** A registration: metadata and handler. */
export interface FunctionRegistration {
  readonly metadata: FunctionMetadata
  readonly callback: FunctionCallback
}

/** True for HTTP triggers, however the app spells the type. */
export function isHttpTrigger(binding: BindingInfo): boolean {
  return binding.type.toLowerCase() === 'httptrigger'
}
