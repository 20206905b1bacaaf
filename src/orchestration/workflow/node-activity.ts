import type { ActivityHandler } from 'durable-functions'
import { AgentError } from '../../core/errors.js'
import { type JsonObject, type JsonValue, toJsonValue } from '../../core/json.js'
import { unexpected } from './node-failure.js'
import type { FunctionSpec, NodeSpec } from './workflow-definition.js'
import type { FunctionCall, Settled } from './workflow-environment.js'

/** Makes the activity of a node. What the function throws is a result too, with its code. */
export function createNodeActivity(workflow: string, execute: FunctionSpec['execute']): ActivityHandler {
  return async function runNode(input: unknown, context): Promise<Settled> {
    const { node, input: message, ...call } = input as FunctionCall
    const patch: Record<string, JsonValue> = {}
    const setState = (name: string, value: unknown) => {
      patch[name] = toJsonValue(value)
    }
    try {
      const output = await execute(message, { ...call, workflow, node, setState })
      return { ok: true, output: toJsonValue(output), patch: patch as JsonObject }
    } catch (error) {
      context.error(error)
      return { ok: false, error: toFailure(error) }
    }
  }
}

/** An error that is no {@link AgentError} may pass; one that is says whether it may. */
function toFailure(error: unknown): Extract<Settled, { readonly ok: false }>['error'] {
  if (!(error instanceof AgentError)) {
    return { code: 'internal', message: `The function threw ${unexpected}.`, retryable: true }
  }
  const { code, message, retryable, retryAfterMs } = error
  return { code, message, retryable, retryAfterMs }
}

/** What a node does as an activity: a function's work, or telling humans of a request; `undefined` when it has none. */
export function toActivity(spec: NodeSpec): FunctionSpec['execute'] | undefined {
  if (spec.kind === 'function') return spec.execute
  return spec.kind === 'request' ? (spec.notify as FunctionSpec['execute'] | undefined) : undefined
}
