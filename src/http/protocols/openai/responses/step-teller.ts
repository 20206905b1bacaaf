import {
  type ChatMessage,
  toFunctionCalls,
  toReasoning,
  toRefusal,
  toSaidText,
} from '../../../../core/messages.js'
import type { StepCompleted, StepDelta } from '../../../../run/events.js'
import { MessageTeller, type Phase } from './message-teller.js'
import type { OutputList } from './output-list.js'
import { ReasoningTeller } from './reasoning-teller.js'
import type { Frame } from './response-frames.js'
import { tellRefusal } from './tell-refusal.js'

/**
 * Tells what the model thinks and says in one step after the other. A message without tool calls may be the run's answer:
 * it stays open until that is certain, as it may be sent back to the model, or put in other words.
 */
export class StepTeller {
  readonly #output: OutputList
  /** The present step's, of which only the last can be open. */
  #reasonings: ReasoningTeller[] = []
  #isReasoning = false
  #reasoned = ''
  #message: MessageTeller | undefined
  /** The text of a message that may be the answer. */
  #answer: string | undefined
  /** The words of a model that would not answer, which are told once it is certain that they stand. */
  #refusal: string | undefined

  /** Where the answer has to fit a schema it stands alone: words on the way to it are void, as nobody could parse it beside them. */
  readonly #isTyped: () => boolean

  constructor(output: OutputList, isTyped: () => boolean) {
    this.#output = output
    this.#isTyped = isTyped
  }

  addReasoning({ text }: Pick<StepDelta, 'text'>): readonly Frame[] {
    const frames = [...this.#settle(), ...this.#beginReasoning()]
    this.#reasoned += text
    return [...frames, ...(this.#reasonings.at(-1)?.add(text) ?? [])]
  }

  addText({ text }: Pick<StepDelta, 'text'>): readonly Frame[] {
    const frames = [...this.#settle(), ...this.#endReasoning('completed'), ...this.#beginMessage()]
    return [...frames, ...(this.#message?.add(text) ?? [])]
  }

  /** Ends a step with all that it gave, whether or not it was told in deltas before. */
  complete({ message }: StepCompleted): readonly Frame[] {
    const frames = [...this.#settle(), ...this.#addRestOfReasoning(message)]
    frames.push(...this.#endReasoning('completed'))
    const text = toSaidText(message)
    const isAnswer = toFunctionCalls(message).length === 0
    this.#refusal = toRefusal(message)
    const isToTell = text !== '' && text !== this.#refusal && (isAnswer || !this.#isTyped())
    if (isToTell) frames.push(...this.#beginMessage())
    this.#answer = text
    return isAnswer ? frames : [...frames, ...this.#settle()]
  }

  /** What the present step has said is void: it is begun again, or the answer has to be given anew. */
  retract(): readonly Frame[] {
    const frames = [...this.#endReasoning('incomplete'), ...(this.#message?.retract() ?? [])]
    for (const reasoning of this.#reasonings) reasoning.leaveOut()
    this.#forget()
    return frames
  }

  /** Ends the run with its answer, which need not be what the model said. */
  answer(text: string): readonly Frame[] {
    const frames: Frame[] = [...this.#endReasoning('completed')]
    if (text !== '' && text !== this.#refusal) frames.push(...this.#beginMessage())
    frames.push(...this.#say(text, 'final_answer'))
    this.#forget()
    return frames
  }

  /** Ends what is open because the run goes no further: what was said stays. */
  cutOff(): readonly Frame[] {
    const frames = [...this.#endReasoning('incomplete')]
    const said = this.#answer === undefined ? this.#message?.cutOff() : this.#say(this.#answer, 'commentary')
    frames.push(...(said ?? []))
    this.#forget()
    return frames
  }

  /** Closes what might have been the answer, as the run goes on after it. */
  #settle(): readonly Frame[] {
    if (this.#answer === undefined) return []
    const frames = this.#isTyped() ? this.#message?.retract() : this.#say(this.#answer, 'commentary')
    this.#forget()
    return frames ?? []
  }

  #say(text: string, phase: Phase): readonly Frame[] {
    if (text === this.#refusal) return tellRefusal(this.#output, text, phase)
    return this.#message?.complete(text, phase) ?? []
  }

  #addRestOfReasoning(message: ChatMessage): readonly Frame[] {
    const whole = toReasoning(message)
    const rest = whole.startsWith(this.#reasoned) ? whole.slice(this.#reasoned.length) : ''
    return rest === '' ? [] : this.addReasoning({ text: rest })
  }

  #beginReasoning(): readonly Frame[] {
    if (this.#isReasoning) return []
    this.#isReasoning = true
    const reasoning = new ReasoningTeller(this.#output)
    this.#reasonings.push(reasoning)
    return reasoning.begin()
  }

  #endReasoning(status: 'completed' | 'incomplete'): readonly Frame[] {
    if (!this.#isReasoning) return []
    this.#isReasoning = false
    return this.#reasonings.at(-1)?.close(status) ?? []
  }

  #beginMessage(): readonly Frame[] {
    if (this.#message !== undefined) return []
    this.#message = new MessageTeller(this.#output)
    return this.#message.begin()
  }

  #forget(): void {
    this.#reasonings = []
    this.#isReasoning = false
    this.#reasoned = ''
    this.#message = undefined
    this.#answer = undefined
    this.#refusal = undefined
  }
}
