import { toErrorMessage } from '../../../core/errors.js'
import type { Claim } from '../hub/hub-message.js'
import type { HistoryRow, Instance } from '../hub/instance-table.js'
import type { RunnerOptions } from '../work/runner-options.js'
import type { WorkQueue } from '../work/work-queue.js'
import { commitEpisode } from './commit-episode.js'
import { terminateEpisode, toReasonJson } from './episode.js'
import { type EpisodeBatch, type EventMessage, readEpisodeBatch } from './episode-batch.js'
import { HistoryCache } from './history/history-cache.js'
import { countActions } from './history/history-episodes.js'
import { eventTypes, toEpisodeEnd, toEpisodeStart } from './history/history-event.js'
import { type AskOptions, askOrchestrator } from './orchestrator/ask-orchestrator.js'

export type OrchestrationRunnerOptions = RunnerOptions & AskOptions

type BatchOf<K extends EpisodeBatch['kind']> = Extract<EpisodeBatch, { readonly kind: K }>

/** Runs orchestrations: one episode at a time per instance, each with all the events that have come in by then. */
export class OrchestrationRunner {
  readonly #options: OrchestrationRunnerOptions
  readonly #queue: WorkQueue
  readonly #histories: HistoryCache

  constructor(options: OrchestrationRunnerOptions) {
    this.#options = options
    this.#histories = new HistoryCache(options.hub.instances)
    const { functions, maxConcurrent, dispatcher } = options
    this.#queue = dispatcher.serve({
      kind: 'orchestration',
      names: [...functions.keys()],
      maxConcurrent,
      // The messages are read after the commit: what came in with the same flush is handled in the same episode.
      begin: (claim) => () => void this.#tryRun(claim),
    })
  }

  async #tryRun(claim: Claim): Promise<void> {
    try {
      await this.#run(claim)
    } catch (error) {
      this.#options.log('error', `${claim.target}: the episode is tried again: ${toErrorMessage(error)}`)
      await this.#queue.postpone(claim, 0)
    }
  }

  async #run(claim: Claim): Promise<void> {
    const { hub, now } = this.#options
    const batch = readEpisodeBatch(hub, this.#histories, claim.target, now())
    switch (batch.kind) {
      case 'episode':
        return this.#runEpisode(claim, batch, batch.messages)
      case 'suspend':
      case 'resume':
        return this.#switch(claim, batch)
      case 'suspended':
        return this.#queue.commit(claim, () => {
          hub.consumeMessages(claim.target, batch.redundant)
          hub.park(claim.target, now())
          return undefined
        })
      case 'void':
        return this.#queue.commit(claim, () => {
          hub.consumeMessages(claim.target, batch.stale)
          return undefined
        })
    }
  }

  /** Handles the first messages of a batch; what is left stays in the mailbox. */
  async #runEpisode(
    claim: Claim,
    batch: BatchOf<'episode'>,
    messages: readonly EventMessage[],
  ): Promise<void> {
    const { hub, now } = this.#options
    const { instance, history, stale } = batch
    const startedAt = toStartTime(instance, history, now())
    const news = [toEpisodeStart(startedAt), ...messages.map(({ row }) => row)]
    const ending = news.find(({ type }) => type === eventTypes.executionTerminated)
    const situation = { instance, history, news }
    const episode = ending
      ? terminateEpisode(situation, readReason(ending.event))
      : await askOrchestrator(situation, this.#options)
    if ('cutAfter' in episode) return this.#runEpisode(claim, batch, messages.slice(0, episode.cutAfter))
    if (episode.end.kind !== 'open') this.#histories.forget(instance.execution)
    return this.#queue.commit(claim, (outbox) => {
      hub.consumeMessages(claim.target, [...messages, ...stale])
      commitEpisode({ hub, outbox, instance, episode, now: Math.max(now(), startedAt) })
      return undefined
    })
  }

  /** Stops an orchestration or lets it go on, which its function does not see. */
  #switch(claim: Claim, { kind, instance, message }: BatchOf<'suspend' | 'resume'>): Promise<void> {
    const { hub, now } = this.#options
    return this.#queue.commit(claim, () => {
      hub.consumeMessages(claim.target, [message])
      if (!this.#isCurrent(instance)) return undefined
      const actionCount = countActions(hub.instances.readHistory(instance.execution))
      const rows = [toEpisodeStart(now()), message.row, toEpisodeEnd(now(), actionCount)]
      hub.instances.appendHistory(instance.execution, rows)
      const status = kind === 'suspend' ? 'Suspended' : 'Running'
      // Until there is a real one, the reason stands where the output will (Durable Task framework: Azure Storage).
      const { Reason: reason } = JSON.parse(message.row.event) as { Reason: string | null }
      hub.instances.write({ ...instance, status, output: toReasonJson(reason), updatedAt: now() })
      if (kind === 'resume') hub.unpark(claim.target)
      return undefined
    })
  }

  #isCurrent({ id, execution }: Instance): boolean {
    return this.#options.hub.instances.readHead(id)?.execution === execution
  }
}

/**
 * When an episode begins; epoch milliseconds. The client library makes GUIDs of the id and this time: those of an execution that
 * follows another within a millisecond would be those of the other.
 */
function toStartTime({ updatedAt }: Instance, history: readonly HistoryRow[], now: number): number {
  return history.length === 0 ? Math.max(now, updatedAt + 1) : now
}

function readReason(event: string): string | null {
  return (JSON.parse(event) as { Input: string | null }).Input
}
