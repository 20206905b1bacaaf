import { type ChatMessage, toReasoning, toSaidText } from '../../../core/messages.js'
import type { AguiEvent } from './agui-events.js'
import { toMessageId } from './message-ids.js'

type Kind = 'text' | 'reasoning'

/** Tells what a model thinks and says, step by step. What is made again in a step has other message ids. */
export class StepTeller {
  readonly #run: string
  #step: number | undefined
  #attempt = 0
  #open: Kind | undefined
  #told: Readonly<Record<Kind, string>> = nothing

  constructor(run: string) {
    this.#run = run
  }

  /** The id of the step's message. */
  get messageId(): string {
    return toMessageId(this.#run, `${this.#step}${this.#attempt === 0 ? '' : `-${this.#attempt}`}`)
  }

  /** Begins a step, unless it is the present one. */
  begin(step: number): readonly AguiEvent[] {
    if (this.#step === step) return []
    const ended = this.end()
    this.#step = step
    this.#attempt = 0
    this.#told = nothing
    return [...ended, { type: 'STEP_STARTED', stepName: toStepName(step) }]
  }

  /** Adds a piece of what is thought or said. */
  add(kind: Kind, delta: string): readonly AguiEvent[] {
    if (delta === '') return []
    const opening = this.#open === kind ? [] : [...this.#close(), ...this.#begin(kind)]
    this.#told = { ...this.#told, [kind]: this.#told[kind] + delta }
    const type = kind === 'text' ? 'TEXT_MESSAGE_CONTENT' : 'REASONING_MESSAGE_CONTENT'
    return [...opening, { type, messageId: this.#toId(kind), delta }]
  }

  /** Whether what has been told is the beginning of a message. */
  isBeginningOf(message: ChatMessage): boolean {
    const { text, reasoning } = this.#told
    return toSaidText(message).startsWith(text) && toReasoning(message).startsWith(reasoning)
  }

  /** Says the rest of a message. */
  complete(message: ChatMessage): readonly AguiEvent[] {
    const { text, reasoning } = this.#told
    return [
      ...this.add('reasoning', toReasoning(message).slice(reasoning.length)),
      ...this.add('text', toSaidText(message).slice(text.length)),
      ...this.#close(),
    ]
  }

  /** Ends what is void; gives the ids of the messages that hold it. */
  retract(): { readonly events: readonly AguiEvent[]; readonly ids: readonly string[] } {
    const ids = kinds.filter((kind) => this.#told[kind] !== '').map((kind) => this.#toId(kind))
    const events = this.#close()
    if (ids.length > 0) this.#attempt += 1
    this.#told = nothing
    return { events, ids }
  }

  /** Ends the present step, if there is one. */
  end(): readonly AguiEvent[] {
    const closed = this.#close()
    const step = this.#step
    this.#step = undefined
    return step === undefined ? closed : [...closed, { type: 'STEP_FINISHED', stepName: toStepName(step) }]
  }

  #begin(kind: Kind): readonly AguiEvent[] {
    this.#open = kind
    const messageId = this.#toId(kind)
    if (kind === 'text') return [{ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' }]
    return [
      { type: 'REASONING_START', messageId },
      { type: 'REASONING_MESSAGE_START', messageId, role: 'reasoning' },
    ]
  }

  #close(): readonly AguiEvent[] {
    const kind = this.#open
    if (kind === undefined) return []
    this.#open = undefined
    const messageId = this.#toId(kind)
    if (kind === 'text') return [{ type: 'TEXT_MESSAGE_END', messageId }]
    return [
      { type: 'REASONING_MESSAGE_END', messageId },
      { type: 'REASONING_END', messageId },
    ]
  }

  #toId(kind: Kind): string {
    return kind === 'text' ? this.messageId : `${this.messageId}-thoughts`
  }
}

const kinds: readonly Kind[] = ['text', 'reasoning']
const nothing = { text: '', reasoning: '' }

function toStepName(step: number): string {
  return `step-${step}`
}
