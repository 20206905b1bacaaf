import { type EventEmitter, once } from 'node:events'
import type { ChatClient } from '../../src/model/chat-client.js'

/** A client that gives no piece of text before `reader` has emitted `read` for the last one: on a busy machine several would come together. */
export function createPacedClient(client: ChatClient, reader: EventEmitter): ChatClient {
  return {
    ...client,
    async *stream(request, options = {}) {
      const { signal = new AbortController().signal } = options
      for await (const event of client.stream(request, options)) {
        signal.throwIfAborted()
        const goesOn = Promise.race([once(reader, 'read'), once(signal, 'abort')])
        yield event
        if (event.type === 'text') await goesOn
      }
    },
  }
}
