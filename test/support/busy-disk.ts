/** A disk that is at work until it is told to finish. */
export function createBusyDisk() {
  let finish = () => {}
  const flushed = new Promise<void>((resolve) => {
    finish = resolve
  })
  return { flushed, finish: () => finish() }
}
