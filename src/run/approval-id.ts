/** An id for a question to a human; it names the run that asks, so that whoever has it finds that run. */
export function createApprovalId(run: string): string {
  return `${run}~${crypto.randomUUID()}`
}

/** The run that an approval's id names. Text that is no such id names a run that has no approval of it. */
export function toAskingRun(approvalId: string): string {
  return approvalId.replace(/~[^~]*$/, '')
}
