import { hash } from 'node:crypto'
import { TaskState } from '@a2a-js/sdk'
import { z } from 'zod'
import { type ChatMessage, type FunctionCallContent, noUsage, type Usage } from '../../core/messages.js'
import type { ChatAnswer, ChatRequest } from '../../model/chat-client.js'
import { fromWireUsage } from '../../run/wire-usage.js'
import { type Confirmation, confirmationName } from './confirmation-tool.js'
import { toTaskError } from './remote-failures.js'
import { type RemotePlace, toPlaceContent } from './remote-place.js'
import { type TaskView, toPartsText } from './task-view.js'

/** Which agent answers, by its name here and by the key under which its places are kept. */
export interface Answerer {
  readonly name: string
  readonly key: string
}

/** What a settled task is as an answer: its words, or calls that humans have to agree to. @throws {AgentError} `model_error` when the task came to nothing. */
export function toChatAnswer(answerer: Answerer, view: TaskView, request: ChatRequest): ChatAnswer {
  const { name } = answerer
  if (view.message !== undefined || view.state === TaskState.TASK_STATE_COMPLETED)
    return toAnswer(answerer, view, view.text, 'stop', [])
  if (view.state !== TaskState.TASK_STATE_INPUT_REQUIRED) throw toTaskError(name, view)
  const calls = canConfirm(request) ? toConfirmations(name, view) : []
  if (calls.length > 0) return toAnswer(answerer, view, '', 'tool_calls', calls)
  return toAnswer(answerer, view, toWords(view), 'stop', [])
}

function canConfirm({ tools = [] }: ChatRequest): boolean {
  return tools.some(({ name }) => name === confirmationName)
}

/** What a task says of how it stands. */
function toWords({ task }: TaskView): string {
  const parts = task?.status?.message?.parts ?? []
  return toPartsText(parts.filter(({ content }) => content?.$case === 'text'))
}

function toAnswer(
  { name, key }: Answerer,
  view: TaskView,
  text: string,
  finishReason: ChatAnswer['finishReason'],
  calls: readonly FunctionCallContent[],
): ChatAnswer {
  const contents = [{ type: 'text', text } as const, ...calls, toPlaceContent(key, toPlace(view))]
  const message: ChatMessage = { role: 'assistant', contents }
  return { message, usage: toUsage(view), finishReason, model: name }
}

/** A task that asks is gone on with; one that has ended is not. */
function toPlace({ state, task, message, question }: TaskView): RemotePlace {
  const contextId = task?.contextId ?? message?.contextId ?? ''
  return state === TaskState.TASK_STATE_INPUT_REQUIRED
    ? { contextId, taskId: task?.id, question }
    : { contextId }
}

/** What agents of ours ask. */
const question = z.object({
  approvalId: z.string(),
  name: z.string(),
  arguments: z.unknown().optional(),
  agent: z.string().nullish(),
})

function toConfirmations(name: string, view: TaskView): readonly FunctionCallContent[] {
  const words = toWords(view)
  return (view.task?.status?.message?.parts ?? []).flatMap(({ content }) => {
    const asked = question.safeParse(content?.$case === 'data' ? content.value : undefined)
    if (!asked.success) return []
    const { approvalId, name: tool, arguments: args, agent } = asked.data
    const called: Confirmation = { approvalId, agent: agent ?? name, tool, arguments: args, question: words }
    const callId = `call_${hash('sha256', approvalId).slice(0, 24)}`
    return [
      { type: 'functionCall', callId, name: confirmationName, arguments: JSON.parse(JSON.stringify(called)) },
    ]
  })
}

/** What agents of ours tell of a task that is completed. */
const spent = z.object({
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number(), total_tokens: z.number() }),
})

function toUsage({ task }: TaskView): Usage {
  const parsed = spent.safeParse(task?.metadata)
  return parsed.success ? fromWireUsage(parsed.data.usage) : noUsage
}
