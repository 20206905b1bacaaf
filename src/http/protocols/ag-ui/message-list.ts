import type { AguiEvent, AguiMessage } from './agui-events.js'

/** The messages that events make, as a client puts them together. */
export class MessageList {
  #messages: readonly AguiMessage[] = []

  get messages(): readonly AguiMessage[] {
    return this.#messages
  }

  has(id: string): boolean {
    return this.#messages.some((message) => message.id === id)
  }

  /** Adds a message, in place of the one of that id if there is one. */
  put(id: string, message: AguiMessage): void {
    if (this.has(id)) this.#messages = this.#messages.map((one) => (one.id === id ? message : one))
    else this.add(message)
  }

  add(message: AguiMessage): void {
    this.#messages = [...this.#messages, message]
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
        this.add({ id, role, toolCallId, content })
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

  #open(opened: AguiMessage): void {
    if (!this.has(opened.id)) this.add(opened)
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
