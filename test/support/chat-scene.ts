import OpenAI, { APIError } from 'openai'
import type { ChatCompletionChunk, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { ChatCompletionsServer } from './chat-completions-server.js'
import type { RequestMessage } from './chat-completions-server-steps.js'
import { ScriptBook } from './script-book.js'
import type { RunningApp, TestBed } from './start-app.js'

type HeaderMap = Record<string, string>

/** The app of `test/fixtures/apps/e2e-chat` with a model that does as its book says, asked by OpenAI's own client. */
export class ChatScene {
  readonly book: ScriptBook
  readonly model: ChatCompletionsServer
  readonly app: RunningApp
  readonly client: OpenAI

  private constructor(book: ScriptBook, model: ChatCompletionsServer, app: RunningApp) {
    this.book = book
    this.model = model
    this.app = app
    this.client = this.createClient()
  }

  static async set(bed: TestBed): Promise<ChatScene> {
    const book = new ScriptBook()
    const model = await bed.startModel({ script: book.rule, chunks: 5 })
    const app = await bed.startApp({ model, entry: 'test/fixtures/apps/e2e-chat/app.js' })
    return new ChatScene(book, model, app)
  }

  /** A client that tries again by itself, as they do. */
  createClient(headers: HeaderMap = {}): OpenAI {
    return createChatClient(this.app, { defaultHeaders: headers })
  }

  ask(content: string, headers: HeaderMap = {}) {
    const body = { model: 'Assistant', messages: says(content) }
    return this.client.chat.completions.create(body, { headers })
  }

  /** All chunks of an answer. */
  async readChunks(content: string, includeUsage = false): Promise<readonly ChatCompletionChunk[]> {
    const stream = await this.client.chat.completions.create({
      model: 'Assistant',
      messages: says(content),
      stream: true,
      ...(includeUsage && { stream_options: { include_usage: true } }),
    })
    const chunks: ChatCompletionChunk[] = []
    for await (const chunk of stream) chunks.push(chunk)
    return chunks
  }

  /** What the model was shown last. */
  lastAsked(): readonly RequestMessage[] {
    return this.model.requests.at(-1)?.body.messages ?? []
  }
}

/** OpenAI's own client for an app's agents. */
export function createChatClient(
  { url }: RunningApp,
  options: { readonly defaultHeaders?: HeaderMap; readonly maxRetries?: number } = {},
): OpenAI {
  return new OpenAI({ baseURL: `${url}/api/compatible-mode/v1`, apiKey: 'unused', ...options })
}

/** A conversation that is one message of the user's. */
export function says(content: string): ChatCompletionMessageParam[] {
  return [{ role: 'user', content }]
}

/** What chunks say. */
export function toChunkText(chunks: readonly ChatCompletionChunk[]): string {
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
}

/** The error with which the API has answered. @throws {Error} when it has not. */
export async function catchError(work: Promise<unknown>): Promise<APIError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof APIError) return error
  throw new Error(`Expected an error of the API, got ${String(error)}`)
}
