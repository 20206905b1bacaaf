import { passFocus } from './pass-focus.js'

export interface SideMenuOptions {
  readonly app: HTMLElement
  readonly side: HTMLElement
  readonly menu: HTMLButtonElement
  /** The first of what is in it. */
  readonly agents: HTMLElement
}

/** The list of conversations where it is folded away, as on phones: the menu button shows it, Escape hides it. */
export class SideMenu {
  readonly #options: SideMenuOptions

  constructor(options: SideMenuOptions) {
    this.#options = options
    const { app, menu } = options
    menu.addEventListener('click', () => this.#show(!app.classList.contains('with-menu')))
    addEventListener('keydown', ({ key }) => {
      // What lies over it goes first.
      if (key === 'Escape' && document.querySelector('dialog[open]') === null) this.hide()
    })
  }

  hide(): void {
    const { app, side, menu } = this.#options
    if (app.classList.contains('with-menu')) passFocus(side, menu)
    this.#show(false)
  }

  #show(isShown: boolean): void {
    const { app, menu, agents } = this.#options
    app.classList.toggle('with-menu', isShown)
    if (isShown) agents.focus()
    menu.setAttribute('aria-expanded', String(isShown))
  }
}
