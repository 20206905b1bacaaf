import { AgentError } from './errors.js'

/** Each option of a type by its name, so that the compiler tells of one that is missing here. */
export type OptionNames<Options> = { readonly [Name in keyof Required<Options>]: true }

/**
 * Refuses options that nobody would read: they are misspelt, and what they were to change, such as who is asked before a
 * tool runs, would stay as it is without a word. The compiler sees that in literals only, not in what is spread or computed.
 * @throws {AgentError} `invalid_configuration` naming the first such option, and those that there are.
 */
export function checkOptions<Options extends object>(
  what: string,
  options: Options,
  known: OptionNames<NoInfer<Options>>,
): void {
  checkObject(what, options)
  const strange = Object.keys(options).find((name) => !Object.hasOwn(known, name))
  if (strange === undefined) return
  const names = Object.keys(known).join(', ')
  refuse(`${what} has no option "${strange}". It has: ${names}.`)
}

/** Refuses what is no object. @throws {AgentError} `invalid_configuration` */
export function checkObject(what: string, options: unknown): void {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return
  refuse(`${what} takes an object with options, not ${describeGiven(options)}.`)
}

/** Refuses what is no list. @throws {AgentError} `invalid_configuration` naming the option. */
export function checkList(option: string, value: unknown): void {
  if (Array.isArray(value)) return
  refuse(`${option} must be a list, not ${describeGiven(value)}.`)
}

/** What was given instead of what an option takes, for messages. Security: what an object holds, such as keys, is not told. */
export function describeGiven(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value))
}

/** Refuses a word that is none of those that there are. @throws {AgentError} `invalid_configuration` naming the option and the words. */
export function checkChoice(option: string, value: unknown, choices: readonly string[]): void {
  if (choices.some((choice) => choice === value)) return
  const words = choices.map((choice) => `'${choice}'`).join(', ')
  refuse(`${option} must be one of ${words}, not ${describeGiven(value)}.`)
}

/** Refuses the texts that settings are made of: `'false'` would switch it on. @throws {AgentError} `invalid_configuration` naming the option. */
export function checkFlag(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return
  refuse(`${option} must be true or false, not ${describeGiven(value)}.`)
}

/** Refuses what is given and cannot be called. @throws {AgentError} `invalid_configuration` naming the option. */
export function checkFunction(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  refuse(`${option} must be a function, not ${describeGiven(value)}.`)
}

/** Refuses what is given and is no signal. @throws {AgentError} `invalid_configuration` naming the option. */
export function checkSignal(option: string, value: AbortSignal | undefined): void {
  if (value === undefined || typeof value?.addEventListener === 'function') return
  refuse(`${option} must be the signal of an AbortController, not ${describeGiven(value)}.`)
}

/** Refuses what is given and is no object whose values are texts. @throws {AgentError} `invalid_configuration` naming the option. */
export function checkPairs(option: string, value: object | undefined): void {
  if (value === undefined) return
  checkObject(option, value)
  const wrong = Object.entries(value).find(([, text]) => typeof text !== 'string')
  if (wrong === undefined) return
  refuse(`${option}.${wrong[0]} must be text, not ${describeGiven(wrong[1])}.`)
}

/** Refuses what is no text, or empty text. @throws {AgentError} `invalid_configuration` naming the option. */
export function checkText(option: string, value: unknown): void {
  if (typeof value === 'string' && value.trim() !== '') return
  refuse(`${option} must be given, as text, and not ${JSON.stringify(value)}.`)
}

/** Refuses what an app is made of. @throws {AgentError} `invalid_configuration` with this message. */
export function refuse(message: string): never {
  throw new AgentError('invalid_configuration', message)
}
