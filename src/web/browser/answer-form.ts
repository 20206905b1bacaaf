import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../../core/json.js'
import { toPlainLine } from '../../core/to-plain-text.js'
import { readOptionalText, readTexts } from './read-fields.js'

/** Something to be filled in. */
export interface AnswerField {
  /** The property of the answer that it is; `undefined` when it is the answer itself. */
  readonly name: string | undefined
  readonly label: string
  /** `any`: JSON, and text where it is none. */
  readonly kind: 'choice' | 'text' | 'number' | 'json' | 'any'
  /** Of which one is chosen. */
  readonly choices: readonly JsonValue[]
  /** Whether the answer must have it. */
  readonly isRequired: boolean
  /** What it is when nothing is filled in; `undefined` when it is left out then, or must be filled in. */
  readonly empty: JsonValue | undefined
}

/** The answer to a question: what is filled in, and what ends it. */
export interface AnswerForm {
  readonly fields: readonly AnswerField[]
  /** The field whose choices end it, as buttons; `undefined` when a button does that chooses nothing. */
  readonly ending: AnswerField | undefined
}

/** More choices than these are no buttons. */
const mostButtons = 4

/** What an answer's JSON Schema asks for, as far as a form can; the rest of it is JSON to be written. */
export function toAnswerForm(schema: JsonObject): AnswerForm {
  const { properties } = schema
  const isFlat = schema.type === 'object' && isJsonObject(properties) && Object.keys(properties).length > 0
  const required = readTexts(schema, 'required')
  const all = isFlat
    ? Object.entries(properties).map(([name, form]) =>
        toField(name, isJsonObject(form) ? form : {}, required.includes(name)),
      )
    : [toField(undefined, schema, true)]
  const choices = all.filter(({ kind }) => kind === 'choice')
  const [first] = choices
  const isEnding = choices.length === 1 && first?.isRequired === true && first.choices.length <= mostButtons
  return isEnding
    ? { fields: all.filter((field) => field !== first), ending: first }
    : { fields: all, ending: undefined }
}

function toField(name: string | undefined, schema: JsonObject, isRequired: boolean): AnswerField {
  const title = readOptionalText(schema, 'description') ?? readOptionalText(schema, 'title') ?? name
  const label = toPlainLine(title ?? 'Your answer')
  const choices = toChoices(schema)
  const field = { name, label, choices, isRequired, empty: undefined }
  if (choices.length > 0) return { ...field, kind: 'choice' }
  if (isRequired && isTypes(schema, 'string', 'null')) return { ...field, kind: 'text', empty: null }
  if (schema.type === 'string') return { ...field, kind: 'text', empty: isRequired ? '' : undefined }
  if (schema.type === 'number' || schema.type === 'integer') return { ...field, kind: 'number' }
  return { ...field, kind: Object.keys(schema).length === 0 ? 'any' : 'json' }
}

/** The only values that there are; none when there are others, too. */
function toChoices(schema: JsonObject): readonly JsonValue[] {
  if (schema.const !== undefined) return [schema.const]
  if (Array.isArray(schema.enum)) return schema.enum
  if (schema.type === 'boolean') return [true, false]
  const forms = Array.isArray(schema.anyOf) ? schema.anyOf : []
  const choices = forms.map((form) => (isJsonObject(form) ? toChoices(form) : []))
  return choices.every((some) => some.length > 0) ? choices.flat() : []
}

function isTypes({ type }: JsonObject, ...types: readonly string[]): boolean {
  return Array.isArray(type) && type.length === types.length && types.every((one) => type.includes(one))
}

/** A choice in words. */
export function toChoiceText(choice: JsonValue): string {
  if (typeof choice === 'boolean') return choice ? 'Yes' : 'No'
  return toPlainLine(typeof choice === 'string' ? choice : JSON.stringify(choice))
}

/**
 * The answer that was filled in.
 * @param texts by field; of a choice its JSON
 * @throws {Error} saying what is missing or wrong
 */
export function readAnswer(
  fields: readonly AnswerField[],
  texts: ReadonlyMap<AnswerField, string>,
): JsonValue {
  const read = fields.map((field) => [field.name, readField(field, texts.get(field) ?? '')] as const)
  const [first] = read
  if (first !== undefined && first[0] === undefined) return first[1] ?? null
  return Object.fromEntries(
    read.flatMap(([name = '', value]) => (value === undefined ? [] : [[name, value]])),
  )
}

function readField({ kind, label, isRequired, empty }: AnswerField, text: string): JsonValue | undefined {
  if (text.trim() === '' && empty !== undefined) return empty
  if (text.trim() === '' && !isRequired) return undefined
  const value = kind === 'text' ? text : kind === 'number' ? readNumber(text) : parseJson(text)
  if (value !== undefined) return value
  if (text.trim() === '') throw new Error(`"${label}" is missing.`)
  if (kind === 'any') return text
  throw new Error(kind === 'number' ? `"${label}" must be a number.` : `"${label}" must be JSON.`)
}

function readNumber(text: string): number | undefined {
  const number = Number(text)
  return text.trim() === '' || !Number.isFinite(number) ? undefined : number
}
