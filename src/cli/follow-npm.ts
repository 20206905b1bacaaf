import { readFileSync } from 'node:fs'

/** How often to look whether npm and its shell are still there. */
const lookEveryMs = 250

// Taken when the process starts, as npm may be gone before the host is ready.
const shell = process.ppid
const npm = findNpm()

/**
 * Calls `onGone` when npm has been told to end (`kill $!` in a script, `docker stop`) or was killed. It tells only the shell between
 * itself and this process, or nobody, and neither passes it on: the host would keep its port with nobody knowing. Does nothing when
 * npm did not start this process: who starts the command without it may well put it in the background for good.
 */
export function followNpm(onGone: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const timer = setInterval(() => {
    if (isFollowed()) return
    clearInterval(timer)
    onGone()
  }, lookEveryMs)
  timer.unref()
}

function isFollowed(): boolean {
  return process.ppid === shell && (npm === undefined || readProcess(shell)?.parent === npm)
}

/** npm's process id, if it is that of the shell's parent. */
function findNpm(): number | undefined {
  const parent = readProcess(shell)?.parent
  if (parent === undefined) return undefined
  return readProcess(parent)?.name.startsWith('npm') ? parent : undefined
}

/** What Linux tells of a process (man7.org/linux/man-pages/man5/proc_pid_stat.5.html); other systems tell only by a command, and not here. */
function readProcess(id: number): { readonly name: string; readonly parent: number } | undefined {
  try {
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+) /s.exec(readFileSync(`/proc/${id}/stat`, 'utf8')) ?? []
    return name === undefined ? undefined : { name, parent: Number(parent) }
  } catch {
    return undefined
  }
}
