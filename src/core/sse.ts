/** One server-sent event. Source: WHATWG HTML, "Server-sent events". */
export interface ServerSentEvent {
  readonly id?: string | undefined
  readonly event?: string | undefined
  /** May hold line breaks: each line becomes a `data:` line. */
  readonly data: string
}

/** An event as it goes over the wire, with the blank line that ends it. */
export function toSseText(event: ServerSentEvent): string {
  let text = ''
  if (event.id !== undefined) text += `id: ${event.id}\n`
  if (event.event !== undefined) text += `event: ${event.event}\n`
  for (const line of event.data.split(/\r\n|\r|\n/)) text += `data: ${line}\n`
  return `${text}\n`
}

/** A comment: readers ignore it, proxies see that the stream lives. */
export function toSseComment(text: string): string {
  return `: ${text}\n\n`
}
