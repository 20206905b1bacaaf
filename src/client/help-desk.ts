import { describeGiven } from '../core/check-options.js'
import type { Clock } from '../core/clock.js'
import { AgentError, hasCode, toErrorMessage } from '../core/errors.js'
import { isJsonObject, type JsonObject } from '../core/json.js'
import { raceAbort } from '../core/race-abort.js'
import { type RunAddress, toApprovalPath, toResultsPath, toRunPath } from '../core/session-paths.js'
import type { ApprovalRequested, RunEvent } from '../run/events.js'
import type { OpenCall } from '../run/waiting.js'
import type { AppConnection } from './app-connection.js'
import { type ClientTool, type ClientToolOutcome, findTool } from './client-tool.js'
import { outlast } from './outage.js'
import type { RemoteDecision, RunHelpers } from './session-options.js'

/** A run that is to be seen. */
export interface SeenRun extends RunHelpers {
  readonly app: AppConnection
  readonly address: RunAddress
  /** What begins the run; `undefined` for one that has begun. */
  readonly body: JsonObject | undefined
  readonly clock: Clock
  readonly patienceMs: number | undefined
  readonly signal: AbortSignal | undefined
  readonly onEvent: (event: RunEvent) => void
}

/** A run that is being seen; the signal aborts when nobody here waits for it any more. */
export interface WatchedRun extends SeenRun {
  readonly signal: AbortSignal
}

/** What a run asks. */
export interface Questions {
  readonly approvals: readonly ApprovalRequested[]
  readonly toolCalls: readonly OpenCall[]
}

/** Puts what a run asks to whom there is here to answer it, each question once. */
export class HelpDesk {
  readonly #run: WatchedRun
  /** What was put to somebody here: settles when the app has the answer. */
  readonly #put = new Map<string, Promise<void>>()
  /** The approvals that are not for anybody here to decide. */
  readonly #refused = new Set<string>()
  /** A human is asked one thing at a time. */
  #human: Promise<void> = Promise.resolve()

  constructor(run: WatchedRun) {
    this.#run = run
  }

  /** Resolves when all is answered that somebody here can answer; gives the rest. @throws what one of them throws, or the signal's reason. */
  async answer(): Promise<Questions> {
    const { signal, tools = [], onApproval } = this.#run
    const { approvals, toolCalls } = await this.#readQuestions()
    const asked = approvals.map(
      (one) => onApproval && this.#once(one.approvalId, () => this.#queue(one, onApproval)),
    )
    const called = toolCalls.map((call) => {
      const tool = findTool(tools, call)
      return tool && this.#once(call.callId, () => this.#carryOut(call, tool))
    })
    // Neither a tool nor a human need listen to the signal.
    await raceAbort(Promise.all([...asked, ...called]), signal)
    const theirs = approvals.filter(({ approvalId }) => this.#refused.has(approvalId))
    return {
      approvals: [
        ...approvals.filter(({ approvalId }) => !this.#put.has(approvalId)),
        ...(await this.#leaveOutDecided(theirs)),
      ],
      toolCalls: toolCalls.filter(({ callId }) => !this.#put.has(callId)),
    }
  }

  /** Whoever may decide may have done so by now. */
  async #leaveOutDecided(theirs: readonly ApprovalRequested[]): Promise<readonly ApprovalRequested[]> {
    if (theirs.length === 0) return []
    const { approvals } = await this.#readQuestions()
    return theirs.filter(({ approvalId }) => approvals.some((open) => open.approvalId === approvalId))
  }

  async #readQuestions(): Promise<Questions> {
    const { app, address, signal } = this.#run
    const path = toRunPath(address)
    const standing = await outlast(this.#run, () => app.readJson<Partial<Questions>>(path, { signal }))
    const { approvals = [], toolCalls = [] } = standing
    return { approvals, toolCalls }
  }

  #once(id: string, answer: () => Promise<void>): Promise<void> {
    const put = this.#put.get(id) ?? answer()
    this.#put.set(id, put)
    return put
  }

  #queue(approval: ApprovalRequested, ask: NonNullable<RunHelpers['onApproval']>): Promise<void> {
    this.#human = this.#human.then(() => this.#decide(approval, ask))
    return this.#human
  }

  async #decide(approval: ApprovalRequested, ask: NonNullable<RunHelpers['onApproval']>): Promise<void> {
    const decision = await ask(approval)
    checkDecision(decision)
    const path = toApprovalPath(this.#run.address, approval.approvalId)
    try {
      await this.#send(path, decision, 'approval_already_decided')
    } catch (error) {
      if (!hasCode(error, 'forbidden')) throw error
      this.#refused.add(approval.approvalId)
    }
  }

  async #carryOut({ callId, arguments: args }: OpenCall, tool: ClientTool): Promise<void> {
    const outcome = await tool.execute(args, { callId, signal: this.#run.signal })
    try {
      await this.#report(callId, outcome)
    } catch (error) {
      if (!hasCode(error, 'payload_too_large') && !hasCode(error, 'invalid_request')) throw error
      await this.#report(callId, { error: `The result was not taken. ${toErrorMessage(error)}` })
    }
  }

  #report(callId: string, outcome: ClientToolOutcome): Promise<void> {
    const results = [{ callId, ...outcome }]
    return this.#send(toResultsPath(this.#run.address), { results }, 'result_already_reported')
  }

  /** Tells the run something; that somebody else was first is no failure. */
  async #send(
    path: string,
    body: unknown,
    tooLate: 'approval_already_decided' | 'result_already_reported',
  ): Promise<void> {
    const { app, signal } = this.#run
    try {
      await outlast(this.#run, () => app.readText(path, { method: 'POST', body, signal }))
    } catch (error) {
      if (!hasCode(error, tooLate)) throw error
    }
  }
}

/** Programs without types return what the app would refuse without saying where it comes from. */
function checkDecision(given: RemoteDecision): void {
  if (isJsonObject(given) && (given.decision === 'approve' || given.decision === 'reject')) return
  const what = isJsonObject(given) ? `the decision ${describeGiven(given.decision)}` : describeGiven(given)
  throw new AgentError(
    'invalid_configuration',
    `onApproval must give { decision: 'approve' } or { decision: 'reject' }, not ${what}.`,
  )
}
