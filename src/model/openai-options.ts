/** How a model of OpenAI's kind is asked, whichever API it is asked by. */
export interface OpenAICallOptions {
  /** Name of the model, as the server knows it. */
  readonly model: string
  /** Whether to ask for the answer in chunks; `false` for servers that cannot stream. @default true */
  readonly stream?: boolean | undefined
  /**
   * Longest silence of the server: before the first chunk, and between two. Without `stream`, longest time for the
   * whole answer. Node's own `fetch`, where it makes the calls, gives up after 300,000.
   * @default 300_000
   */
  readonly timeoutMs?: number | undefined
}
