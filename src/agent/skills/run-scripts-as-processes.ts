import { execFile } from 'node:child_process'
import { extname, join } from 'node:path'
import { checkOptions } from '../../core/check-options.js'
import type { ScriptRunner } from './skill-tools.js'

export interface ProcessScriptOptions {
  /** The program that runs files with an ending. @default node for `.js` and `.mjs`, python3 for `.py`, sh for `.sh` */
  readonly interpreters?: Readonly<Record<string, string>> | undefined
  /** @default 60,000 */
  readonly timeoutMs?: number | undefined
  /** Environment variables of the script besides `PATH`. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined
}

const defaultInterpreters: Readonly<Record<string, string>> = {
  '.js': process.execPath,
  '.mjs': process.execPath,
  '.py': 'python3',
  '.sh': 'sh',
}

/**
 * Runs scripts of skills as processes in the skill's folder, without a shell in between and without this process's
 * environment.
 * Security: they may do whatever this process's user may. Use it for skills that you would run yourself.
 * @throws {AgentError} `invalid_configuration` for options that there are not.
 */
export function runScriptsAsProcesses(options: ProcessScriptOptions = {}): ScriptRunner {
  checkOptions('runScriptsAsProcesses', options, { interpreters: true, timeoutMs: true, env: true })
  const { interpreters = defaultInterpreters, timeoutMs = 60_000, env = {} } = options
  return ({ script, args }, { signal }) => {
    const interpreter = interpreters[extname(script.name)]
    if (interpreter === undefined) throw new Error(`Nothing runs scripts like "${script.name}".`)
    return new Promise((resolve, reject) => {
      execFile(
        interpreter,
        [join(script.folder, script.name), ...args],
        { cwd: script.folder, env: { PATH: process.env.PATH, ...env }, timeout: timeoutMs, signal },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout)
          else reject(new Error(`The script failed (${error.code ?? error.signal}): ${stderr || stdout}`))
        },
      )
    })
  }
}
