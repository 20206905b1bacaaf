import type { ResponseOutputMessage } from 'openai/resources/responses/responses'
import type { Phase } from './message-teller.js'
import type { OutputList } from './output-list.js'
import type { Frame } from './response-frames.js'

/** Tells the words of a model that would not answer: a message of its own, which is there all at once. */
export function tellRefusal(output: OutputList, refusal: string, phase: Phase): readonly Frame[] {
  const { id, index } = output.begin('msg')
  const begun: ResponseOutputMessage = {
    id,
    type: 'message',
    status: 'in_progress',
    role: 'assistant',
    content: [],
  }
  const part = { type: 'refusal', refusal } as const
  const item: ResponseOutputMessage = { ...begun, status: 'completed', content: [part], phase }
  output.set({ id, index }, item)
  const place = { item_id: id, output_index: index, content_index: 0 }
  return [
    { type: 'response.output_item.added', output_index: index, item: begun },
    { type: 'response.content_part.added', ...place, part: { ...part, refusal: '' } },
    { type: 'response.refusal.delta', ...place, delta: refusal },
    { type: 'response.refusal.done', ...place, refusal },
    { type: 'response.content_part.done', ...place, part },
    { type: 'response.output_item.done', output_index: index, item },
  ]
}
