import type { Content } from '../core/messages.js'
import type { AgentResponseUpdate } from '../core/response.js'
import type { RunEvent } from '../run/events.js'

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
    case 'run.prepared':
      return event.data.answer && toTextUpdate(event.data.answer.text)
    case 'step.completed':
      return toToolUpdate(
        'assistant',
        event.data.message.contents.filter((content) => content.type === 'functionCall'),
      )
    case 'tool.progress':
      return { role: 'tool', contents: [], text: '', progress: event.data }
    case 'tool.completed': {
      const { callId, result, error } = event.data
      return toToolUpdate('tool', [{ type: 'functionResult', callId, result, error }])
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

function toToolUpdate(
  role: 'assistant' | 'tool',
  contents: readonly Content[],
): AgentResponseUpdate | undefined {
  return contents.length === 0 ? undefined : { role, contents, text: '' }
}
