import inspector from 'node:inspector'

/** glibc's name for the size, in bytes, from which on a piece of memory is given back to the system as soon as it is free (mallopt(3), `M_MMAP_THRESHOLD`). */
const setting = 'MALLOC_MMAP_THRESHOLD_'
/** V8's compilers take their memory in pieces of this size. Left to itself glibc keeps what they no longer need, up to 30 MB of it. */
const threshold = '32768'

/**
 * Keeps a busy host some 20 MB smaller on Linux with glibc; elsewhere nothing comes of it. The C library looks for its settings
 * only when a process starts, so this one replaces itself, once and under the same id. A threshold of the user's own
 * is left alone, and so is a process that could not take along its debugger or its channel to another process.
 */
export function useLeanAllocator(): void {
  if (process.env[setting] === threshold) {
    // The app and its children see the environment as the user has set it.
    delete process.env[setting]
    return
  }
  const { platform, execve, execPath, execArgv, argv, env } = process
  if (platform !== 'linux' || execve === undefined || env[setting] !== undefined) return
  if (process.connected || inspector.url() !== undefined) return
  execve(execPath, [execPath, ...execArgv, ...argv.slice(1)], toLeanEnvironment(env))
}

/** The environment of a process that is lean from its start. */
export function toLeanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { [setting]: threshold, ...environment }
}
