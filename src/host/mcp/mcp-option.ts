import { AgentError } from '../../core/errors.js'
import type { BindingInfo } from '../functions.js'

/** An option that the library passes on as JSON text; undefined when it is absent or empty. @throws {AgentError} when it is no JSON. */
export function parseJsonOption(trigger: BindingInfo, name: string): unknown {
  const text = trigger[name]
  if (typeof text !== 'string' || text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AgentError('invalid_configuration', `The option ${name} of the trigger is not valid JSON.`, {
      cause,
    })
  }
}

/** The option `metadata`, if it is set, by the name that it has in listings. @throws {AgentError} when it is no JSON. */
export function readMeta(trigger: BindingInfo): { readonly _meta?: unknown } {
  const meta = parseJsonOption(trigger, 'metadata')
  return meta === undefined ? {} : { _meta: meta }
}

/** The options of these names that are set. */
export function pickOptions(
  trigger: BindingInfo,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  const set = names.filter((name) => trigger[name] !== undefined && trigger[name] !== null)
  return Object.fromEntries(set.map((name) => [name, trigger[name]]))
}
