import { AgentError } from '../../core/errors.js'
import { findIdProblem, longestSessionId } from '../../core/find-id-problem.js'
import { parseOptions } from '../parse-options.js'

/** The verb's arguments, checked. */
export interface ChatArgs {
  /** `undefined`: the only one that there is. */
  readonly agent: string | undefined
  /** Where the app's routes begin, without a slash at the end. */
  readonly url: string
  /** `undefined`: a new conversation. */
  readonly session: string | undefined
  /** The one question to ask; `undefined`: as many as there are. */
  readonly question: string | undefined
  readonly key: string | undefined
  /** Whether tool calls are not shown. */
  readonly quiet: boolean
}

/** Where `durable-agents start` serves an app. */
export const defaultUrl = 'http://localhost:7071/api'

/** The options as `parseArgs` wants them. */
const chatOptions = {
  url: { type: 'string' },
  session: { type: 'string' },
  query: { type: 'string', short: 'q' },
  key: { type: 'string' },
  quiet: { type: 'boolean' },
} as const

/** Parses the verb's arguments. @throws {AgentError} naming the one that is wrong. */
export function parseChatArgs(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): ChatArgs {
  const { values, positionals } = parseOptions(args, chatOptions)
  if (positionals.length > 1) {
    const text = positionals.join(' ')
    throw createArgsError(
      `chat takes one agent, not ${positionals.length}: ${text}. Ask one question with -q "…".`,
    )
  }
  return {
    agent: positionals[0],
    url: parseUrl(values.url ?? defaultUrl),
    session: values.session === undefined ? undefined : parseSession(values.session),
    question: values.query === undefined ? undefined : parseQuestion(values.query),
    key: values.key ?? (env.DURABLE_AGENTS_KEY || undefined),
    quiet: values.quiet ?? false,
  }
}

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw createArgsError(`--url must be an address such as ${defaultUrl}, not '${text}'.`)
  }
  if (url.username !== '' || url.password !== '' || url.search !== '') {
    throw createArgsError('--url must hold neither a password nor a query: a key is given with --key.')
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

function parseSession(text: string): string {
  const problem = findIdProblem(text, longestSessionId)
  if (problem !== undefined) throw createArgsError(`--session ${problem}.`)
  return text
}

function parseQuestion(text: string): string {
  if (text.trim() === '') throw createArgsError('-q must not be blank.')
  return text
}

function createArgsError(message: string): AgentError {
  return new AgentError('invalid_configuration', message)
}
