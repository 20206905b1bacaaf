import { z } from 'zod'
import { AgentError } from '../../core/errors.js'
import { parseJson } from '../../core/json.js'
import type { ServerSentEvent } from '../../core/sse.js'

const stepText = z.object({ step: z.number(), text: z.string() })

/** A tool call that waits for a human, as the app tells it. */
export const openApproval = z.object({
  approvalId: z.string(),
  name: z.string(),
  arguments: z.unknown(),
  reason: z.string().optional(),
  approvers: z.number().optional(),
  approvedBy: z.array(z.string()).optional(),
  expiresAt: z.string().optional(),
})

export type OpenApproval = z.infer<typeof openApproval>

/** The events that a chat does something about, with the members that it reads (docs/http.md, Events). */
const knownEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message.delta'), data: stepText }),
  z.object({ type: z.literal('step.reset'), data: z.object({ step: z.number() }) }),
  z.object({ type: z.literal('answer.rejected'), data: z.object({ step: z.number() }) }),
  z.object({
    type: z.literal('tool.started'),
    data: z.object({ callId: z.string(), name: z.string(), arguments: z.unknown(), attempt: z.number() }),
  }),
  z.object({
    type: z.literal('tool.completed'),
    data: z.object({ callId: z.string(), error: z.string().optional(), durationMs: z.number() }),
  }),
  z.object({
    type: z.literal('approval.requested'),
    data: z.object({ callId: z.string(), name: z.string() }),
  }),
  z.object({
    type: z.literal('approval.decided'),
    data: z.object({ approvalId: z.string(), decision: z.string(), by: z.string().optional() }),
  }),
  z.object({ type: z.literal('run.parked'), data: z.object({ reason: z.string() }) }),
  z.object({
    type: z.literal('run.completed'),
    data: z.object({ response: z.string(), finishReason: z.string().optional() }),
  }),
  z.object({ type: z.literal('run.failed'), data: z.object({ detail: z.string(), code: z.string() }) }),
  z.object({ type: z.literal('run.cancelled'), data: z.object({ reason: z.string() }) }),
])

const knownTypes: ReadonlySet<string> = new Set(knownEvent.options.map(({ shape }) => shape.type.value))

export type KnownEvent = z.infer<typeof knownEvent>

/** An event of a run with its place in the run's log. */
export interface PlacedEvent {
  /** Dense, from 0 within the run. */
  readonly id: number
  /** Absent for an event that a chat does nothing about. */
  readonly event?: KnownEvent | undefined
}

/** Reads an event off the wire. @throws {AgentError} when it is none of a run. */
export function parseRunEvent({ id, event: type = '', data }: ServerSentEvent): PlacedEvent {
  if (id === undefined || !/^\d{1,15}$/.test(id)) throw createForeignError(type)
  if (!knownTypes.has(type)) return { id: Number(id) }
  const { success, data: event } = knownEvent.safeParse({ type, data: parseJson(data) })
  if (!success) throw createForeignError(type)
  return { id: Number(id), event }
}

function createForeignError(type: string): AgentError {
  const message = `The app sent an event ("${type}") that is not as a run's events are: is --url that of an app of this library?`
  return new AgentError('internal', message)
}
