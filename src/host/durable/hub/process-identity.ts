import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Names one process so that another one can find out whether it still runs. */
export interface ProcessIdentity {
  readonly pid: number
  /** Processes with the same value see each other's pids. */
  readonly machine: string
  /** Differs between two processes that had the same pid; `null` where the system does not tell. */
  readonly startMarker: string | null
}

/** This process. */
export function readOwnIdentity(): ProcessIdentity {
  return { pid: process.pid, machine: readMachine(), startMarker: readStat(process.pid)?.started ?? null }
}

/**
 * True when `other` certainly runs no more. A process of another machine is never certain, so `false`.
 * @param machine The machine asked from, as in {@link ProcessIdentity}.
 */
export function isGone(other: ProcessIdentity, machine: string): boolean {
  if (other.machine !== machine) return false
  if (!hasProcess(other.pid)) return true
  const stat = readStat(other.pid)
  if (stat === undefined) return false
  return stat.state === 'Z' || stat.state === 'X' || (other.startMarker ?? stat.started) !== stat.started
}

/** Containers may share a host name while their pids mean different processes, so the pid namespace is part of the name. */
function readMachine(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Not being allowed to signal it also proves that it exists.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** State letter and start time in clock ticks since boot: fields 3 and 22 of proc(5) `stat`; absent off Linux. */
function readStat(pid: number): { readonly state: string; readonly started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [state, started] = [fields[0], fields[19]]
    return state === undefined || started === undefined ? undefined : { state, started }
  } catch {
    return undefined
  }
}
