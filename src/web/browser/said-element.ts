import { createButton, createElement } from './elements.js'
import { prepareMessageField } from './message-field.js'

/** What the user said in a turn, and how to say it anew: in other words, or in the same. */
export class SaidElement {
  readonly node: HTMLElement
  readonly #sayAnew: (message: string) => void
  readonly #text = createElement('div', { class: 'said', dir: 'auto' })
  readonly #edit = createButton('Edit', () => this.#openEditor(), {
    class: 'quiet',
    'aria-label': 'Edit your message',
  })
  readonly #again = createButton('Ask again', () => this.#sayAnew(this.#message), { class: 'quiet' })
  readonly #actions = createElement('div', { class: 'anew' }, this.#edit, this.#again)
  #message = ''

  /** @param sayAnew says a message in its place */
  constructor(sayAnew: (message: string) => void) {
    this.#sayAnew = sayAnew
    this.node = createElement('div', {}, this.#text, this.#actions)
  }

  /** Shows what was said. `message` is what is said anew; `undefined` when that cannot be. */
  update(said: string, message: string | undefined): void {
    if (said !== this.#text.textContent) this.#text.textContent = said
    this.#actions.hidden = said === ''
    this.#edit.hidden = message === undefined
    this.#again.hidden = message === undefined
    this.#message = message ?? ''
  }

  #openEditor(): void {
    const close = () => {
      this.node.replaceChildren(this.#text, this.#actions)
      this.#edit.focus()
    }
    const { form, open } = createEditor(this.#message, { send: this.#sayAnew, close })
    this.node.replaceChildren(form)
    open()
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
