import type { InvocationContext } from '@azure/functions'
import * as df from 'durable-functions'
import type { RunLog } from '../run/run-log.js'
import { SessionClient } from '../session/session-client.js'

/**
 * The session clients of an app's invocations. Making a durable client parses and checks a dozen links that sessions
 * never use, so one is kept for each address that its calls go to.
 */
export class SessionClients {
  readonly #log: RunLog
  readonly #byAddress = new Map<string, SessionClient>()

  constructor(log: RunLog) {
    this.#log = log
  }

  /** The client for an invocation, which must have a durable client input. */
  get(context: InvocationContext): SessionClient {
    const address = readAddress(context)
    const known = address === undefined ? undefined : this.#byAddress.get(address)
    if (known !== undefined) return known
    const client = new SessionClient(df.getClient(context), this.#log)
    if (address !== undefined) this.#byAddress.set(address, client)
    return client
  }
}

/** Signals and states go to this address alone; hosts that do not give it are asked through links with a key, which may change. */
function readAddress({ options, extraInputs }: InvocationContext): string | undefined {
  const input = options.extraInputs.find(({ type }) => type === 'durableClient')
  const data = input && (extraInputs.get(input) as { readonly rpcBaseUrl?: string } | undefined)
  return data?.rpcBaseUrl
}
