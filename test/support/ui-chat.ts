import {
  AbstractChat,
  type ChatInit,
  type ChatState,
  DefaultChatTransport,
  type FileUIPart,
  isToolUIPart,
  type UIMessage,
  type UIMessageChunk,
  uiMessageChunkSchema,
} from 'ai'
import type { UiMetadata } from '../../src/http/protocols/ai-sdk/ui-chunks.js'

/** A message as our answers have it. */
export type Message = UIMessage<UiMetadata>

export interface UiChatOptions
  extends Pick<ChatInit<Message>, 'messages' | 'sendAutomaticallyWhen' | 'onToolCall'> {
  /** Where the host listens, without `/api`. */
  readonly url: string
  readonly id: string
  /** @default 'Assistant' */
  readonly agent?: string
  readonly headers?: Record<string, string>
  /** What goes with each request. @default nothing */
  readonly body?: object
}

/** What `useChat` keeps in a component, kept in an object. */
export class UiChat extends AbstractChat<Message> {
  readonly chunks: UIMessageChunk[]

  constructor({
    url,
    id,
    agent = 'Assistant',
    headers = {},
    body = {},
    messages = [],
    sendAutomaticallyWhen = () => false,
    ...options
  }: UiChatOptions) {
    const chunks: UIMessageChunk[] = []
    const transport = new RecordingTransport({ api: `${url}/api/ai-sdk/${agent}`, headers, body }, chunks)
    super({ ...options, id, transport, state: createState(messages), sendAutomaticallyWhen })
    this.chunks = chunks
  }

  /** The text of the answer to what was said last. */
  get text(): string {
    return this.lastMessage?.role === 'assistant' ? toText(this.lastMessage) : ''
  }

  /** Sends a text, and resolves when its answer has been read. */
  async say(text: string, files: FileUIPart[] = []): Promise<string> {
    await this.sendMessage({ text, files })
    return this.text
  }
}

/** The transport of `useChat`, which keeps what comes in. It checks every chunk against the AI SDK's schema. */
class RecordingTransport extends DefaultChatTransport<Message> {
  readonly #chunks: UIMessageChunk[]

  constructor(
    options: { api: string; headers: Record<string, string>; body: object },
    chunks: UIMessageChunk[],
  ) {
    super(options)
    this.#chunks = chunks
  }

  protected override processResponseStream(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  ): ReadableStream<UIMessageChunk> {
    const chunks = this.#chunks
    return super.processResponseStream(stream).pipeThrough(
      new TransformStream<UIMessageChunk, UIMessageChunk>({
        transform(chunk, controller) {
          chunks.push(chunk)
          controller.enqueue(chunk)
        },
      }),
    )
  }
}

function createState(messages: Message[]): ChatState<Message> {
  return {
    status: 'ready',
    error: undefined,
    messages,
    pushMessage(message) {
      this.messages = [...this.messages, message]
    },
    popMessage() {
      this.messages = this.messages.slice(0, -1)
    },
    replaceMessage(index, message) {
      this.messages = this.messages.with(index, message)
    },
    snapshot: (thing) => structuredClone(thing),
  }
}

/** @throws {Error} naming what the AI SDK would not read. */
export async function checkChunks(chunks: readonly unknown[]): Promise<UIMessageChunk[]> {
  const { validate } = uiMessageChunkSchema()
  return Promise.all(
    chunks.map(async (chunk) => {
      const checked = await validate?.(chunk)
      if (checked?.success) return checked.value
      throw new Error(`No chunk of a UI message stream: ${JSON.stringify(chunk)}`)
    }),
  )
}

/** The text parts of a message. */
export function toText(message: UIMessage | undefined): string {
  return (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('')
}

/** A message's parts in a line each, as a page shows them. */
export function toLines(message: UIMessage | undefined): readonly string[] {
  return (message?.parts ?? []).map((part) => {
    if (isToolUIPart(part))
      return `${part.type} ${part.state} ${part.errorText ?? JSON.stringify(part.output)}`
    return 'text' in part ? `${part.type} ${part.text}` : part.type
  })
}
