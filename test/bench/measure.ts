import { readFileSync } from 'node:fs'

/** Linux counts CPU time in these for every program, whatever the kernel's own tick. Source: proc(5), times(2). */
const msPerTick = 10

/** CPU milliseconds that a process has used, all threads, user and system. `undefined` where there is no /proc. */
export function readCpuMs(pid: number): number | undefined {
  const stat = readProcessFile(pid, 'stat')
  if (stat === undefined) return undefined
  // The second field, the name, may hold blanks; it ends with the last parenthesis. utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * msPerTick
}

/** The most memory that a process ever had resident, in bytes. `undefined` where there is no /proc. */
export function readPeakBytes(pid: number): number | undefined {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readProcessFile(pid, 'status') ?? '')?.[1]
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
}

/** Decimal megabytes. */
export function toMegabytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 1_000_000
}

function readProcessFile(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return undefined
  }
}

/** Counts CPU time from now on: milliseconds per turn, when the turns since then are known. */
export function startCpuMeter(pid: number): (turns: number) => number | undefined {
  const before = readCpuMs(pid)
  return (turns) => {
    const after = readCpuMs(pid)
    return before === undefined || after === undefined ? undefined : (after - before) / turns
  }
}
