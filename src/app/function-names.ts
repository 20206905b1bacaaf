import { AgentError } from '../core/errors.js'

/** The names that the app has given to functions of its agents and workflows; Functions compares them ignoring case. */
export class FunctionNames {
  readonly #users = new Map<string, string>()

  /** @param reserved names of functions of the app itself */
  constructor(reserved: readonly string[]) {
    for (const name of reserved) this.#users.set(name.toLowerCase(), 'the app itself')
  }

  /** Takes a name for `user`, e.g. `agent "Writer"`. @throws {AgentError} `invalid_configuration` naming both users when it is taken. */
  take(name: string, user: string): void {
    const other = this.#users.get(name.toLowerCase())
    if (other !== undefined) {
      const message = `${user} needs a function named "${name}", which ${other} has (case does not count).`
      throw new AgentError('invalid_configuration', message)
    }
    this.#users.set(name.toLowerCase(), user)
  }
}
