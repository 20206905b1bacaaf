import type { OrchestrationContext, OrchestrationHandler, Task } from 'durable-functions'
import { isRetryable } from '../../core/problem.js'
import { sealInput } from '../../session/sealed-input.js'
import { createFailure } from '../agent-failure.js'
import { createDurableEnvironment } from './durable-environment.js'
import type { NodeError } from './node-context.js'
import { runWorkflow } from './run-workflow.js'
import type { WorkflowDefinition } from './workflow-definition.js'
import type { Settled } from './workflow-environment.js'
import { parseWorkflowStart } from './workflow-start.js'
import { createWorkflowState } from './workflow-state.js'

/** Makes the orchestration that runs a workflow. */
export function createWorkflowOrchestrator(definition: WorkflowDefinition): OrchestrationHandler {
  return function* workflow(context: OrchestrationContext): Generator<Task, unknown, unknown> {
    const start = parseWorkflowStart(context.df.getInput(), definition)
    const state = start.state ?? createWorkflowState(definition.start, start.input)
    const environment = createDurableEnvironment(context, definition, start)
    const isNested = start.place !== undefined
    const result = yield* runWorkflow(definition, state, environment)
    switch (result.status) {
      case 'continue':
        context.df.continueAsNew(sealInput({ ...start, state: result.state }))
        return null
      case 'completed':
        return isNested ? toSuccess(result.output) : result.output
      case 'failed':
        if (isNested) return toNestedFailure(result.error)
        throw createFailure({ ...result.error, message: describe(definition, result.error) })
    }
  }
}

function toSuccess(output: unknown): Settled {
  return { ok: true, output }
}

function toNestedFailure(error: NodeError): Settled {
  return { ok: false, error: { ...error, retryable: isRetryable(error) } }
}

function describe({ name }: WorkflowDefinition, { node, message }: NodeError): string {
  return `Node "${node}" of workflow "${name}" failed: ${message}`
}
