/** The id of a message that a run has made: whose it is can be told from it. */
export function toMessageId(run: string, name: string): string {
  return `${run}.${name}`
}

/** Whether a run has made a message of that id. */
export function isMessageOf(run: string, id: string): boolean {
  return id.startsWith(toMessageId(run, ''))
}
