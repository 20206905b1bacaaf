import { onTestFinished } from 'vitest'
import {
  createOpenAIResponsesClient,
  type OpenAIResponsesClientOptions,
} from '../../../src/model/openai/openai-responses.js'
import {
  type ResponsesServer,
  type ResponsesServerOptions,
  startResponsesServer,
} from '../../support/responses-server.js'
import { toInputItems } from '../../support/responses-server-steps.js'

export const apiKey = 'sk-secret-0123456789'

type Script = ResponsesServerOptions['script']

/** A server with a script, and a client that waits for nothing. */
export async function start(
  script: Script,
  options: Partial<OpenAIResponsesClientOptions> = {},
  serverOptions: Partial<ResponsesServerOptions> = {},
) {
  const server = await startResponsesServer({ script, ...serverOptions })
  onTestFinished(() => server.close())
  return { server, client: connect(server, options) }
}

export function connect(server: ResponsesServer, options: Partial<OpenAIResponsesClientOptions> = {}) {
  const sleep = async () => {}
  return createOpenAIResponsesClient({ model: 'test-model', apiKey, baseUrl: server.url, sleep, ...options })
}

/** The input items of a request, the last one unless told. */
export function readInput({ requests }: ResponsesServer, index = -1) {
  return toInputItems(requests.at(index)?.body ?? {})
}
