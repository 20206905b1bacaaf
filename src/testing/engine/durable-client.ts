import type { DurableClient, EntityId } from 'durable-functions'
import { AgentError } from '../../core/errors.js'
import { toEntityName } from '../../session/agent-session-id.js'
import { type ScheduledSending, scheduleOrchestrator } from '../../session/scheduled/scheduled-messages.js'
import type { Actor, Boundary } from './boundary.js'
import type { TestProcess } from './test-process.js'
import { sendMessage, type World } from './world.js'

/** Reads that are stale lag behind by no more than this; ms. */
const lagMs = 500

/** A process's way to the entities: the part of a durable client that sessions use. Keys come as they stand in URLs. */
export function createDurableClient(world: World, process: TestProcess, actor: Actor): DurableClient {
  const boundary = (name: string, type: Boundary['type']): Boundary => ({ actor, name, type, canFail: true })
  const client: Pick<DurableClient, 'signalEntity' | 'readEntityState' | 'startNew'> = {
    signalEntity: (id, operation = '', input) =>
      process.cross(boundary(`signal ${operation}`, 'write'), () =>
        sendMessage(world, decode(id), operation, input),
      ),
    readEntityState: (id) => process.cross(boundary('read entity', 'read'), () => readState(world, id)),
    startNew: (name, { instanceId = '', input } = {}) =>
      process.cross(boundary(`start ${name}`, 'write'), () => {
        startTimer(world, name, input as ScheduledSending)
        return instanceId
      }),
  }
  return client as DurableClient
}

/** Of orchestrations there is the one alone that waits until a message is to be sent. */
function startTimer(world: World, name: string, { agent, session, ...message }: ScheduledSending): void {
  if (name !== scheduleOrchestrator)
    throw new AgentError('invalid_configuration', `The test kit has no orchestration "${name}".`)
  const target = { name: toEntityName(agent), key: session }
  sendMessage(world, target, 'send', message, Math.max(world.clock.now(), Date.parse(message.sendAt)))
}

/** The same without boundaries, and never stale: for the kit's own look. */
export function createDirectClient({ hub }: World): DurableClient {
  const client: Pick<DurableClient, 'readEntityState'> = {
    async readEntityState(id) {
      const { state } = hub.open(decode(id))
      return {
        entityExists: state !== undefined,
        entityState: state === undefined ? undefined : JSON.parse(state),
      }
    },
  }
  return client as DurableClient
}

function readState<T>({ hub, clock, disturber }: World, id: EntityId) {
  const { state, previousState, committedAt } = hub.open(decode(id))
  const isStale = clock.now() - committedAt < lagMs && disturber.isStale()
  const text = isStale ? previousState : state
  return {
    entityExists: text !== undefined,
    entityState: text === undefined ? undefined : (JSON.parse(text) as T),
  }
}

function decode({ name, key }: EntityId): { readonly name: string; readonly key: string } {
  return { name, key: decodeURIComponent(key) }
}
