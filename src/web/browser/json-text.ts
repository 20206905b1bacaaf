import type { JsonValue } from '../../core/json.js'
import { toPlainText } from '../../core/to-plain-text.js'

/**
 * A value as people read it: texts as they are, anything else as indented JSON.
 * Security: without control characters, so that marks which turn the direction of writing show nobody other arguments
 * than those that are approved.
 */
export function toShownJson(value: JsonValue | undefined): string {
  if (value === undefined) return ''
  return toPlainText(typeof value === 'string' ? value : JSON.stringify(value, undefined, 2))
}

/**
 * A value as JSON to be edited: the same value when it is read again.
 * Security: what {@link toShownJson} shows as signs is written as `\\u` and its number, so that it can neither hide nor go unseen.
 */
export function toEditedJson(value: JsonValue = {}): string {
  return JSON.stringify(value, undefined, 2).replace(/[^\n\x20-\x7e]/g, (character) =>
    toPlainText(character) === character ? character : toEscape(character),
  )
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** The beginning of a value on one line. */
export function toJsonLine(value: JsonValue | undefined, maxLength: number): string {
  const text = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
  const line = toPlainText(text).replace(/\s+/g, ' ')
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line
}
