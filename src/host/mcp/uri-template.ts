import { AgentError } from '../../core/errors.js'
import { escapeExpression } from '../escape-expression.js'

/** A resource's URI, or a template for many with `{name}` in it. */
export interface UriTemplate {
  readonly text: string
  readonly isTemplate: boolean
  /** The values of the template's parameters when a URI fits, undefined when it does not; letters compare ignoring case. */
  match(uri: string): Readonly<Record<string, string>> | undefined
}

/**
 * Parses a resource's URI. A parameter stands for anything up to the next `/`, `?` or `#`; right behind `?` or `&`, up to the next `&` or `#`
 * (MCP extension: ResourceUriHelper).
 * @throws {AgentError} `invalid_configuration` for one that is not absolute, or a template that cannot be told apart.
 */
export function parseUriTemplate(text: string): UriTemplate {
  const parts = text.split(/(\{[^{}]+\})/)
  const names = parts.filter(isParameter).map((part) => part.slice(1, -1))
  check(text, names)
  const source = parts.map((part, index) =>
    isParameter(part) ? toGroup(parts[index - 1]) : escapeExpression(part),
  )
  const expression = new RegExp(`^${source.join('')}$`, 'i')
  return {
    text,
    isTemplate: names.length > 0,
    match: (uri) => {
      const values = expression.exec(uri)
      return values
        ? Object.fromEntries(names.map((name, index) => [name, values[index + 1] ?? '']))
        : undefined
    },
  }
}

function isParameter(part: string): boolean {
  return part.startsWith('{') && part.length > 2
}

function toGroup(before = ''): string {
  return /[?&]$/.test(before) ? '([^&#]+)' : '([^/?#]+)'
}

function check(text: string, names: readonly string[]): void {
  const fail = (why: string): never => {
    throw new AgentError('invalid_configuration', `The resource URI '${text}' is not valid: ${why}.`)
  }
  if (text.includes('}{')) fail('two parameters stand side by side')
  if (/[{}]/.test(text.replace(/\{[^{}]+\}/g, ''))) fail('its braces do not match')
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) fail('a parameter occurs twice')
  if (names.some((name) => /[/#?& ]/.test(name))) fail('a parameter has a character that none may have')
  if (!URL.canParse(text.replace(/\{[^{}]+\}/g, 'template'))) fail('it is not absolute')
}
