import { type Issue, toIssueText } from '../../core/errors.js'

/** What the model is told of arguments that do not fit. */
export function toInvalid(issues: readonly Issue[]): string {
  return `The arguments are not valid. ${toIssueText(issues)}`
}

/** What is wrong with arguments that are no object: not every model is shown again what it wrote. */
export function toNoObject(text: string): readonly Issue[] {
  const beginning = text.length > 200 ? `${text.slice(0, 200)}…` : text
  return [{ path: '', message: `They must be a JSON object; this is none: ${beginning}` }]
}
