import type { BindingInfo } from './functions.js'

/** Whether a binding is of a type, however the app spells it. */
export function hasType({ type }: BindingInfo, wanted: string): boolean {
  return type.toLowerCase() === wanted.toLowerCase()
}
