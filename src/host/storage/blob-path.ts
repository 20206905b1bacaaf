import { AgentError } from '../../core/errors.js'
import { escapeExpression } from '../escape-expression.js'
import type { BlobAddress } from './blob-store.js'

/** Which blobs of a container a trigger means. */
export interface BlobPattern {
  readonly container: string
  /** What all their names begin with; may be empty. */
  readonly prefix: string
  /** The values of the pattern's parameters when a name fits, undefined when it does not. */
  match(name: string): Readonly<Record<string, string>> | undefined
}

const containerName = /^(?:\$web|\$root|(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*)$/

/**
 * Parses a trigger's `path`, `container/pattern`: `{name}` stands for any text, as much as can be; `{{` and `}}` for braces. Without
 * a pattern every blob of the container is meant (WebJobs: BlobPathSource).
 * @throws {AgentError} `invalid_configuration` for a path that no trigger can have.
 */
export function parseBlobPattern(path: unknown): BlobPattern {
  const text = typeof path === 'string' ? path.replace(/^\/+/, '') : ''
  const slash = text.indexOf('/')
  const container = slash < 0 ? text : text.slice(0, slash)
  if (!containerName.test(container)) {
    const message = `Invalid blob trigger path ${JSON.stringify(path)}. Paths must be in the format 'container/blob', with a container name of 3 to 63 lower-case letters, digits and single dashes.`
    throw new AgentError('invalid_configuration', message)
  }
  const tokens = toTokens(slash < 0 ? '' : text.slice(slash + 1))
  const names = tokens.flatMap((token) => ('parameter' in token ? [token.parameter] : []))
  const expression = toExpression(tokens)
  const [first] = tokens
  return {
    container,
    prefix: first !== undefined && 'literal' in first ? first.literal : '',
    match: (name) => {
      const values = expression.exec(name)
      return values
        ? Object.fromEntries(names.map((key, index) => [key, values[index + 1] ?? '']))
        : undefined
    },
  }
}

type Token = { readonly literal: string } | { readonly parameter: string }

function toTokens(pattern: string): readonly Token[] {
  if (pattern === '') return []
  return (pattern.match(/\{[^{}]+\}|(?:\{\{|\}\}|[^{}])+/g) ?? []).map((part) =>
    part.startsWith('{') && !part.startsWith('{{')
      ? { parameter: part.slice(1, -1) }
      : { literal: part.replaceAll('{{', '{').replaceAll('}}', '}') },
  )
}

function toExpression(tokens: readonly Token[]): RegExp {
  if (tokens.length === 0) return /^/
  const source = tokens.map((token) => ('parameter' in token ? '(.*)' : escapeExpression(token.literal)))
  return new RegExp(`^${source.join('')}$`, 's')
}

/** The container and name of a path whose expressions are resolved. @throws {Error} when it is none. */
export function parseBlobAddress(path: string): BlobAddress {
  const [, container = '', name = ''] = /^\/*([^/]*)\/(.*)$/s.exec(path) ?? []
  if (containerName.test(container) && name !== '') return { container, name }
  throw new Error(`'${path}' is not the path of a blob, such as 'container/name'.`)
}
