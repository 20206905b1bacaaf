import type { AgentRunResult } from '../agent-run-result.js'
import type { FailedAgentRun } from '../run-call.js'
import { toAgentOutcome } from './agent-outcome.js'
import { endExecution, type Finished } from './end-execution.js'
import { type Execution, type StepScope, startExecution, type Work } from './execution.js'
import type { NodeRetry } from './node-context.js'
import type { Settled, Steps } from './workflow-environment.js'

/** In Azure whatever ran in a worker process that dies has failed. Under its id a run goes on, so it costs nothing to ask. */
const askingAgain: NodeRetry = { maxAttempts: 4, delayMs: 5_000 }

/**
 * Runs a step's agents, functions and nested workflows at the same time, in rounds: one for what is due, and further
 * ones for retries, and for an agent's next message, as its session takes one at a time. Each task stands in one
 * compound task only: durable-functions would schedule it again with a second one.
 * @throws {NodeFailure} when a node has used up its tries.
 */
export function* runNodes(scope: StepScope, works: readonly Work[]): Steps<readonly Finished[]> {
  let queue = works
  const finished: Finished[] = []
  while (queue.length > 0) {
    const round = pickRound(queue, scope.environment.now())
    if (round.length === 0) {
      queue = yield* waitUntilDue(scope, queue)
    } else {
      const ends = yield* runRound(scope, round)
      finished.push(...ends.flatMap((end) => (end.kind === 'finished' ? [end] : [])))
      queue = queue.flatMap((work) => {
        const end = ends[round.indexOf(work)]
        if (end === undefined) return [work]
        if (end.kind !== 'retry') return []
        return [{ ...work, attempt: work.attempt + 1, dueAt: end.dueAt, run: end.run }]
      })
    }
  }
  return finished
}

/** The work of an execution, if it is done outside of the orchestrator. */
export function toWork(execution: Execution): readonly Work[] {
  const { spec } = execution.node
  if (spec.kind === 'transform' || spec.kind === 'request') return []
  return [{ ...execution, spec, attempt: 1, dueAt: 0 }]
}

/** What can begin now: of each agent node only the first message. */
function pickRound(queue: readonly Work[], now: number): readonly Work[] {
  const isFirst = (work: Work) => queue.find(({ node }) => node.id === work.node.id) === work
  return queue.filter((work) => work.dueAt <= now && (work.spec.kind !== 'agent' || isFirst(work)))
}

/** Afterwards that which was waited for is due, whatever the clock of the next machine says. */
function* waitUntilDue({ environment, progress }: StepScope, queue: readonly Work[]): Steps<readonly Work[]> {
  const at = Math.min(...queue.map(({ dueAt }) => dueAt))
  progress.publish()
  yield environment.startTimer(at)
  return queue.map((work) => (work.dueAt <= at ? { ...work, dueAt: 0 } : work))
}

function* runRound(scope: StepScope, round: readonly Work[]) {
  const { environment, progress } = scope
  const begun = round.map((work) => startExecution(scope, work))
  const tasks = begun.map(({ task }) => task)
  progress.publish()
  try {
    yield environment.all(tasks)
  } catch (error) {
    // Failures that are expected come as results; this is a time-out of the platform or the like. Others may still be at
    // work and cannot be waited for a second time, so only a task that was alone is tried again.
    const failed = Math.max(
      0,
      tasks.findIndex(({ isFaulted }) => isFaulted),
    )
    const failure: Settled = { ok: false, error: environment.toFailure(error) }
    const work = round[failed] as Work
    const run = begun[failed]?.run
    const retry = work.spec.retry ?? (run === undefined ? undefined : askingAgain)
    const end = endExecution(scope, work, failure, { isFinal: round.length > 1, retry })
    return [end.kind === 'retry' ? { ...end, run } : end]
  }
  return round.map((work, index) => endExecution(scope, work, toSettled(work, tasks[index]?.result)))
}

/** The environment says what its tasks give. */
function toSettled({ spec }: Work, result: unknown): Settled {
  if (spec.kind === 'agent') return toAgentOutcome(spec, result as AgentRunResult | FailedAgentRun)
  return result as Settled
}
