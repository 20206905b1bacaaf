import { type ChatMessage, type Content, toSaidText, toText } from '../core/messages.js'
import type { AgentResponseUpdate } from '../core/response.js'
import type { RunEvent } from './events.js'

/** What a run's event adds to the answer; `undefined` for events that add nothing a reader sees. */
export function toUpdate(event: RunEvent): AgentResponseUpdate | undefined {
  switch (event.type) {
    case 'message.delta':
      return { ...toTextUpdate(event.data.text), ...toToken(event.data.continuation) }
    case 'reasoning.delta': {
      const { text, continuation } = event.data
      return {
        role: 'assistant',
        contents: [{ type: 'reasoning', text }],
        text: '',
        ...toToken(continuation),
      }
    }
    case 'step.continued':
      return event.data.token === undefined
        ? undefined
        : { role: 'assistant', contents: [], text: '', ...toToken(event.data.token) }
    case 'step.reset':
    case 'answer.rejected':
      return { role: 'assistant', contents: [], text: '', isReset: true }
    case 'run.prepared':
      return event.data.answer && toTextUpdate(event.data.answer.text)
    case 'step.completed':
      return toStepUpdate(event.data.message)
    case 'tool.progress':
      return { role: 'tool', contents: [], text: '', progress: event.data }
    case 'tool.completed': {
      const { callId, result, error } = event.data
      return { role: 'tool', contents: [{ type: 'functionResult', callId, result, error }], text: '' }
    }
    default:
      return undefined
  }
}

function toToken(continuationToken: string | undefined): Pick<AgentResponseUpdate, 'continuationToken'> {
  return continuationToken === undefined ? {} : { continuationToken }
}

function toTextUpdate(text: string): AgentResponseUpdate {
  return { role: 'assistant', contents: [{ type: 'text', text }], text }
}

/** What of a model's answer did not come as a delta: tool calls, media, a refusal, whose words are the text when there is no other. */
function toStepUpdate(message: ChatMessage): AgentResponseUpdate | undefined {
  const contents = message.contents.filter(({ type }) => !toldByDeltas.includes(type))
  const text = toText(message.contents) === '' ? toSaidText(message) : ''
  return contents.length === 0 ? undefined : { role: 'assistant', contents, text }
}

const toldByDeltas: readonly Content['type'][] = ['text', 'reasoning', 'provider']
