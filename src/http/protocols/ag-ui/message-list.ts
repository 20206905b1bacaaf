import type { RunState } from '../../../run/fold.js'
import type { AguiEvent, AguiMessage } from './agui-events.js'
import { isMessageOf, isPartOf } from './message-ids.js'
import { toReports } from './reported-results.js'
import { toResultId } from './tool-results.js'

/** The messages that a run's events make, as a client puts them together with those that it shows already. */
export class MessageList {
  readonly #run: string
  /** What the client shows. */
  readonly #shown: readonly AguiMessage[]
  /** What it has reported of the run's tool calls. */
  readonly #reports: ReadonlyMap<string, AguiMessage>
  #messages: readonly AguiMessage[] = []

  constructor(run: string, shown: readonly AguiMessage[]) {
    this.#run = run
    this.#shown = shown
    this.#reports = toReports(shown, run)
  }

  /** Whether the client shows a part of what it will be told now, because it was cut off then. */
  isCutOff(): boolean {
    return this.#shown.some(({ id }) => isMessageOf(this.#run, id) && !this.#has(id))
  }

  /** Whether what came of a tool call stands there as the client has reported it. */
  hasReport(callId: string): boolean {
    const report = this.#reports.get(callId)
    return report !== undefined && this.#has(report.id)
  }

  /** Of the calls that a client was told of, it shows what it has reported itself, and that stays as it is. */
  takeReports({ steps }: RunState): void {
    const made = steps.flatMap(({ calls }) => calls.map(({ call }) => call.callId))
    for (const [callId, report] of this.#reports)
      if (made.includes(callId)) this.#put(toResultId(this.#run, callId), report)
  }

  /** The client's messages, and those that the run has made, but for those of the given ids. */
  toSnapshot(without: readonly string[]): readonly AguiMessage[] {
    const others = this.#shown.filter((message) => !isPartOf(this.#run, message))
    const messages = [...others, ...this.#messages.filter(({ id }) => !without.includes(id))]
    return [...messages, ...toEmptied([...this.#shown, ...this.#messages], messages)]
  }

  take(event: AguiEvent): void {
    switch (event.type) {
      case 'TEXT_MESSAGE_START':
      case 'REASONING_MESSAGE_START':
        this.#open({ id: event.messageId, role: event.role, content: '' })
        break
      case 'TEXT_MESSAGE_CONTENT':
      case 'REASONING_MESSAGE_CONTENT':
        this.#change(event.messageId, ({ content }) => ({ content: `${content}${event.delta}` }))
        break
      case 'TOOL_CALL_START': {
        const { toolCallId: id, toolCallName: name, parentMessageId } = event
        this.#open({ id: parentMessageId, role: 'assistant' })
        const call = { id, type: 'function', function: { name, arguments: '' } }
        this.#change(parentMessageId, (message) => ({ toolCalls: [...toCalls(message), call] }))
        break
      }
      case 'TOOL_CALL_ARGS':
        this.changeArguments(event.toolCallId, (text) => text + event.delta)
        break
      case 'TOOL_CALL_RESULT': {
        const { messageId: id, role, toolCallId, content } = event
        this.#add({ id, role, toolCallId, content })
        break
      }
      case 'MESSAGES_SNAPSHOT': {
        const left = new Map(event.messages.map((message) => [message.id, message]))
        this.#messages = this.#messages.flatMap(({ id }) => left.get(id) ?? [])
        break
      }
    }
  }

  /** Changes the arguments of a tool call. */
  changeArguments(toolCallId: string, change: (text: string) => string): void {
    this.#messages = this.#messages.map((message) => withArguments(message, toolCallId, change))
  }

  #has(id: string): boolean {
    return this.#messages.some((message) => message.id === id)
  }

  /** Adds a message, in place of the one of that id if there is one. */
  #put(id: string, message: AguiMessage): void {
    if (this.#has(id)) this.#messages = this.#messages.map((one) => (one.id === id ? message : one))
    else this.#add(message)
  }

  #add(message: AguiMessage): void {
    this.#messages = [...this.#messages, message]
  }

  #open(opened: AguiMessage): void {
    if (!this.#has(opened.id)) this.#add(opened)
  }

  #change(id: string, change: (message: AguiMessage) => object): void {
    this.#messages = this.#messages.map((message) =>
      message.id === id ? { ...message, ...change(message) } : message,
    )
  }
}

interface ToolCall {
  readonly id: string
  readonly type: string
  readonly function: { readonly name: string; readonly arguments: string }
}

function toCalls({ toolCalls }: AguiMessage): readonly ToolCall[] {
  return (toolCalls as readonly ToolCall[] | undefined) ?? []
}

function withArguments(
  message: AguiMessage,
  toolCallId: string,
  change: (text: string) => string,
): AguiMessage {
  const calls = toCalls(message)
  if (!calls.some(({ id }) => id === toolCallId)) return message
  const toolCalls = calls.map((call) => {
    if (call.id !== toolCallId) return call
    return { ...call, function: { ...call.function, arguments: change(call.function.arguments) } }
  })
  return { ...message, toolCalls }
}

/**
 * Clients keep their thoughts when a snapshot holds none at all, so there it holds an empty one: the first, which is filled
 * again where it stands when the run is told from its beginning.
 */
function toEmptied(all: readonly AguiMessage[], left: readonly AguiMessage[]): readonly AguiMessage[] {
  const first = left.some(isThought) ? undefined : all.find(isThought)
  return first === undefined ? [] : [{ id: first.id, role: 'reasoning', content: '' }]
}

function isThought({ role }: AguiMessage): boolean {
  return role === 'reasoning'
}
