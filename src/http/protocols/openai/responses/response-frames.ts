import type { ResponseStreamEvent } from 'openai/resources/responses/responses'

type WithoutNumber<Event> = Event extends unknown ? Omit<Event, 'sequence_number'> : never

/**
 * One event of a response's stream, before it is numbered. Source: OpenAI API reference, "Responses streaming events", as
 * the `openai` package types them.
 */
export type Frame = WithoutNumber<Exclude<ResponseStreamEvent, LifecycleEvent>>

type LifecycleEvent = Extract<ResponseStreamEvent, { readonly response: unknown }>

/** The types of the events that tell of the response as a whole. */
export type LifecycleType = LifecycleEvent['type']
