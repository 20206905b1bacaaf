import { createButton, createElement } from './elements.js'
import { prepareMessageField } from './message-field.js'

export interface SaidElementOptions {
  /** What was said, to be said anew; `undefined` when it cannot be, which it tells whoever uses the page. */
  readonly readMessage: () => Promise<string | undefined>
  /** Says a message in its place. */
  readonly sayAnew: (message: string) => void
}

/** What the user said in a turn, and how to say it anew: in other words, or in the same. */
export class SaidElement {
  readonly node: HTMLElement
  readonly #options: SaidElementOptions
  readonly #text = createElement('div', { class: 'said', dir: 'auto' })
  readonly #edit = createButton('Edit', () => void this.#openEditor(), {
    class: 'quiet',
    'aria-label': 'Edit your message',
  })
  readonly #again = createButton('Ask again', () => void this.#askAgain(), { class: 'quiet' })
  readonly #actions = createElement('div', { class: 'anew' }, this.#edit, this.#again)
  #isReading = false

  constructor(options: SaidElementOptions) {
    this.#options = options
    this.node = createElement('div', {}, this.#text, this.#actions)
  }

  /** Shows what was said, and whether it can be said anew. */
  update(said: string, canBeSaidAnew: boolean): void {
    if (said !== this.#text.textContent) this.#text.textContent = said
    this.#actions.hidden = said === ''
    this.#edit.hidden = !canBeSaidAnew
    this.#again.hidden = !canBeSaidAnew
  }

  async #askAgain(): Promise<void> {
    const message = await this.#read()
    if (message !== undefined) this.#options.sayAnew(message)
  }

  async #openEditor(): Promise<void> {
    const message = await this.#read()
    if (message === undefined) return
    const close = () => {
      this.node.replaceChildren(this.#text, this.#actions)
      this.#edit.focus()
    }
    const { form, open } = createEditor(message, { send: this.#options.sayAnew, close })
    this.node.replaceChildren(form)
    open()
  }

  /** Once at a time: what is asked twice would be said twice. */
  async #read(): Promise<string | undefined> {
    if (this.#isReading) return undefined
    this.#isReading = true
    try {
      return await this.#options.readMessage()
    } finally {
      this.#isReading = false
    }
  }
}

interface EditorActions {
  readonly send: (message: string) => void
  readonly close: () => void
}

/** Where a message is written anew: Enter sends it, Escape leaves it as it was. */
function createEditor(message: string, { send, close }: EditorActions) {
  const field = createElement('textarea', { rows: '1', dir: 'auto', 'aria-label': 'Your message' })
  const cancel = createButton('Cancel', close)
  const submit = createElement('button', { type: 'submit', class: 'primary' }, 'Send')
  const buttons = createElement('div', { class: 'buttons' }, cancel, submit)
  const form = createElement('form', { class: 'editor', autocomplete: 'off' }, field, buttons)
  const sendText = () => {
    if (field.value.trim() !== '') send(field.value)
  }
  const grow = prepareMessageField(field, sendText)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    sendText()
  })
  form.addEventListener('keydown', ({ key, isComposing }) => {
    if (key === 'Escape' && !isComposing) close()
  })
  field.value = message
  const open = () => {
    grow()
    field.focus()
    form.scrollIntoView({ block: 'nearest' })
  }
  return { form, open }
}
