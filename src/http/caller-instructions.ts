import { createFieldError } from './request-errors.js'

/** What becomes of instructions that a caller gives: its request is refused, they are dropped, or the model is shown them as the caller's. */
export type CallerInstructions = 'refuse' | 'ignore' | 'append'

/** All of them. */
export const callerInstructionsChoices = [
  'refuse',
  'ignore',
  'append',
] as const satisfies readonly CallerInstructions[]

/** Instructions in a request, and where they stand. */
export interface GivenInstructions {
  readonly path: string
  readonly text: string
}

/** Those that a caller of our own routes has given. It has asked for just that, so it learns when they would count for nothing. @throws {AgentError} `invalid_request` */
export function requireInstructions(choice: CallerInstructions, text = ''): string | undefined {
  return takeInstructions(choice === 'append' ? choice : 'refuse', [{ path: 'instructions', text }])
}

/**
 * What a run's model is told of the instructions in a request; blank ones are none.
 * Security: an agent's instructions are its author's, who alone says whether callers may add to them.
 * @throws {AgentError} `invalid_request` naming the field where there must be none.
 */
export function takeInstructions(
  choice: CallerInstructions,
  given: readonly GivenInstructions[],
): string | undefined {
  const said = given.filter(({ text }) => text.trim() !== '')
  const [first] = said
  if (first === undefined || choice === 'ignore') return undefined
  if (choice === 'append') return said.map(({ text }) => text).join('\n\n')
  throw createFieldError(
    first.path,
    "must give no instructions: they are the agent's own, unless the app's option callerInstructions says otherwise",
  )
}
