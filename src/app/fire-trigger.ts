import type { InvocationContext } from '@azure/functions'
import type { Agent } from '../agent/agent.js'
import { withInvocationTrace } from '../agent/telemetry/invocation-trace.js'
import { describeGiven } from '../core/check-options.js'
import { AgentError } from '../core/errors.js'
import { type ChatMessage, createTextMessage } from '../core/messages.js'
import { withinMs } from '../core/work-limit.js'
import { parseId, parseSessionId } from '../http/ids.js'
import { runDelivery } from '../session/client/run-delivery.js'
import { createRunRequest } from '../session/client/run-request.js'
import type { Made, TriggerEvent, TriggerOptions } from './agent-trigger.js'
import type { SessionClients } from './session-clients.js'

/** Leaves room in a correlation id for what tells apart the runs of a message that is delivered again. */
const maxIdLength = 120

export interface TriggerServices {
  readonly clients: SessionClients
  /** How long a function waits for its run; ms. The run goes on after that all the same. */
  readonly waitMs: number
}

/** One firing of a trigger. */
export interface Firing<Item> {
  readonly agent: Agent
  readonly trigger: TriggerOptions<Item>
  /** Begins the name of a session that the trigger does not name. */
  readonly label: string
  readonly services: TriggerServices
  readonly item: Item
  readonly event: TriggerEvent
  readonly context: InvocationContext
  /** What the agent is told unless the trigger says otherwise. */
  readonly text: (item: Item) => string
}

/** Runs the agent for what a trigger has fired for. @throws {AgentError} with the code that the run failed with. */
export function fireTrigger<Item>(firing: Firing<Item>): Promise<void> {
  return withInvocationTrace(firing.context, undefined, () => fire(firing))
}

async function fire<Item>(firing: Firing<Item>): Promise<void> {
  const { agent, trigger, label, services, item, event, context } = firing
  const { onAnswer, metadata } = trigger
  const makeText = async (option: 'id' | 'sessionId' | 'owner') => {
    const text = await make(trigger[option], item, event)
    checkMade(option, text)
    return text ?? undefined
  }
  const id = parseId('id', (await makeText('id')) ?? event.id, maxIdLength)
  const session = parseSessionId((await makeText('sessionId')) ?? `${label}-${id}`)
  const message = (await make(trigger.message, item, event)) ?? firing.text(item)
  const owner = await makeText('owner')
  const request = createRunRequest({ messages: toMessages(message), owner, metadata })
  const delivery = { session: { agent: agent.name, session }, id, request }
  const sessions = services.clients.get(context)
  const answer = await withinMs(services.waitMs, (signal) => runDelivery(sessions, delivery, signal))
  if (answer !== undefined) await onAnswer?.(answer, event)
}

function make<Item, Value>(
  made: Made<Item, Value> | undefined,
  item: Item,
  event: TriggerEvent,
): Value | undefined | Promise<Value> {
  return typeof made === 'function'
    ? (made as (item: Item, event: TriggerEvent) => Value | Promise<Value>)(item, event)
    : made
}

function toMessages(message: string | readonly ChatMessage[]): readonly ChatMessage[] {
  if (typeof message === 'string') return [createTextMessage('user', message)]
  if (!Array.isArray(message)) checkMade('message', message)
  return message
}

/** What is made of something from elsewhere may be anything. @throws {AgentError} `invalid_request` naming the option. */
function checkMade(option: string, made: unknown): void {
  if (made === undefined || made === null || typeof made === 'string') return
  throw new AgentError('invalid_request', `${option} of a trigger must be text, not ${describeGiven(made)}.`)
}
