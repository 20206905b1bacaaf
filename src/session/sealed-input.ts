import { isJsonObject } from '../core/json.js'

const kind = 'dafx.sealed'

/** An orchestration's input as text. */
export interface SealedInput {
  readonly kind: typeof kind
  readonly json: string
}

/** What durable-functions 3.5.0 finds in an orchestration's input, at any depth: it makes a `Date` of a text there, or fails. */
const touched = /"(?:Timestamp|hasOwnProperty)":/

/** An orchestration's input as it can travel: as text where durable-functions would change it, else as it is, so that people can read it. */
export function sealInput<Input>(input: Input): Input | SealedInput {
  const json = JSON.stringify(input) ?? ''
  return touched.test(json) ? { kind, json } : input
}

/** The input that was sealed, or that did not have to be. */
export function openInput<Input>(given: Input | SealedInput): Input {
  return isSealed(given) ? JSON.parse(given.json) : given
}

function isSealed(given: unknown): given is SealedInput {
  return isJsonObject(given) && given.kind === kind && typeof given.json === 'string'
}
