import { toHexId } from '../../../core/hex-id.js'
import type { RunKey } from '../../../run/run-log.js'
import type {
  AgentScopeError,
  AgentScopeEvent,
  AgentScopeStatus,
  AgentScopeUsage,
  ContentEvent,
  MessageEvent,
  MessageType,
  Payload,
} from './agentscope-events.js'
import { toResponseId } from './response-id.js'

type MessageHead = Pick<MessageEvent, 'id' | 'type' | 'role'>

interface OpenMessage extends MessageHead {
  readonly text: string
}

/** What is said of a response beside its output. */
export interface ResponseFields {
  readonly error?: AgentScopeError
  readonly usage?: AgentScopeUsage
  /** Milliseconds since 1970 UTC. */
  readonly completedAt?: number
}

/**
 * Numbers the events of one response, and keeps what it has told. What a step tells is certain only when the step has
 * ended: until then all of it may become void.
 */
export class ResponseWriter {
  readonly #key: RunKey
  #events: AgentScopeEvent[] = []
  #next = 0
  #createdAt = 0
  #messages = 0
  #open: OpenMessage | undefined
  #step: readonly MessageEvent[] = []
  #lastStep: readonly MessageEvent[] = []
  #output: readonly MessageEvent[] = []

  constructor(key: RunKey) {
    this.#key = key
  }

  /** Gives the events written since it was last asked. */
  take(): readonly AgentScopeEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  /** Says when the response was asked for; ms since 1970 UTC. */
  setCreation(at: number): void {
    this.#createdAt = at
  }

  writeResponse(status: AgentScopeStatus, { error, usage, completedAt }: ResponseFields = {}): void {
    this.#number((sequence_number) => ({
      sequence_number,
      object: 'response',
      status,
      error: error ?? null,
      id: toResponseId(this.#key),
      created_at: toSeconds(this.#createdAt),
      completed_at: completedAt === undefined ? null : toSeconds(completedAt),
      output: usage === undefined && this.#output.length === 0 ? null : this.#output,
      usage: usage ?? null,
      session_id: this.#key.session,
    }))
  }

  /** Whether the step under way has told a message of that type, or any. */
  hasTold(type?: MessageType): boolean {
    const told = this.#open === undefined ? this.#step : [...this.#step, this.#open]
    return told.some((message) => type === undefined || message.type === type)
  }

  /** Adds a piece of text to the message of that type that is open, or to a new one. */
  writeDelta(type: MessageType, text: string): void {
    if (this.#open !== undefined && this.#open.type !== type) this.closeMessage('completed')
    const open = this.#open ?? { ...this.#begin(type, 'assistant'), text: '' }
    this.#open = { ...open, text: open.text + text }
    this.#writeContent(open, { type: 'text', text }, 'in_progress')
  }

  /** Ends the message that is open, if one is. */
  closeMessage(status: AgentScopeStatus): void {
    if (this.#open === undefined) return
    const { text, ...head } = this.#open
    this.#open = undefined
    this.#step = [...this.#step, this.#end(head, { type: 'text', text }, status)]
  }

  /** A message that is there all at once. */
  writeMessage(type: MessageType, payload: Payload, role: MessageHead['role'] = 'assistant'): void {
    this.#step = [...this.#step, this.#end(this.#begin(type, role), payload, 'completed')]
  }

  /** Makes what the step has told part of the output. */
  endStep(): void {
    this.#output = [...this.#output, ...this.#step]
    this.#lastStep = this.#step
    this.#step = []
  }

  /** Takes back what the step under way has told. */
  voidStep(): void {
    for (const message of this.#step) this.#void(message)
    if (this.#open !== undefined) this.#void(this.#open)
    this.#open = undefined
    this.#step = []
  }

  /** Takes back what the last step has told, although it had ended. */
  voidLastStep(): void {
    for (const message of this.#lastStep) this.#void(message)
    this.#output = this.#output.filter((message) => !this.#lastStep.includes(message))
    this.#lastStep = []
  }

  /** Puts other words in the place of the last step's answer; adds them when there was none. */
  changeAnswer(text: string): void {
    const answer = this.#lastStep.findLast(({ type }) => type === 'message')
    if (answer === undefined) {
      this.writeMessage('message', { type: 'text', text })
      this.endStep()
    } else {
      const changed = this.#end(answer, { type: 'text', text }, 'completed')
      this.#output = this.#output.map((message) => (message === answer ? changed : message))
    }
  }

  /** A whole that is empty takes the place of what was told. */
  #void(message: MessageHead): void {
    this.#end(message, { type: 'text', text: '' }, 'incomplete')
  }

  /** Ids come from the run's name, so that they are the same whenever it is told. */
  #begin(type: MessageType, role: MessageHead['role']): MessageHead {
    const { agent, session, run } = this.#key
    const id = `msg_${toHexId(JSON.stringify([agent, session, run, this.#messages]))}`
    this.#messages += 1
    const head = { id, type, role }
    this.#writeMessage(head, 'in_progress', null)
    return head
  }

  #end(head: MessageHead, payload: Payload, status: AgentScopeStatus): MessageEvent {
    const content = this.#writeContent(head, payload, status)
    return this.#writeMessage(head, status, [{ ...content, sequence_number: null }])
  }

  #writeMessage(
    { id, type, role }: MessageHead,
    status: AgentScopeStatus,
    content: MessageEvent['content'],
  ): MessageEvent {
    const rest = { id, type, role, content, code: null, message: null, usage: null, metadata: null }
    return this.#number((sequence_number) => ({
      sequence_number,
      object: 'message',
      status,
      error: null,
      ...rest,
    }))
  }

  #writeContent({ id }: MessageHead, payload: Payload, status: AgentScopeStatus): ContentEvent {
    // The type comes first on the wire, what it carries last.
    const place = { type: payload.type, index: 0, delta: status === 'in_progress', msg_id: id } as const
    return this.#number((sequence_number) => ({
      sequence_number,
      object: 'content',
      status,
      error: null,
      ...place,
      ...payload,
    }))
  }

  #number<Event extends AgentScopeEvent>(create: (sequenceNumber: number) => Event): Event {
    const event = create(this.#next)
    this.#next += 1
    this.#events.push(event)
    return event
  }
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1000)
}
