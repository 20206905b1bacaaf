export interface SideMenuOptions {
  readonly app: HTMLElement
  readonly menu: HTMLButtonElement
}

/** The list of conversations where it is folded away, as on phones: the menu button shows it, Escape hides it. */
export class SideMenu {
  readonly #options: SideMenuOptions

  constructor(options: SideMenuOptions) {
    this.#options = options
    const { app, menu } = options
    menu.addEventListener('click', () => this.#show(!app.classList.contains('with-menu')))
    addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.hide()
    })
  }

  hide(): void {
    this.#show(false)
  }

  #show(isShown: boolean): void {
    const { app, menu } = this.#options
    app.classList.toggle('with-menu', isShown)
    menu.setAttribute('aria-expanded', String(isShown))
  }
}
