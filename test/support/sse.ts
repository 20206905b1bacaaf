/** One thing that came over an event stream. */
export interface SseItem {
  readonly kind: 'event' | 'comment'
  /** The number in its `id:` line; `NaN` when there is none. */
  readonly id: number
  /** Its `id:` line; empty when there is none. */
  readonly lastEventId: string
  readonly type: string
  /** The parsed `data:` of an event, the text of a comment. */
  readonly data: unknown
}

/** Reads an event stream as it comes. Source: WHATWG HTML, "Server-sent events". */
export async function* readSse(response: Response): AsyncGenerator<SseItem> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) yield toItem(block)
  }
  if (text !== '') throw new Error(`The stream ended within an event: ${text}`)
}

function toItem(block: string): SseItem {
  if (block.startsWith(':'))
    return { kind: 'comment', id: Number.NaN, lastEventId: '', type: '', data: block.slice(1).trim() }
  const fields = new Map(block.split('\n').map(toField))
  const lastEventId = fields.get('id') ?? ''
  return {
    kind: 'event',
    id: lastEventId === '' ? Number.NaN : Number(lastEventId),
    lastEventId,
    type: fields.get('event') ?? '',
    data: JSON.parse(fields.get('data') ?? 'null'),
  }
}

function toField(line: string): [string, string] {
  const at = line.indexOf(': ')
  return [line.slice(0, at), line.slice(at + 2)]
}

/** A reader that takes in an event stream in the background, so that a test can look at what has come so far. */
export class EventReader {
  readonly status: number
  readonly headers: Headers
  readonly items: SseItem[] = []
  readonly #response: Response
  readonly #ended: Promise<void>
  #watchers: (() => void)[] = []
  #isOver = false

  constructor(response: Response) {
    this.#response = response
    this.status = response.status
    this.headers = response.headers
    this.#ended = this.#read()
    // Whoever awaits the end meets the error there.
    this.#ended.catch(() => {})
  }

  /** The events so far, without comments. */
  get events(): readonly SseItem[] {
    return this.items.filter(({ kind }) => kind === 'event')
  }

  /** Resolves with all events when the stream has ended. */
  async end(): Promise<readonly SseItem[]> {
    await this.#ended
    return this.events
  }

  /** Resolves with the first item that fits, which may have come already. @throws {Error} when the stream ends without one. */
  async waitFor(fits: (item: SseItem) => boolean): Promise<SseItem> {
    while (true) {
      const found = this.items.find(fits)
      if (found !== undefined) return found
      if (this.#isOver) throw new Error(`The stream ended without it: ${JSON.stringify(this.items)}`)
      await new Promise<void>((resolve) => this.#watchers.push(resolve))
    }
  }

  /** Resolves with the first event of a type. */
  waitForType(type: string): Promise<SseItem> {
    return this.waitFor((item) => item.type === type)
  }

  async #read(): Promise<void> {
    try {
      for await (const item of readSse(this.#response)) {
        this.items.push(item)
        this.#wake()
      }
    } finally {
      this.#isOver = true
      this.#wake()
    }
  }

  #wake(): void {
    const watchers = this.#watchers
    this.#watchers = []
    for (const wake of watchers) wake()
  }
}

/** The text that a run's events tell: deltas put together, voided ones left out. */
export function toStreamedText(events: readonly SseItem[]): string {
  let text = ''
  for (const { type, data } of events) {
    if (type === 'step.reset') text = ''
    if (type === 'tool.completed') text = ''
    if (type === 'message.delta') text += (data as { readonly text: string }).text
  }
  return text
}
