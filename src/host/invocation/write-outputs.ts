import { toErrorMessage } from '../../core/errors.js'
import type { BindingContext, BindingInfo, InvocationOutcome, TypedData } from '../functions.js'
import type { HostExtension } from '../host-extension.js'
import type { LoadedFunction } from '../loading/function-definitions.js'
import { createFailure } from './invocation-failure.js'

/**
 * What follows a run of the function: its outputs are written, in the order of its bindings, and one that cannot be written
 * fails the invocation (Functions host: output bindings). Undefined for functions whose only output is their answer.
 */
export function createOutputStep(
  { bindings }: LoadedFunction,
  extensions: readonly HostExtension[],
): ((outcome: InvocationOutcome, context: BindingContext) => Promise<InvocationOutcome>) | undefined {
  const outputs = Object.entries(bindings).filter(([, binding]) => isWritten(binding))
  if (outputs.length === 0) return undefined
  return async (outcome, context) => {
    if (!outcome.succeeded) return outcome
    for (const [key, binding] of outputs) {
      const data = key === '$return' ? outcome.returnValue : outcome.outputs[key]
      if (data === undefined || data === null) continue
      try {
        await write(extensions, binding, data, context)
      } catch (error) {
        return toOutputFailure(key, binding, error)
      }
    }
    return outcome
  }
}

/** The answer to an HTTP request is written by whoever has the request. */
function isWritten({ type, direction }: BindingInfo): boolean {
  return direction === 'out' && type.toLowerCase() !== 'http'
}

/** Does nothing for bindings that nobody serves. */
async function write(
  extensions: readonly HostExtension[],
  binding: BindingInfo,
  data: TypedData,
  context: BindingContext,
): Promise<void> {
  for (const extension of extensions) {
    const writing = extension.writeOutput?.(binding, data, context)
    if (writing !== undefined) return writing
  }
}

function toOutputFailure(key: string, { type }: BindingInfo, error: unknown): InvocationOutcome {
  const message = `Error while handling parameter ${key} (${type}) after function returned: ${toErrorMessage(error)}`
  return createFailure(message, error instanceof Error ? error.stack : undefined)
}
