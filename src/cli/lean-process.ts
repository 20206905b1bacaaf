import inspector from 'node:inspector'

/**
 * Halve the memory of a busy host, as V8 otherwise lets garbage pile up to several times what is in use, and leave the machine's
 * cores to others; they set no limit. V8 reads them only when it starts.
 */
export const leanFlags: readonly string[] = [
  '--max-semi-space-size=16',
  '--no-minor-gc-task',
  '--heap-growing-percent=45',
  '--v8-pool-size=2',
]

/** glibc's name for the size, in bytes, from which on a piece of memory is given back to the system as soon as it is free (mallopt(3), `M_MMAP_THRESHOLD`). */
const setting = 'MALLOC_MMAP_THRESHOLD_'
/** V8's compilers take their memory in pieces of this size. Left to itself glibc keeps what they no longer need, up to 30 MB of it. */
const threshold = '32768'

/**
 * Keeps a busy host small: with V8's flags, and on Linux with glibc's setting, some 20 MB more. Both are read only when a process
 * starts, so this one replaces itself, once and under the same id, where the platform can do so: the command's first line cannot
 * hold flags, as not every `env` can split them. A threshold of the user's own is left alone, and so is a process that
 * could not take along its debugger or its channel to another process.
 */
export function useLeanProcess(): void {
  if (process.env[setting] === threshold) {
    // The app and its children see the environment as the user has set it.
    delete process.env[setting]
    return
  }
  const { platform, execve, execPath, execArgv, argv, env } = process
  if (platform === 'win32' || execve === undefined || env[setting] !== undefined) return
  if (process.connected || inspector.url() !== undefined) return
  const flags = leanFlags.filter((flag) => !execArgv.includes(flag))
  execve(execPath, [execPath, ...flags, ...execArgv, ...argv.slice(1)], toLeanEnvironment(env))
}

/** The environment of a process that is lean from its start. */
export function toLeanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { [setting]: threshold, ...environment }
}
