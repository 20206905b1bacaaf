import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import OpenAI from 'openai'
import type { WaitingRun } from './api.js'
import { type ListeningServer, listen } from './model-server-http.js'
import { waitFor } from './run-scene.js'

/** What a webhook was told, its signature checked as any receiver would by Standard Webhooks. */
export interface ReceivedNews {
  readonly path: string
  readonly id: string
  readonly type: string
  readonly timestamp: string
  readonly data: WaitingRun & { readonly correlationId: string; readonly [field: string]: unknown }
  /** All of it, as it was sent: in other dialects it has none of the fields above. */
  readonly body: unknown
  readonly contentType: string | undefined
  readonly authorization: string | undefined
  /** The token of A2A's clients. */
  readonly token: string | undefined
}

/** The server of somebody who wants to be told. */
export class WebhookReceiver {
  readonly #server: ListeningServer
  readonly #news: ReceivedNews[]
  /** What the next ones are answered; then 204. */
  readonly answers: { readonly status: number; readonly location?: string }[]

  private constructor(server: ListeningServer, news: ReceivedNews[], answers: WebhookReceiver['answers']) {
    this.#server = server
    this.#news = news
    this.answers = answers
  }

  static async start(secret: string): Promise<WebhookReceiver> {
    const news: ReceivedNews[] = []
    const answers: WebhookReceiver['answers'] = []
    const { webhooks } = new OpenAI({ apiKey: 'none', webhookSecret: secret })
    const server = await listen(async (request, response) => {
      const body = await text(request)
      await webhooks.verifySignature(body, request.headers as Record<string, string>)
      news.push({ ...JSON.parse(body), ...toOrigin(request), body: JSON.parse(body) })
      const { status, location } = answers.shift() ?? { status: 204 }
      response.writeHead(status, location === undefined ? {} : { location }).end()
    })
    return new WebhookReceiver(server, news, answers)
  }

  get host(): string {
    return `127.0.0.1:${this.#server.port}`
  }

  url(path: string): string {
    return `http://${this.host}${path}`
  }

  /** All that was told, by each attempt. */
  get news(): readonly ReceivedNews[] {
    return this.#news
  }

  /** All that was told of a run in our own words. */
  of(correlationId: string): readonly ReceivedNews[] {
    return this.#news.filter(({ data }) => data?.correlationId === correlationId)
  }

  /** Resolves when so much was told of a run. */
  waitFor(correlationId: string, count: number, withinMs?: number): Promise<readonly ReceivedNews[]> {
    return waitFor(
      () => (this.of(correlationId).length >= count ? this.of(correlationId) : undefined),
      withinMs,
    )
  }

  close(): Promise<void> {
    return this.#server.close()
  }
}

function toOrigin({ url = '', headers }: IncomingMessage) {
  const token = headers['x-a2a-notification-token']
  return {
    path: url,
    id: String(headers['webhook-id']),
    contentType: headers['content-type'],
    authorization: headers.authorization,
    token: token === undefined ? undefined : String(token),
  }
}
