/** How often to look whether npm's shell is still there. */
const lookEveryMs = 250

// Taken when the process starts, as npm may be gone before the host is ready.
const shell = process.ppid

/**
 * Calls `onGone` when npm has been told to end (`kill $!` in a script, `docker stop`). It tells only the shell between itself and this
 * process, which ends without passing it on: the host would keep its port with nobody knowing. Does nothing when npm did not
 * start this process: who starts the command without it may well put it in the background for good.
 */
export function followNpm(onGone: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const timer = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(timer)
    onGone()
  }, lookEveryMs)
  timer.unref()
}
