import type { EntityHandler } from 'durable-functions'
import type { AgentDefinition } from '../../agent/agent-definition.js'
import { AgentError } from '../../core/errors.js'
import { toEntityName } from '../../session/agent-session-id.js'
import { accountEntity, createAccountEntity } from '../../session/allowance/account.js'
import { SessionClient } from '../../session/client/session-client.js'
import type { StoredState } from '../../session/state/stored-state.js'
import { sweep } from '../../session/watchdog/sweep.js'
import type { Actor } from './boundary.js'
import { createDurableClient } from './durable-client.js'
import { runOperations } from './entity-batch.js'
import { createGuardedRunLog } from './guarded-run-log.js'
import { type Activity, observeAgent } from './observed-agent.js'
import type { Batch, EntityName } from './task-hub.js'
import type { TestProcess } from './test-process.js'
import { sendMessage, type World } from './world.js'

/** The user's app as loaded by one process: its agents' entities, its callers' client and its watchdog. */
export class TestApp {
  readonly process: TestProcess
  readonly activity: Activity = { busy: 0 }
  readonly #world: World
  readonly #agents: readonly AgentDefinition[]
  readonly #entities = new Map<string, EntityHandler<StoredState>>()

  constructor(process: TestProcess, world: World) {
    this.process = process
    this.#world = world
    const made = world.createAgents(process.clock)
    this.#agents = 'client' in made ? [made] : made
  }

  get agents(): readonly AgentDefinition[] {
    return this.#agents
  }

  sessions(actor: Actor): SessionClient {
    const client = createDurableClient(this.#world, this.process, actor)
    return new SessionClient(client, this.#openLog(actor), {
      clock: this.process.clock,
      agents: this.#agents,
      allowance: this.#world.settings.allowance,
    })
  }

  /** Runs the operations of a batch, sends their signals, and only then commits: a crash in between sends them again. */
  async work(batch: Batch): Promise<void> {
    const cross = (name: string, type: 'read' | 'write', effect: () => unknown) =>
      this.process.cross({ actor: 'entity', name, type, canFail: false }, effect)
    await cross(`deliver ${batch.messages.map(({ operation }) => operation).join(', ')}`, 'read', () => {})
    const { hub, observations } = this.#world
    const { signals, state } = await runOperations(batch, this.#openEntity(batch.entity), observations)
    for (const { target, operation, input } of signals) {
      await cross(`signal ${operation} from the entity`, 'write', () =>
        sendMessage(this.#world, target, operation, input),
      )
    }
    await cross('commit the entity', 'write', () => hub.commit(batch, state, this.#world.clock.now()))
  }

  /** What the app's watchdog does when its timer fires. */
  async sweep(): Promise<void> {
    const sessions = this.sessions('watchdog')
    const { sessionTtlMs, runRetentionMs } = this.#world.settings
    await sweep({
      log: this.#openLog('watchdog'),
      agents: this.#agents,
      signal: (key, operation, input) => {
        if (operation === 'delete') this.#world.observations.forgetting(key)
        return sessions.entities.signal(key, operation, input)
      },
      stallMs: 60_000,
      maxAttempts: 10,
      sessionTtlMs,
      runRetentionMs,
      now: this.process.clock.now(),
    })
  }

  #openLog(actor: Actor) {
    const { log, observations, watchers } = this.#world
    return createGuardedRunLog({ log, process: this.process, actor, observations, watchers })
  }

  #openEntity({ name, key }: EntityName): EntityHandler<StoredState> {
    if (name === accountEntity) return this.#openAccount()
    const id = `@${name}@${key}`
    const entity = this.#entities.get(id) ?? this.#createEntity(name, key)
    this.#entities.set(id, entity)
    return entity
  }

  /** Entities of all kinds are run alike: their states are JSON. */
  #openAccount(): EntityHandler<StoredState> {
    const { allowance } = this.#world.settings
    if (allowance === undefined) throw new AgentError('not_found', 'No allowance is set.')
    return createAccountEntity(allowance, this.process.clock) as unknown as EntityHandler<StoredState>
  }

  #createEntity(name: string, session: string): EntityHandler<StoredState> {
    const agent = this.#agents.find((one) => toEntityName(one.name) === name)
    if (agent === undefined) throw new AgentError('not_found', `No agent has the entity "${name}".`)
    const { observations, createEntity, limits, settings } = this.#world
    const observer = {
      observations,
      activity: this.activity,
      process: this.process.number,
      session: { agent: agent.name, session },
    }
    return createEntity({
      agent: observeAgent(agent, observer),
      log: this.#openLog('entity'),
      limits,
      allowance: settings.allowance,
      clock: this.process.clock,
    })
  }
}
