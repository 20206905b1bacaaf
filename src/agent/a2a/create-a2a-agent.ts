import { checkCount } from '../../core/check-count.js'
import { checkChoice, checkFlag, checkOptions, type OptionNames } from '../../core/check-options.js'
import { AgentError } from '../../core/errors.js'
import { withRetry } from '../../model/with-retry.js'
import { Agent } from '../agent.js'
import { parseServerUrl } from '../parse-server-url.js'
import { createConfirmationTool } from './confirmation-tool.js'
import { createRemoteClient } from './remote-client.js'
import type { RemoteHeaders } from './remote-fetch.js'

export interface A2aAgentOptions {
  /** A letter, then up to 62 letters, digits, `_` or `-`: what the agent is called here. */
  readonly name: string
  /** The agent's address, below which its card is at `.well-known/agent-card.json`; or the address of the card itself, which ends in `.json`. */
  readonly url: string | URL
  /** What the agent is for, for those who choose among agents. */
  readonly description?: string | undefined
  /** Sent with every request, such as a key; a function is asked for each. @default none */
  readonly headers?: RemoteHeaders | (() => RemoteHeaders | Promise<RemoteHeaders>) | undefined
  /** Other origins, such as `https://api.example.com`, at which the card may say that the agent is. They get the headers too. @default none */
  readonly otherOrigins?: readonly string[] | undefined
  /** Whether the agent may be on this machine or a private network. @default false */
  readonly allowPrivateNetwork?: boolean | undefined
  /**
   * What becomes of a message when nobody knows whether it has arrived, because a process or a connection died just then:
   * the run fails with `outcome_unknown`, or it is sent again under the same id. Agents whose card says that this is safe,
   * as ours do, are always sent it again. @default 'fail'
   */
  readonly onInterrupted?: 'fail' | 'retry' | undefined
  /** How often a task is asked for that cannot be followed. @default 2_000 */
  readonly pollIntervalMs?: number | undefined
  /** How long one request may take, but for streams. @default 60_000 */
  readonly requestTimeoutMs?: number | undefined
  /** How long an agent that works on a task, or waits for an answer, may be out of reach before the run fails. @default 3_600_000 */
  readonly unreachableLimitMs?: number | undefined
}

const a2aAgentOptions: OptionNames<A2aAgentOptions> = {
  name: true,
  url: true,
  description: true,
  headers: true,
  otherOrigins: true,
  allowPrivateNetwork: true,
  onInterrupted: true,
  pollIntervalMs: true,
  requestTimeoutMs: true,
  unreachableLimitMs: true,
}

const limits = ['pollIntervalMs', 'requestTimeoutMs', 'unreachableLimitMs'] as const

/**
 * An agent elsewhere, reached by A2A, as one of ours: served by an app, run alone, or another agent's tool by `asTool`. Each
 * answer is a task there, whose id is recorded before anything is waited for. So after a crash the same task is come back to,
 * and a run that waits long costs nothing meanwhile. When the agent there asks a human, ours does.
 *
 * @example
 * const billing = createA2aAgent({ name: 'Billing', url: 'https://billing.example.com/api/a2a/Billing', headers: { 'x-functions-key': key } })
 * const desk = new Agent({ name: 'Desk', client, tools: [billing.asTool()] })
 * @throws {AgentError} `invalid_configuration` naming the option that cannot be used.
 */
export function createA2aAgent(options: A2aAgentOptions): Agent {
  checkOptions('createA2aAgent', options, a2aAgentOptions)
  return new A2aAgent(options)
}

class A2aAgent extends Agent {
  constructor(options: A2aAgentOptions) {
    const { name, description, onInterrupted = 'fail', pollIntervalMs = 2_000 } = options
    const { requestTimeoutMs = 60_000, unreachableLimitMs = 3_600_000 } = options
    checkFlag('allowPrivateNetwork', options.allowPrivateNetwork)
    checkChoice('onInterrupted', onInterrupted, ['fail', 'retry'])
    for (const limit of limits) checkCount(limit, options[limit])
    const url = parseUrl(name, options.url)
    checkQuery(name, url)
    const remote = {
      name,
      url,
      headers: options.headers ?? {},
      otherOrigins: (options.otherOrigins ?? []).map((origin) => parseUrl(name, origin).origin),
      allowPrivateNetwork: options.allowPrivateNetwork ?? false,
      requestTimeoutMs,
    }
    const client = createRemoteClient({
      name,
      key: `a2a:${url.origin}${url.pathname}`,
      remote,
      onInterrupted,
      pollIntervalMs,
      unreachableLimitMs,
    })
    super({ name, description, client: withRetry(client), tools: [createConfirmationTool(name)] })
  }

  override get type(): string {
    return 'A2aAgent'
  }
}

/** The card and the agent are found below its address, where a query, such as one with a key, would be without effect. */
function checkQuery(name: string, { pathname, search }: URL): void {
  if (search === '' || pathname.endsWith('.json')) return
  throw new AgentError(
    'invalid_configuration',
    `url of the A2A agent "${name}" must have no query; credentials go into headers.`,
  )
}

function parseUrl(name: string, text: string | URL): URL {
  const url = parseServerUrl(text)
  if (url !== undefined) return url
  throw new AgentError(
    'invalid_configuration',
    `url and otherOrigins of the A2A agent "${name}" must be http or https URLs without a user name; credentials go into headers.`,
  )
}
