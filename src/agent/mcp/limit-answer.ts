import type { AgentError } from '../../core/errors.js'

/** Most that one answer, or one stream, of a server elsewhere may have; bytes. */
export const maxAnswerBytes = 16 * 1024 * 1024

/** The same answer, but reading on fails where it is too long. Security: what others answer must not fill the memory. */
export function limitAnswer(answer: Response, createError: () => AgentError): Response {
  let bytes = 0
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength
      if (bytes <= maxAnswerBytes) controller.enqueue(chunk)
      else controller.error(createError())
    },
  })
  return new Response(answer.body?.pipeThrough(limit) ?? null, answer)
}
