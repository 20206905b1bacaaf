import { parseServerUrl } from '../../agent/parse-server-url.js'
import { checkList, checkOptions, describeGiven, type OptionNames, refuse } from '../../core/check-options.js'
import { AgentError } from '../../core/errors.js'

/** Whom the app tells how runs end, and that they wait (docs/http.md, Being told). */
export interface WebhookOptions {
  /**
   * Signs what is sent, and seals what clients of A2A have sent with it: `whsec_` and 24 to 64 random bytes in base64. Of several each signs, so that a secret can be replaced while
   * receivers still check by the old one. `undefined` is refused: it is for what comes from the environment.
   */
  readonly secret: string | readonly string[] | undefined
  /** Is told of all runs. @default nobody is */
  readonly url?: string | URL | undefined
  /** The hosts to which callers may have the news of their own runs sent, with `webhook` in the request, or as push notifications of A2A: `hooks.example.com`, with a port where it is not the usual one. @default none */
  readonly callerHosts?: readonly string[] | undefined
}

/** The same, checked and resolved. */
export interface Webhooks {
  /** At least one. Security: never shown. */
  readonly keys: readonly Buffer[]
  readonly url: URL | undefined
  readonly callerHosts: readonly string[]
}

const webhookOptions: OptionNames<WebhookOptions> = { secret: true, url: true, callerHosts: true }

/** Reads the options of webhooks. @throws {AgentError} `invalid_configuration` naming the option, never a secret. */
export function readWebhookOptions(options: WebhookOptions): Webhooks {
  checkOptions('webhooks of AgentFunctionApp', options, webhookOptions)
  const { secret, url, callerHosts = [] } = options
  checkList('callerHosts of webhooks', callerHosts)
  for (const host of callerHosts) checkHost(host)
  const secrets = typeof secret === 'string' ? [secret] : secret
  if (!Array.isArray(secrets) || secrets.length === 0) throw createSecretError()
  if (url === undefined && callerHosts.length === 0) refuse('webhooks needs a url, or callerHosts.')
  return { keys: secrets.map(toKey), url: url === undefined ? undefined : toUrl(url), callerHosts }
}

function toKey(secret: unknown): Buffer {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(String(secret)) ?? []
  const key = Buffer.from(base64 ?? '', 'base64')
  if (key.length < 24 || key.length > 64) throw createSecretError()
  return key
}

function createSecretError(): AgentError {
  return new AgentError(
    'invalid_configuration',
    'secret of webhooks must be "whsec_" and 24 to 64 bytes in base64. This makes one: ' +
      `node -p "'whsec_' + crypto.randomBytes(32).toString('base64')"`,
  )
}

function toUrl(text: string | URL): URL {
  return parseServerUrl(text) ?? refuse('url of webhooks must be an http or https URL without a user name.')
}

function checkHost(host: unknown): void {
  if (typeof host === 'string' && !host.includes('*') && toHost(`https://${host}`) === host.toLowerCase())
    return
  refuse(
    `callerHosts of webhooks lists host names, such as hooks.example.com or localhost:9000, not ${describeGiven(host)}.`,
  )
}

function toHost(text: string): string | undefined {
  return URL.canParse(text) ? new URL(text).host : undefined
}
