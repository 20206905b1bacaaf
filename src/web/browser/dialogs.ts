import { createButton, createElement } from './elements.js'

/** Asks before something that cannot be undone; false when it is not to be. */
export function askToConfirm(question: string, action: string): Promise<boolean> {
  return new Promise((resolve) => {
    const dialog = createElement('dialog', { 'aria-label': question }, createElement('p', {}, question))
    const yes = createButton(action, () => dialog.close('yes'), { class: 'danger' })
    const no = createButton('Cancel', () => dialog.close())
    dialog.append(createElement('div', { class: 'buttons' }, yes, no))
    show(dialog, () => resolve(dialog.returnValue === 'yes'))
    no.focus()
  })
}

/** Asks for a function key; `undefined` when there is none. */
export function askForText(question: string, label: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const input = createElement('input', { type: 'password', autocomplete: 'off', id: 'asked' })
    const form = createElement('form', {}, createElement('p', {}, question))
    const dialog = createElement('dialog', { 'aria-label': question }, form)
    const ok = createElement('button', { type: 'submit', class: 'primary' }, 'Continue')
    const no = createButton('Cancel', () => dialog.close())
    const buttons = createElement('div', { class: 'buttons' }, ok, no)
    form.append(createElement('label', { for: 'asked' }, label), input, buttons)
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      dialog.close('yes')
    })
    show(dialog, () =>
      resolve(dialog.returnValue === 'yes' && input.value.trim() !== '' ? input.value : undefined),
    )
  })
}

function show(dialog: HTMLDialogElement, onClose: () => void): void {
  dialog.addEventListener('close', () => {
    dialog.remove()
    onClose()
  })
  document.body.append(dialog)
  dialog.showModal()
}
