import type { TypedData } from '../../functions.js'
import { type ClientPayloadOptions, toClientPayload, toInstanceLinks } from './client-payload.js'
import { writeAnswer } from './durable-answer.js'
import { fromHttpRequest } from './durable-request.js'
import { createDurableRoutes, type DurableRoutesOptions } from './durable-routes.js'
import { createRpcListener, type RpcHandler } from './rpc-listener.js'
import { openRpcShortcut } from './rpc-shortcut.js'

export interface DurableApiOptions
  extends Omit<DurableRoutesOptions, 'links'>,
    Pick<ClientPayloadOptions, 'baseUrl' | 'webhookKey'> {
  /** Folder of the app whose client library is answered without a connection, where that is possible; undefined for none. */
  readonly root: string | undefined
}

/** What clients ask of the hub, whichever way it comes. */
export interface DurableApi {
  /** The value of the app's `durableClient` inputs. */
  readonly clientPayload: TypedData
  /** Answers a request that came to the host's own port. */
  readonly handle: RpcHandler
  close(): Promise<void>
}

/** Both addresses of the API: that of the client library's listener and that under the host's own. */
const apiRoot = /^\/+(?:runtime\/webhooks\/)?durabletask(?:\/|$)/i

/** Answers the app's client library from now on, and whoever else is handed in. @throws {Error} when there is no port to listen on. */
export async function openDurableApi(options: DurableApiOptions): Promise<DurableApi> {
  const { hubName, baseUrl, webhookKey, root } = options
  const answer = createDurableRoutes({
    ...options,
    links: (instanceId, url) =>
      toInstanceLinks({ hubName, baseUrl: new URL(url).origin, webhookKey }, instanceId),
  })
  const handle: RpcHandler = async (request, response) =>
    writeAnswer(response, await answer(fromHttpRequest(request, apiRoot)))
  const rpc = await createRpcListener(handle)
  const closeShortcut =
    root === undefined ? () => {} : openRpcShortcut({ root, baseUrl: rpc.baseUrl, answer })
  return {
    clientPayload: { string: toClientPayload({ hubName, baseUrl, webhookKey, rpcBaseUrl: rpc.baseUrl }) },
    handle,
    close: async () => {
      closeShortcut()
      await rpc.close()
    },
  }
}
