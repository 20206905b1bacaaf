/** The mailbox of one task of an execution, and the id of its timer. */
export function toTaskId(execution: string, number: number): string {
  return `${execution}:${number}`
}

/** The number in a {@link toTaskId}. */
export function toTaskNumber(taskId: string): number {
  return Number(taskId.slice(taskId.lastIndexOf(':') + 1))
}
