const prefix = 'answer-'

/** The id of the message that a run answers with. */
export function toAnswerId(run: string): string {
  return `${prefix}${run}`
}

/** The run that a message answers with; `undefined` when the message is of no run. */
export function toAnsweringRun(messageId: string): string | undefined {
  return messageId.startsWith(prefix) ? messageId.slice(prefix.length) : undefined
}
