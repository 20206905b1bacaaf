import type { ResponseReasoningItem } from 'openai/resources/responses/responses'
import type { OutputList, Place } from './output-list.js'
import type { Frame } from './response-frames.js'

/** Tells one piece of a model's reasoning, as an item with one summary. */
export class ReasoningTeller {
  readonly #output: OutputList
  readonly #place: Place
  #text = ''

  constructor(output: OutputList) {
    this.#output = output
    this.#place = output.begin('rs')
  }

  /** The frames that begin it. */
  begin(): readonly Frame[] {
    const item = this.#toItem('in_progress', '')
    this.#output.set(this.#place, item)
    return [
      { type: 'response.output_item.added', output_index: this.#place.index, item },
      { type: 'response.reasoning_summary_part.added', ...this.#partPlace, part: toPart('') },
    ]
  }

  /** More of it. */
  add(delta: string): readonly Frame[] {
    this.#text += delta
    this.#output.set(this.#place, this.#toItem('in_progress', this.#text))
    return [{ type: 'response.reasoning_summary_text.delta', ...this.#partPlace, delta }]
  }

  /** Ends it as it is. */
  close(status: 'completed' | 'incomplete'): readonly Frame[] {
    const item = this.#toItem(status, this.#text)
    this.#output.set(this.#place, item)
    return [
      { type: 'response.reasoning_summary_text.done', ...this.#partPlace, text: this.#text },
      { type: 'response.reasoning_summary_part.done', ...this.#partPlace, part: toPart(this.#text) },
      { type: 'response.output_item.done', output_index: this.#place.index, item },
    ]
  }

  /** Leaves it out of the response's output, as it is void. */
  leaveOut(): void {
    this.#output.leaveOut(this.#place)
  }

  #toItem(status: 'in_progress' | 'completed' | 'incomplete', text: string): ResponseReasoningItem {
    const summary = text === '' ? [] : [toPart(text)]
    return { id: this.#place.id, type: 'reasoning', status, summary }
  }

  get #partPlace() {
    return { item_id: this.#place.id, output_index: this.#place.index, summary_index: 0 } as const
  }
}

function toPart(text: string) {
  return { type: 'summary_text' as const, text }
}
