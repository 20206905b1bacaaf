import { parseJson } from '../../core/json.js'

/** A Markdown file that begins with YAML between two lines of `---`. */
export interface FrontMatter {
  /** The members at the top level that are text. Of YAML, that is plain, quoted and block scalars; anything else is left out. */
  readonly fields: Readonly<Record<string, string>>
  /** What comes after the second `---`. */
  readonly body: string
}

/** Parts a file's front matter from its body; `undefined` when it has none. */
export function parseFrontMatter(text: string): FrontMatter | undefined {
  const [, yaml, body = ''] =
    /^\uFEFF?---[ \t]*\r?\n(.*?)(?:^|\r?\n)---[ \t]*(?:\r?\n(.*))?$/su.exec(text) ?? []
  if (yaml === undefined) return undefined
  const entries = splitEntries(yaml.split(/\r?\n/)).flatMap(({ name, value, lines }) => {
    const scalar = parseScalar(value, lines)
    return scalar === undefined ? [] : [[name, scalar] as const]
  })
  return { fields: Object.fromEntries(entries), body: body.trim() }
}

interface Entry {
  readonly name: string
  /** What follows the colon. */
  readonly value: string
  /** The indented lines below it. */
  readonly lines: string[]
}

function splitEntries(lines: readonly string[]): readonly Entry[] {
  const entries: Entry[] = []
  for (const line of lines) {
    const [, name, value] = /^([A-Za-z][\w-]*):(?:\s+(.*))?$/.exec(line) ?? []
    if (name !== undefined) entries.push({ name, value: value?.trim() ?? '', lines: [] })
    else if (!line.startsWith('#')) entries.at(-1)?.lines.push(line)
  }
  return entries
}

function parseScalar(value: string, lines: readonly string[]): string | undefined {
  const [, style] = /^([|>])[+-]?(?:\s+#.*)?$/.exec(value) ?? []
  if (style !== undefined) return parseBlock(lines, style === '>')
  const whole = [value, ...lines.map((line) => line.trim())].join(' ').trim()
  if (whole.startsWith('"')) return parseDoubleQuoted(whole)
  if (whole.startsWith("'")) return /^'((?:[^']|'')*)'(?:\s+#.*)?$/.exec(whole)?.[1]?.replaceAll("''", "'")
  const isCollection = value === '' && /^(?:- |[\w-]+:(?:\s|$)|$)/.test(whole)
  if (isCollection || /^[[{&*!%@`]/.test(whole)) return undefined
  return whole.replace(/\s+#.*$/, '')
}

/** YAML's escapes that people use are JSON's. */
function parseDoubleQuoted(text: string): string | undefined {
  const [quoted] = /^"(?:[^"\\]|\\.)*"(?=\s+#|$)/.exec(text) ?? []
  const value = quoted === undefined ? undefined : parseJson(quoted)
  return typeof value === 'string' ? value : undefined
}

function parseBlock(lines: readonly string[], isFolded: boolean): string {
  const indent = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)))
  const text = lines.map((line) => line.slice(indent)).join('\n')
  return (isFolded ? text.replaceAll(/(?<=[^\n])\n(?=[^\s])/g, ' ') : text).trim()
}
