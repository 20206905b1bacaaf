import type { ResponseOutputMessage, ResponseOutputText } from 'openai/resources/responses/responses'
import type { OutputList, Place } from './output-list.js'
import type { Frame } from './response-frames.js'

/** Whether a message is the answer, or something said on the way to it. */
export type Phase = 'commentary' | 'final_answer'

/** Tells one message that a model says: begun with its first words, and closed once it is certain. */
export class MessageTeller {
  readonly #output: OutputList
  readonly #place: Place
  #text = ''

  constructor(output: OutputList) {
    this.#output = output
    this.#place = output.begin('msg')
  }

  /** The frames that begin it. */
  begin(): readonly Frame[] {
    const item = this.#toItem('in_progress', [])
    this.#output.set(this.#place, item)
    return [
      { type: 'response.output_item.added', output_index: this.#place.index, item },
      { type: 'response.content_part.added', ...this.#partPlace, part: toPart('') },
    ]
  }

  /** More of it. */
  add(delta: string): readonly Frame[] {
    if (delta === '') return []
    this.#text += delta
    this.#output.set(this.#place, this.#toItem('in_progress', [toPart(this.#text)]))
    return [{ type: 'response.output_text.delta', ...this.#partPlace, delta, logprobs: [] }]
  }

  /** Ends it as `text`, of which the deltas may have told only a part, or another form. */
  complete(text: string, phase: Phase): readonly Frame[] {
    const rest = text.startsWith(this.#text) ? this.add(text.slice(this.#text.length)) : []
    this.#text = text
    return [...rest, ...this.#close({ ...this.#toItem('completed', [toPart(text)]), phase })]
  }

  /** Ends it where it was cut off: what was said stays. */
  cutOff(): readonly Frame[] {
    return this.#close(this.#toItem('incomplete', [toPart(this.#text)]))
  }

  /**
   * Ends it because it is void: another one will be said in its place. OpenAI has no word for that, so the item is closed
   * as incomplete and without content, and the response's output does without it.
   */
  retract(): readonly Frame[] {
    const frames = this.#close(this.#toItem('incomplete', []))
    this.#output.leaveOut(this.#place)
    return frames
  }

  #close(item: ResponseOutputMessage): readonly Frame[] {
    this.#output.set(this.#place, item)
    return [
      { type: 'response.output_text.done', ...this.#partPlace, text: this.#text, logprobs: [] },
      { type: 'response.content_part.done', ...this.#partPlace, part: toPart(this.#text) },
      { type: 'response.output_item.done', output_index: this.#place.index, item },
    ]
  }

  #toItem(status: ResponseOutputMessage['status'], content: ResponseOutputText[]): ResponseOutputMessage {
    return { id: this.#place.id, type: 'message', status, role: 'assistant', content }
  }

  get #partPlace() {
    return { item_id: this.#place.id, output_index: this.#place.index, content_index: 0 } as const
  }
}

function toPart(text: string): ResponseOutputText {
  return { type: 'output_text', text, annotations: [] }
}
