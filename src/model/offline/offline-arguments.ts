import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js'
import type { ToolChoice } from '../../core/messages.js'
import type { ToolDeclaration } from '../chat-client.js'
import { createSample, readRequired, readType } from './schema-sample.js'

/** The tool that shares most words with the text, if any does; the one that `choice` demands in any case. */
export function chooseTool(
  tools: readonly ToolDeclaration[],
  text: string,
  choice: ToolChoice = 'auto',
): ToolDeclaration | undefined {
  if (typeof choice === 'object') return tools.find(({ name }) => name === choice.name)
  const words = new Set(readWords(text))
  const said = new Set(splitWords(text))
  const scored = tools.map((tool) => ({ tool, score: scoreTool(tool, words, said) }))
  const [best] = scored.sort((a, b) => b.score - a.score)
  return best !== undefined && (best.score >= 2 || choice === 'required') ? best.tool : undefined
}

/** What the text would have to name as well before the tool can be called: it says nothing but which tool is meant. */
export function findMissingName(tool: ToolDeclaration, text: string): string | undefined {
  const [name] = readRequired(tool.parameters).find(([, schema]) => isFreeText(schema)) ?? []
  const known = new Set(readWords([tool.name, tool.description].join(' ')))
  const saysMore = readWords(text).some((word) => !known.has(word))
  return saysMore || /["“]/.test(text) ? undefined : name
}

/** However many names a text has. */
const mostCalls = 10

/** Arguments for one call or, when a tool with one text parameter meets several names, for several calls. */
export function extractArguments(tool: ToolDeclaration, text: string): JsonObject[] {
  const texts = readRequired(tool.parameters).filter(([, schema]) => isFreeText(schema))
  const names = readNames(text)
  if (texts.length !== 1 || names.length === 0) return [fillArguments(tool, text, names)]
  return names.slice(0, mostCalls).map((name) => fillArguments(tool, text, [name]))
}

function fillArguments({ parameters }: ToolDeclaration, text: string, names: readonly string[]): JsonObject {
  const numbers = (text.match(/-?\d+(\.\d+)?/g) ?? []).map(Number)
  const filled: Record<string, JsonValue> = {}
  let used = 0
  for (const [property, schema] of readRequired(parameters)) {
    if (isFreeText(schema)) filled[property] = names[used++] ?? text
    else filled[property] = readNamed(schema, text) ?? readNumber(schema, numbers) ?? createSample(schema)
  }
  return filled
}

function isFreeText(schema: JsonObject): boolean {
  const { format, enum: members, const: only } = schema
  return readType(schema) === 'string' && [format, members, only].every((limit) => limit === undefined)
}

/** What the text has of the values that there are, or of a kind that shows by its form. */
function readNamed(schema: JsonObject, text: string): JsonValue | undefined {
  return readMember(schema, text) ?? forms.get(schema.format)?.exec(text)?.[0]
}

const forms: ReadonlyMap<unknown, RegExp> = new Map([
  ['email', /(?<![\w.+-])[\w.+-]+@[\w-]+(\.[\w-]+)+/],
  ['uri', /https?:\/\/[^\s"“”]+/],
  ['date', /\b\d{4}-\d\d-\d\d\b/],
])

function readMember({ enum: members }: JsonObject, text: string): JsonValue | undefined {
  if (!Array.isArray(members)) return undefined
  const words = new Set(splitWords(text))
  return members.find((member) => splitWords(String(member)).every((word) => words.has(word)))
}

function readNumber(schema: JsonObject, numbers: number[]): number | undefined {
  const type = readType(schema)
  return type === 'number' || type === 'integer' ? numbers.shift() : undefined
}

/** A word of the tool's name weighs as much as two of its description or parameters; a verb such as "list" only decides between equals. */
function scoreTool(
  { name, description, parameters }: ToolDeclaration,
  words: ReadonlySet<string>,
  said: ReadonlySet<string>,
): number {
  const properties = isJsonObject(parameters.properties) ? Object.keys(parameters.properties) : []
  const named = new Set(readWords(name))
  const described = new Set(readWords([description, ...properties].join(' ')))
  let score = splitWords(name).some((word) => commonWords.has(word) && said.has(word)) ? 0.5 : 0
  for (const word of words) score += named.has(word) ? 2 : described.has(word) ? 1 : 0
  return score
}

const namePattern = String.raw`\p{Lu}[\p{L}.'’-]*(?: (?:d[aeo]s? |la )?\p{Lu}[\p{L}.'’-]*)*(?:, \p{Lu}{2}\b)?`
const listedNames = new RegExp(
  String.raw`\b(?:in|at|for|near|from|to|of) (${namePattern}(?:(?:,| and| or|, and)? (?:to |in )?${namePattern})*)`,
  'gu',
)

/** What the text names: what it puts in quotes, else the capitalised names after words like "in", else other names, else what follows "in". */
function readNames(text: string): string[] {
  const quoted = [...text.matchAll(/["“]([^"”]+)["”]/g)].map(([, inner = '']) => inner)
  if (quoted.length > 0) return quoted
  const listed = [...text.matchAll(listedNames)].flatMap(([, list = '']) => splitNames(list))
  if (listed.length > 0) return listed
  // The first word of a sentence is capitalised whether it is a name or not.
  const inner = splitNames(text.replace(/(^|[.!?]\s+)\S+/g, '$1'))
  if (inner.length > 0) return inner
  const place =
    /\b(?:in|at|near|for) ([\p{Ll}\d][\p{L}\d -]*?)(?= (?:now|please|right|today|tomorrow)\b|[^\p{L}\d -]|$)/u
  const lowerCase = place.exec(text)?.[1]
  if (lowerCase !== undefined) return [lowerCase]
  return splitNames(text).filter((found) => readWords(found).length > 0)
}

function splitNames(text: string): string[] {
  const names = text.match(new RegExp(namePattern, 'gu')) ?? []
  return names
    .map((found) => found.replace(/^(in|at|for|near) /i, '').replace(/(?<![.'’-])[.'’-]+$/, ''))
    .filter((found) => !/^I\b/.test(found))
}

const commonWords = new Set(
  'a about all an and any are at be by can compare do does for from get give has have how i in is it like list look make me my now of on or please run set show some tell that the there this to use was what when where which who will with you your'.split(
    ' ',
  ),
)

/** The words that carry meaning, in lower case and without a plural's "s". */
function readWords(text: string): string[] {
  return splitWords(text)
    .filter((word) => !commonWords.has(word))
    .map((word) => (word.length > 3 ? word.replace(/s$/, '') : word))
}

function splitWords(text: string): string[] {
  const spaced = text.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2').toLowerCase()
  return spaced.match(/[\p{L}\p{N}]+/gu) ?? []
}
