import type { BindingInfo } from '../functions.js'
import { isObject } from '../unchecked-object.js'

export function isBlobTrigger({ type }: BindingInfo): boolean {
  return type.toLowerCase() === 'blobtrigger'
}

/** An input or an output. */
export function isBlob({ type }: BindingInfo): boolean {
  return type.toLowerCase() === 'blob'
}

/** Whether the app asks for an SDK client instead of the content (`sdkBinding`). */
export function wantsClient({ properties }: BindingInfo): boolean {
  return isObject(properties) && properties.supportsDeferredBinding === 'true'
}

/** Whether Azure would learn of blobs through Event Grid. */
export function isFromEventGrid({ source }: BindingInfo): boolean {
  return String(source).toLowerCase() === 'eventgrid'
}
