import { createButton, createElement } from './elements.js'
import type { ScheduledLine } from './scheduled-messages.js'
import { toLocalTime } from './to-local-time.js'

const nothing: readonly ScheduledLine[] = []

/** The list below the turns of what is to be sent later; hidden when there is nothing. */
export class ScheduledList {
  readonly #list: HTMLElement
  readonly #takeBack: (run: string) => void
  #shown = nothing

  constructor(list: HTMLElement, takeBack: (run: string) => void) {
    this.#list = list
    this.#takeBack = takeBack
  }

  show(lines = nothing): void {
    if (lines === this.#shown) return
    this.#shown = lines
    this.#list.hidden = lines.length === 0
    this.#list.replaceChildren(...lines.map((line) => this.#toItem(line)))
  }

  #toItem({ run, sendAt, message }: ScheduledLine): HTMLElement {
    const time = createElement('time', { datetime: sendAt }, toLocalTime(sendAt))
    const cancel = createButton('Cancel', () => this.#takeBack(run), { class: 'quiet' })
    return createElement('li', {}, time, createElement('span', { dir: 'auto' }, message), cancel)
  }
}
