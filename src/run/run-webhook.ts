/** Somebody who is told of a run in the words of another dialect than ours. */
export interface RunWebhook {
  /** One that the app has allowed. */
  readonly url: string
  /** The dialect, and its version. */
  readonly form: 'a2a-1.0' | 'a2a-0.3'
  /** The headers by which it knows that it is the app that tells it. Security: sealed, as they are secrets. */
  readonly headers?: string | undefined
}
