import { toErrorMessage } from '../../core/errors.js'
import type { BindingContext, BindingInfo, TypedData } from '../functions.js'
import type { HostExtension } from '../host-extension.js'
import type { LoadedFunction } from '../loading/function-definitions.js'

/** One input value under its binding's name (Functions worker: ParameterBinding). */
export interface NamedInput {
  readonly name: string
  readonly data: TypedData
}

/**
 * What comes before a run of the function: the values of its inputs besides the trigger, those without a value left out
 * (Functions host: input bindings). Undefined for functions that have none. Rejects when one cannot be read.
 */
export function createInputStep(
  { bindings, trigger }: LoadedFunction,
  extensions: readonly HostExtension[],
): ((context: BindingContext) => Promise<readonly NamedInput[]>) | undefined {
  const inputs = Object.entries(bindings).filter(
    ([, binding]) => binding !== trigger && binding.direction !== 'out',
  )
  if (inputs.length === 0) return undefined
  return async (context) => {
    const values = await Promise.all(
      inputs.map(async ([name, binding]) => {
        try {
          return { name, data: await read(extensions, binding, context) }
        } catch (cause) {
          const message = `Exception binding parameter '${name}' (${binding.type}): ${toErrorMessage(cause)}`
          throw new Error(message, { cause })
        }
      }),
    )
    return values.flatMap(({ name, data }) => (data === undefined ? [] : [{ name, data }]))
  }
}

/** Undefined for bindings that nobody serves, and for those without a value. */
async function read(
  extensions: readonly HostExtension[],
  binding: BindingInfo,
  context: BindingContext,
): Promise<TypedData | undefined> {
  for (const extension of extensions) {
    const value = extension.readInput?.(binding, context)
    if (value !== undefined) return value
  }
  return undefined
}
