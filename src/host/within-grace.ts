/** Resolves when `work` has, or after `graceMs`. Rejects as `work` does. */
export async function withinGrace(work: Promise<unknown>, graceMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const graceOver = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, graceMs)
  })
  await Promise.race([work, graceOver]).finally(() => clearTimeout(timer))
}
