import { awaitAnswers, openRequests, toNotices } from './ask-humans.js'
import type { Finished } from './end-execution.js'
import { type Execution, type StepScope, toNodeContext } from './execution.js'
import { findNode } from './find-nodes.js'
import { callPureForJson, callRemember } from './node-failure.js'
import { routeOutputs } from './route-outputs.js'
import { runNodes, toWork } from './run-nodes.js'
import type { WorkflowDefinition } from './workflow-definition.js'
import type { Steps } from './workflow-environment.js'
import type { WorkflowState } from './workflow-state.js'

/** Works on all messages at once, and sends what comes of them on its way. @throws {NodeFailure} */
export function* takeStep(scope: StepScope): Steps<WorkflowState> {
  const { definition, state, progress } = scope
  progress.beginStep(state.step + 1)
  const executions = toExecutions(definition, state)
  const requests = openRequests(scope, executions)
  const finished = [
    ...executions.flatMap((execution) => applyTransform(scope, execution)),
    ...(yield* runNodes(scope, [...toNotices(scope, requests), ...executions.flatMap(toWork)])),
    ...(yield* awaitAnswers(scope, requests)),
  ].sort((a, b) => a.number - b.number)
  const shared = Object.assign({}, state.shared, ...finished.map(({ patch }) => patch))
  const after = {
    ...state,
    shared,
    step: state.step + 1,
    executions: state.executions + executions.length,
    visits: countVisits(state),
  }
  return routeOutputs(definition, after, finished)
}

function toExecutions(definition: WorkflowDefinition, state: WorkflowState): readonly Execution[] {
  const { messages, executions, visits } = state
  return messages.map(({ to, input }, index) => ({
    number: executions + index,
    ordinal: (visits[to] ?? 0) + messages.slice(0, index).filter((message) => message.to === to).length,
    node: findNode(definition, to),
    input,
  }))
}

function countVisits({ visits, messages }: WorkflowState): WorkflowState['visits'] {
  const counted = { ...visits }
  for (const { to } of messages) counted[to] = (counted[to] ?? 0) + 1
  return counted
}

function applyTransform(scope: StepScope, { node, number, input }: Execution): readonly Finished[] {
  const { spec } = node
  if (spec.kind !== 'transform') return []
  const context = toNodeContext(scope)
  const output = callPureForJson(node.id, 'It', () => spec.apply(input, context))
  const patch = callRemember(node.id, () => spec.remember?.(output, input, context))
  return [{ kind: 'finished', number, node: node.id, output, patch }]
}
