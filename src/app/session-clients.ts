import type { InvocationContext } from '@azure/functions'
import * as df from 'durable-functions'
import { WorkflowClient } from '../orchestration/workflow/workflow-client.js'
import type { RunLog } from '../run/run-log.js'
import { SessionClient } from '../session/client/session-client.js'
import type { SessionClientOptions } from '../session/client/session-client-options.js'

interface Clients {
  readonly durable: df.DurableClient
  readonly sessions: SessionClient
  readonly workflows: WorkflowClient
}

/**
 * The clients of an app's invocations, which must have a durable client input. Making a durable client parses and checks a dozen links that sessions
 * never use, so one is kept for each address that its calls go to.
 */
export class SessionClients {
  readonly #log: RunLog
  readonly #options: SessionClientOptions
  readonly #byAddress = new Map<string, Clients>()

  constructor(log: RunLog, options: SessionClientOptions = {}) {
    this.#log = log
    this.#options = options
  }

  /** The session client for an invocation. */
  get(context: InvocationContext): SessionClient {
    return this.#get(context).sessions
  }

  /** The durable client for an invocation. */
  getDurable(context: InvocationContext): df.DurableClient {
    return this.#get(context).durable
  }

  /** The workflow client for an invocation. */
  getWorkflows(context: InvocationContext): WorkflowClient {
    return this.#get(context).workflows
  }

  #get(context: InvocationContext): Clients {
    const address = readAddress(context)
    const known = address === undefined ? undefined : this.#byAddress.get(address)
    if (known !== undefined) return known
    const durable = df.getClient(context)
    const sessions = new SessionClient(durable, this.#log, this.#options)
    const clients = { durable, sessions, workflows: new WorkflowClient(durable, sessions) }
    if (address !== undefined) this.#byAddress.set(address, clients)
    return clients
  }
}

/** Signals and states go to this address alone; hosts that do not give it are asked through links with a key, which may change. */
function readAddress({ options, extraInputs }: InvocationContext): string | undefined {
  const input = options.extraInputs.find(({ type }) => type === 'durableClient')
  const data = input && (extraInputs.get(input) as { readonly rpcBaseUrl?: string } | undefined)
  return data?.rpcBaseUrl
}
