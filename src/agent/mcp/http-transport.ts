import {
  type JSONRPCMessage,
  StreamableHTTPClientTransport,
  type TransportSendOptions,
} from '@modelcontextprotocol/client'
import { streamLost } from './call-errors.js'

/** Streamable HTTP on which a request fails at once when the stream ends that its answer should come on; else it waits for its time limit. */
export class HttpTransport extends StreamableHTTPClientTransport {
  override send(message: JSONRPCMessage | JSONRPCMessage[], options?: TransportSendOptions): Promise<void> {
    const onRequestStreamEnd = () => {
      options?.onRequestStreamEnd?.()
      this.#answerUnanswered(message)
    }
    return super.send(message, { ...options, onRequestStreamEnd })
  }

  /** Answers that come after the server's own are dropped by the client. */
  #answerUnanswered(message: JSONRPCMessage | JSONRPCMessage[]): void {
    for (const request of [message].flat()) {
      if (!('method' in request && 'id' in request)) continue
      const error = { code: streamLost, message: 'the stream of the answer ended early' }
      this.onmessage?.({ jsonrpc: '2.0', id: request.id, error })
    }
  }
}
