import type { FunctionDefinition, FunctionInvoker } from '../../functions.js'
import type { DurableLog } from '../durable-log.js'
import { isOver } from '../instance-status.js'
import type { HistoryRow, Instance } from '../instance-table.js'
import type { Claim, StoredMessage, TaskHub } from '../task-hub.js'
import type { WorkDispatcher } from '../work-dispatcher.js'
import type { WorkQueue } from '../work-queue.js'
import { commitEpisode } from './commit-episode.js'
import { concludeEpisode, type Episode, failEpisode } from './episode.js'
import { eventTypes, toEpisodeStart, toHistoryRow } from './history-event.js'
import { defaultPollMs } from './http-poll.js'
import { NonDeterministicError } from './non-determinism.js'
import { toOrchestrationTrigger } from './orchestration-trigger.js'
import { type OrchestratorAnswer, parseOrchestratorAnswer } from './orchestrator-answer.js'
import { type ReplayResult, replay } from './replay.js'

export interface OrchestrationRunnerOptions {
  readonly hub: TaskHub
  readonly dispatcher: WorkDispatcher
  readonly invoker: FunctionInvoker
  /** The orchestrator functions that this process has, by lower-case name. */
  readonly functions: ReadonlyMap<string, FunctionDefinition>
  /** True when this app can do what the decision asks for. */
  readonly knows: (decision: Episode['decisions'][number]) => boolean
  readonly maxConcurrent: number
  /** How many actions one execution may ask for. */
  readonly maxActions: number
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly log: DurableLog
}

/** What an episode starts from. */
interface Batch {
  readonly claim: Claim
  readonly instance: Instance
  readonly history: readonly HistoryRow[]
  /** In the order in which they are to be handled. */
  readonly messages: readonly StoredMessage[]
  /** Meant for an execution that is no more. */
  readonly stale: readonly StoredMessage[]
}

/** Runs orchestrations: one episode at a time per instance, each with all the events that have come in by then. */
export class OrchestrationRunner {
  readonly #options: OrchestrationRunnerOptions
  readonly #queue: WorkQueue

  constructor(options: OrchestrationRunnerOptions) {
    this.#options = options
    const { functions, maxConcurrent, dispatcher } = options
    this.#queue = dispatcher.serve({
      kind: 'orchestration',
      names: [...functions.keys()],
      maxConcurrent,
      // The messages are read after the commit: what came in with the same flush is handled in the same episode.
      begin: (claim) => () => void this.#run(claim),
    })
  }

  async #run(claim: Claim): Promise<void> {
    const { hub } = this.#options
    const batch = this.#read(claim)
    if ('leftovers' in batch) {
      return this.#queue.commit(claim, () => hub.consumeMessages(batch.leftovers))
    }
    await this.#runEpisode(batch, batch.messages)
  }

  #read(claim: Claim): Batch | { readonly leftovers: readonly StoredMessage[] } {
    const { hub, now } = this.#options
    const messages = hub.readMessages(claim.target, now())
    const instance = hub.instances.read(claim.target)
    if (instance === undefined || isOver(instance.status)) return { leftovers: messages }
    const isCurrent = ({ execution }: StoredMessage) =>
      execution === undefined || execution === instance.execution
    const current = messages.filter(isCurrent)
    const stale = messages.filter((message) => !isCurrent(message))
    if (current.length === 0) return { leftovers: stale }
    const history = hub.instances.readHistory(instance.execution)
    return { claim, instance, history, messages: toArrivalOrder(current), stale }
  }

  /** Handles the first messages of a batch; what is left stays in the mailbox. */
  async #runEpisode(batch: Batch, messages: readonly StoredMessage[]): Promise<void> {
    const { instance, history, claim } = batch
    const news = [
      toEpisodeStart(this.#options.now()),
      ...messages.map(({ input }) => toHistoryRow(input ?? '')),
    ]
    const episode = toTermination(instance, history, news) ?? (await this.#ask(instance, history, news))
    if ('cutAfter' in episode) return this.#runEpisode(batch, messages.slice(0, episode.cutAfter))
    await this.#queue.commit(claim, (outbox) => {
      const { hub, now } = this.#options
      hub.consumeMessages([...messages, ...batch.stale])
      commitEpisode({ hub, outbox, instance, episode, now: now() })
    })
  }

  /** Has the orchestrator function replay its history and see what is new. */
  async #ask(
    instance: Instance,
    history: readonly HistoryRow[],
    news: readonly HistoryRow[],
  ): Promise<Episode | { readonly cutAfter: number }> {
    const answer = await this.#invoke(instance, history, news)
    const actionCount = answer.actions.length
    if (actionCount > this.#options.maxActions) {
      const message = `Maximum amount of orchestration actions (${this.#options.maxActions}) has been reached.`
      return failEpisode(instance, news, actionCount, message)
    }
    try {
      const { execution } = instance
      const replayed = replay({ execution, actions: answer.actions, history, news })
      if (replayed.cutAfter !== undefined) return { cutAfter: replayed.cutAfter }
      this.#report(instance, answer, replayed)
      const decisions = replayed.decisions.filter((decision) => this.#isKnown(instance, decision))
      return concludeEpisode(instance, news, answer, { ...replayed, decisions })
    } catch (error) {
      if (!(error instanceof NonDeterministicError)) throw error
      return failEpisode(instance, news, actionCount, error.message)
    }
  }

  async #invoke(
    instance: Instance,
    history: readonly HistoryRow[],
    news: readonly HistoryRow[],
  ): Promise<OrchestratorAnswer> {
    const { invoker, functions } = this.#options
    const definition = functions.get(instance.name.toLowerCase())
    if (definition === undefined) throw new Error(`The orchestrator function '${instance.name}' is gone.`)
    const outcome = await invoker.invoke(definition, {
      input: toOrchestrationTrigger(instance, history, news, defaultPollMs),
      triggerMetadata: { instanceId: { string: instance.id } },
      reason: '(null)',
    })
    return parseOrchestratorAnswer(outcome)
  }

  #report(instance: Instance, answer: OrchestratorAnswer, { warnings, hasOpenTasks }: ReplayResult): void {
    const hang = (what: string) =>
      this.#options.log('warning', `[would hang in Azure] The orchestration '${instance.id}': ${what}.`)
    for (const warning of warnings) hang(warning)
    if (answer.isStuck) hang('its function threw something that is no Error with a message')
    if ((answer.isDone || answer.failure) && hasOpenTasks && !warnings.length) {
      hang('its function has ended, but timers or tasks that it started have not; they are waited for')
    }
  }

  #isKnown(instance: Instance, decision: Episode['decisions'][number]): boolean {
    if (this.#options.knows(decision)) return true
    const name = 'name' in decision ? decision.name : 'entity' in decision ? decision.entity.name : ''
    this.#options.log(
      'error',
      `[would hang in Azure] The orchestration '${instance.id}' asks for the function '${name}', which this app does not have; it waits for ever.`,
    )
    return false
  }
}

/** A start comes first, whatever else waits; timers stand where they were due among the others, which keep their order. */
function toArrivalOrder(messages: readonly StoredMessage[]): StoredMessage[] {
  const isStart = ({ input }: StoredMessage) => toHistoryRow(input ?? '').type === eventTypes.executionStarted
  const starts = messages.filter(isStart)
  const timers = messages.filter(({ visibleAt }) => visibleAt > 0).sort((a, b) => a.visibleAt - b.visibleAt)
  const others = messages.filter((message) => message.visibleAt === 0 && !isStart(message))
  const ordered = [...starts]
  for (const message of others) {
    const at = readTime(message)
    while (timers[0] !== undefined && timers[0].visibleAt <= at) ordered.push(...timers.splice(0, 1))
    ordered.push(message)
  }
  return [...ordered, ...timers]
}

function readTime({ input }: StoredMessage): number {
  return Date.parse((JSON.parse(input ?? '{}') as { Timestamp: string }).Timestamp)
}

/** An orchestration that somebody has ended is not asked any more. */
function toTermination(
  instance: Instance,
  history: readonly HistoryRow[],
  news: readonly HistoryRow[],
): Episode | undefined {
  const terminated = news.find(({ type }) => type === eventTypes.executionTerminated)
  if (terminated === undefined) return undefined
  const { Input } = JSON.parse(terminated.event) as { Input: string }
  const actionCount = history.at(-1)?.task ?? 0
  const end = { kind: 'over', status: 'Terminated', output: JSON.stringify(Input) } as const
  const { customStatus } = instance
  return { news, decisions: [], canceledTimers: [], actionCount, customStatus, end }
}
