import type { NodeError } from './node-context.js'
import { NodeFailure, toNodeError } from './node-failure.js'
import { findStuckJoin } from './route-outputs.js'
import { takeStep } from './take-step.js'
import type { WorkflowDefinition } from './workflow-definition.js'
import type { Steps, WorkflowEnvironment } from './workflow-environment.js'
import { toShownOutput } from './workflow-events.js'
import { WorkflowProgress } from './workflow-progress.js'
import { toWorkflowOutput, type WorkflowState } from './workflow-state.js'

/** How a run of a workflow ended, or that it should go on in a new generation, so that its history stays short. */
export type WorkflowResult =
  | { readonly status: 'completed'; readonly output: unknown }
  | { readonly status: 'failed'; readonly error: NodeError }
  | { readonly status: 'continue'; readonly state: WorkflowState }

/** How many steps an orchestration's history may hold: all of it is read again whenever the orchestration wakes. */
const stepsPerGeneration = 25

/**
 * Runs a workflow from a state on, step by step. Everything that is not deterministic is behind the environment, so a
 * replay of the same tasks takes the same way.
 */
export function* runWorkflow(
  definition: WorkflowDefinition,
  from: WorkflowState,
  environment: WorkflowEnvironment,
): Steps<WorkflowResult> {
  const progress = new WorkflowProgress(environment, from.events)
  if (from.events === 0) {
    const { instanceId } = environment
    progress.record({ type: 'workflow.started', data: { workflow: definition.name, instanceId } })
  }
  let state = from
  try {
    while (state.messages.length > 0) {
      if (state.step - from.step === stepsPerGeneration) {
        progress.publish()
        return { status: 'continue', state: { ...state, events: progress.events } }
      }
      checkSteps(definition, state)
      state = yield* takeStep({ definition, environment, progress, state })
    }
    checkJoins(definition, state)
  } catch (error) {
    if (!(error instanceof NodeFailure)) throw error
    if (error.code === 'internal' && error.cause !== undefined) environment.report(error.cause)
    return fail(progress, toNodeError(error))
  }
  return complete(progress, toWorkflowOutput(state))
}

function complete(progress: WorkflowProgress, output: unknown): WorkflowResult {
  progress.record({ type: 'workflow.completed', data: toShownOutput(output) })
  progress.publish('completed')
  return { status: 'completed', output }
}

function fail(progress: WorkflowProgress, error: NodeError): WorkflowResult {
  progress.record({ type: 'workflow.failed', data: { error } })
  progress.publish('failed', error)
  return { status: 'failed', error }
}

function checkSteps({ maxIterations }: WorkflowDefinition, { step, messages }: WorkflowState): void {
  const [next] = messages
  if (step < maxIterations || next === undefined) return
  const message = `It is still at work after ${maxIterations} steps; raise maxIterations if it needs more.`
  throw new NodeFailure({ node: next.to, code: 'max_steps_exceeded', message })
}

/** A fan-in that waits for ever while nothing else gave an output: better said than ended with nothing. */
function checkJoins(definition: WorkflowDefinition, state: WorkflowState): void {
  const stuck = findStuckJoin(definition, state)
  if (stuck === undefined || state.outputs.length > 0) return
  const message = `It waits for an output of ${stuck.missing.map((id) => `"${id}"`).join(', ')} that does not come.`
  throw new NodeFailure({ node: stuck.to, code: 'internal', message })
}
