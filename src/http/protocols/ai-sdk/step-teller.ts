import { type ChatMessage, toReasoning, toSaidText } from '../../../core/messages.js'
import type { UiChunk } from './ui-chunks.js'

type Kind = 'text' | 'reasoning'

/** Tells what a model thinks and says, step by step, each in parts that stand one after the other. */
export class StepTeller {
  #step: number | undefined
  #open: { readonly kind: Kind; readonly id: string } | undefined
  #told: Readonly<Record<Kind, string>> = nothing
  #parts = 0

  /** Begins a step, unless it is the present one. */
  begin(step: number): readonly UiChunk[] {
    if (this.#step === step) return []
    const ended = this.end()
    this.#step = step
    this.#told = nothing
    return [...ended, { type: 'start-step' }]
  }

  /** Adds a piece of what is thought or said. */
  add(kind: Kind, delta: string): readonly UiChunk[] {
    if (delta === '') return []
    const opening = this.#open?.kind === kind ? [] : this.#beginPart(kind)
    this.#told = { ...this.#told, [kind]: this.#told[kind] + delta }
    return [...opening, { type: `${kind}-delta`, id: this.#open?.id ?? '', delta }]
  }

  /** Says the rest of a message; all of it once more when it is not what has been said. */
  complete(message: ChatMessage): readonly UiChunk[] {
    const whole = { text: toSaidText(message), reasoning: toReasoning(message) }
    const isTold = whole.text.startsWith(this.#told.text) && whole.reasoning.startsWith(this.#told.reasoning)
    const retracted = isTold ? [] : this.retract()
    const { text, reasoning } = this.#told
    return [
      ...retracted,
      ...this.add('reasoning', whole.reasoning.slice(reasoning.length)),
      ...this.add('text', whole.text.slice(text.length)),
      ...this.#endPart(),
    ]
  }

  /** Takes back all that the present step has told. */
  retract(): readonly UiChunk[] {
    this.#open = undefined
    this.#told = nothing
    return this.#step === undefined ? [] : [{ type: 'reset-step' }]
  }

  /** Ends the present step, if there is one. */
  end(): readonly UiChunk[] {
    const ended = this.#endPart()
    const isOpen = this.#step !== undefined
    this.#step = undefined
    return isOpen ? [...ended, { type: 'finish-step' }] : ended
  }

  #beginPart(kind: Kind): readonly UiChunk[] {
    const ended = this.#endPart()
    const id = String(this.#parts)
    this.#parts += 1
    this.#open = { kind, id }
    return [...ended, { type: `${kind}-start`, id }]
  }

  #endPart(): readonly UiChunk[] {
    if (this.#open === undefined) return []
    const { kind, id } = this.#open
    this.#open = undefined
    return [{ type: `${kind}-end`, id }]
  }
}

const nothing = { text: '', reasoning: '' }
