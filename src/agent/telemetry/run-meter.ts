import type { Attributes } from '@opentelemetry/api'
import { genAi } from '../../model/telemetry/attributes.js'
import { createCounter, createHistogram, perProvider } from '../../model/telemetry/instruments.js'
import { isTerminal, type RunEvent, type StoredEvent, type TerminalEvent } from '../../run/events.js'
import type { AgentDefinition } from '../agent-definition.js'
import type { ObservedRun } from './observed-run.js'

/** From a tenth of a second to a week: runs may wait for humans. */
const waitBounds = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400, 604_800]

const getInstruments = perProvider((meter) => ({
  executions: createCounter(meter, 'durable_agent.run.executions', {
    description: 'How often runs were begun, or gone on with after a crash or a wait.',
    unit: '{execution}',
  }),
  duration: createHistogram(meter, 'durable_agent.run.duration', {
    description: 'Time from the acceptance of a run to its end, waits included.',
    unit: 's',
    advice: { explicitBucketBoundaries: waitBounds },
  }),
  approvals: createHistogram(meter, 'durable_agent.approval.wait', {
    description: 'Time from the question whether a tool may run to the decision.',
    unit: 's',
    advice: { explicitBucketBoundaries: waitBounds },
  }),
}))

/** Measures one execution of a run for those who operate the app. */
export class RunMeter {
  readonly #run: ObservedRun
  readonly #attributes: Attributes
  readonly #acceptedAt: number
  readonly #askedAt: Map<string, number>

  constructor(run: ObservedRun) {
    const { agent, events, clock } = run
    this.#run = run
    this.#attributes = { [genAi.agentName]: agent.name }
    this.#acceptedAt = events[0]?.at ?? clock.now()
    this.#askedAt = toAskedAt(events)
    const resumed = events.some(({ type }) => type === 'run.started')
    getInstruments().executions(1, { ...this.#attributes, 'durable_agent.run.resumed': resumed })
  }

  /** Takes note of what has been recorded. */
  note(event: RunEvent): void {
    if (event.type === 'approval.requested') this.#noteQuestion(event.data)
    else if (event.type === 'approval.decided') this.#measureWait(event.data)
    else if (isTerminal(event)) this.#measureEnd(event)
  }

  #measureEnd(event: TerminalEvent): void {
    const { agent, clock } = this.#run
    measureEnd({ agent, acceptedAt: this.#acceptedAt, endedAt: clock.now() }, event)
  }

  /** What another agent's run asks is measured there. */
  #noteQuestion({ approvalId, inner }: Extract<RunEvent, { type: 'approval.requested' }>['data']): void {
    if (inner === undefined) this.#askedAt.set(approvalId, this.#run.clock.now())
  }

  #measureWait({ approvalId, decision }: Extract<RunEvent, { type: 'approval.decided' }>['data']): void {
    const askedAt = this.#askedAt.get(approvalId)
    if (askedAt === undefined) return
    const attributes = { ...this.#attributes, 'durable_agent.approval.decision': decision }
    getInstruments().approvals(toSeconds(askedAt, this.#run.clock.now()), attributes)
  }
}

/** A run that ends. */
export interface EndingRun {
  readonly agent: Pick<AgentDefinition, 'name'>
  /** ms since 1970 UTC. */
  readonly acceptedAt: number | undefined
  /** ms since 1970 UTC. */
  readonly endedAt: number
}

/** Measures the end of a run, also of one that ends without being executed. */
export function measureEnd({ agent, acceptedAt, endedAt }: EndingRun, event: TerminalEvent): void {
  getInstruments().duration(toSeconds(acceptedAt ?? endedAt, endedAt), {
    [genAi.agentName]: agent.name,
    'durable_agent.run.outcome': event.type.replace('run.', ''),
    ...(event.type === 'run.failed' ? { 'error.type': event.data.code } : {}),
  })
}

/** None where the clocks of two machines differ by more than it took. */
function toSeconds(from: number, to: number): number {
  return Math.max(0, to - from) / 1000
}

/** When humans were asked about a run's own tools, by approval; ms since 1970 UTC. */
function toAskedAt(events: readonly StoredEvent[]): Map<string, number> {
  const askedAt = new Map<string, number>()
  for (const event of events) {
    if (event.type === 'approval.requested' && event.data.inner === undefined)
      askedAt.set(event.data.approvalId, event.at)
  }
  return askedAt
}
