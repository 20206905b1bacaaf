import type { DurableClient } from 'durable-functions'
import { pause, systemClock } from '../../core/clock.js'
import { AgentError, toIssueText } from '../../core/errors.js'
import { toJsonValue } from '../../core/json.js'
import { parseWith } from '../../core/schema.js'
import { askTaskHub, findOrchestration } from '../../session/client/ask-task-hub.js'
import type { SessionClient } from '../../session/client/session-client.js'
import { toPathSegment } from '../../session/client/to-path-segment.js'
import { sealInput } from '../../session/sealed-input.js'
import { followWorkflow, type WorkflowStreamEvent } from './follow-workflow.js'
import { type OpenQuestion, readOpenQuestions, wasAsked } from './pending-requests.js'
import { readJournal } from './read-journal.js'
import type { Cursor } from './stream-cursor.js'
import { findWaitingRuns, type WaitingRun } from './waiting-runs.js'
import type { WorkflowDefinition } from './workflow-definition.js'
import { answerEvent, toWorkflowOrchestrator } from './workflow-names.js'
import { findWorkflowRun, hasEnded, requireWorkflowRun, type WorkflowRun } from './workflow-run.js'
import { createWorkflowStart, type WorkflowStart } from './workflow-start.js'

/** Which run of which workflow, and who asks. */
export interface WorkflowRunKey {
  readonly workflow: WorkflowDefinition
  readonly instanceId: string
  readonly owner: string | undefined
}

/** Starts, reads, follows and answers runs of workflows: everything that callers outside of an orchestration do. */
export class WorkflowClient {
  readonly #durable: DurableClient
  readonly #sessions: SessionClient

  constructor(durable: DurableClient, sessions: SessionClient) {
    this.#durable = durable
    this.#sessions = sessions
  }

  /**
   * Starts a run. Repeating it with the same input finds the same run.
   * @throws {AgentError} `idempotency_conflict` when the id stands for a run with another input, or for one that was purged; `not_found` when for somebody else's; `budget_exhausted` when its owner has spent what they may.
   */
  async start(key: WorkflowRunKey, input: unknown): Promise<void> {
    const { workflow, instanceId, owner } = key
    const start = createWorkflowStart(input, { owner })
    if (await this.#isKnown(key, start)) return
    await this.#sessions.allowance?.pass(owner, async () => false)
    if (await this.#hasEvents(key)) {
      // They may be those of a run that was started a moment ago, and one that has ended since would be begun anew.
      if (await this.#isKnown(key, start)) return
      throw createPurgedError(instanceId)
    }
    const options = { instanceId: toPathSegment(instanceId), input: sealInput(start) }
    try {
      await askTaskHub(() => this.#durable.startNew(toWorkflowOrchestrator(workflow.name), options))
    } catch (error) {
      // A task hub takes an id once: of two callers at the same time the later one finds the other's run.
      if (!(await this.#isKnown(key, start))) throw error
    }
  }

  /** Security: a run under the id of one that was purged would show the events of that, which may have been somebody else's. */
  async #hasEvents({ instanceId }: WorkflowRunKey): Promise<boolean> {
    return (await readJournal(this.#durable, instanceId, -1)).length > 0
  }

  async #isKnown(key: WorkflowRunKey, start: WorkflowStart): Promise<boolean> {
    const { instanceId } = key
    if ((await askTaskHub(() => findOrchestration(this.#durable, instanceId))) === undefined) return false
    const run = await this.read(key)
    if (run.start.digest === start.digest) return true
    const message = `runId "${instanceId}" stands for a run with another input; use a new one for a new run.`
    throw new AgentError('idempotency_conflict', message)
  }

  /** @throws {AgentError} `not_found` when there is no such run of this workflow, or it is not the owner's. */
  async read({ workflow, instanceId, owner }: WorkflowRunKey): Promise<WorkflowRun> {
    const run = await findWorkflowRun(this.#durable, workflow, instanceId)
    return requireWorkflowRun(workflow, instanceId, run, owner)
  }

  /** A run, whoever it belongs to: for those who see to it themselves what a caller learns of it. @throws {AgentError} `not_found` */
  async readAny(workflow: WorkflowDefinition, instanceId: string): Promise<WorkflowRun> {
    const run = await findWorkflowRun(this.#durable, workflow, instanceId)
    return requireWorkflowRun(workflow, instanceId, run, run?.start.owner)
  }

  /** The runs of workflows, started since a time (ms since 1970), that may wait for a human, whoever they belong to; oldest first. */
  findWaiting(workflows: readonly WorkflowDefinition[], createdFrom: number): Promise<readonly WaitingRun[]> {
    return findWaitingRuns(this.#durable, workflows, createdFrom)
  }

  /** The questions that wait for a human. */
  async readQuestions(run: WorkflowRun): Promise<readonly OpenQuestion[]> {
    const questions = await readOpenQuestions(this.#durable, run)
    const now = systemClock.now()
    // The timer of a question may fire late, and takes no answer that comes after it.
    return questions.filter(({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > now)
  }

  /** The run when it has ended, or as it is when the signal aborts. */
  async waitForEnd(key: WorkflowRunKey, signal: AbortSignal): Promise<WorkflowRun> {
    for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 500)) {
      const run = await this.read(key)
      if (hasEnded(run) || signal.aborted) return run
      await pause(systemClock, pauseMs, signal)
    }
  }

  /** Answers a question. The first answer counts. @throws {AgentError} `invalid_request` listing what of the answer does not fit. */
  async answer({ spec, target }: OpenQuestion, answer: unknown): Promise<void> {
    const parsed = await parseWith(spec.response, answer)
    if (!parsed.ok) {
      const { issues } = parsed
      throw new AgentError('invalid_request', toIssueText(issues, 'body'), { issues })
    }
    const event = { requestId: target.requestId, answer: toJsonValue(parsed.value) }
    await askTaskHub(() => this.#durable.raiseEvent(toPathSegment(target.instanceId), answerEvent, event))
  }

  /** The events of a run and of everything that works for it, after a cursor. Ends with the run, or when the signal aborts. */
  follow(
    run: WorkflowRun,
    after: Cursor,
    signal: AbortSignal,
  ): AsyncIterable<readonly WorkflowStreamEvent[]> {
    return followWorkflow(
      { durable: this.#durable, sessions: this.#sessions, clock: systemClock },
      run.instanceId,
      after,
      signal,
    )
  }

  /** Why a question does not wait: `not_found` when it was never asked, `request_closed` when it takes no more answers. */
  async explainMissing(run: WorkflowRun, requestId: string): Promise<AgentError> {
    const name = `Run "${run.instanceId}" of workflow "${run.workflow.name}"`
    if (hasEnded(run)) return new AgentError('request_closed', `${name} has ended.`)
    if (await wasAsked(this.#durable, run.instanceId, requestId))
      return new AgentError('request_closed', `Request "${requestId}" takes no more answers.`)
    return new AgentError('not_found', `${name} has no request "${requestId}".`)
  }
}

function createPurgedError(instanceId: string): AgentError {
  const message = `runId "${instanceId}" stands for a run that was purged, and whose events are still there; use a new one for a new run.`
  return new AgentError('idempotency_conflict', message)
}
