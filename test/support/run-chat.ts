import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { vi } from 'vitest'
import { repository } from './start-app.js'

/** The `chat` command in a process of its own, whose lines come by a pipe. */
export interface RunningChat {
  /** What it has written so far. */
  readonly output: { readonly stdout: string; readonly stderr: string }
  /** Writes a line to it. */
  type(line: string): void
  /** Resolves when that stands in one of its outputs. @throws {Error} when it does not come in time. */
  waitFor(text: string, stream?: 'stdout' | 'stderr'): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>
  /** The same, after there will be no more lines. */
  end(): Promise<number | null>
}

/** Starts the compiled command. */
export function runChat(args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningChat {
  const child = spawn(process.execPath, [join(repository, 'dist/src/cli/main.js'), 'chat', ...args], {
    timeout: 60_000,
    killSignal: 'SIGKILL',
    env: { ...process.env, NODE_OPTIONS: '', DURABLE_AGENTS_KEY: '', ...env },
  })
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null)
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  // It may have ended before it has read all.
  child.stdin.on('error', () => {})
  return {
    output,
    type: (line) => child.stdin.write(`${line}\n`),
    async waitFor(text, stream = 'stdout') {
      const hasCome = () => output[stream].includes(text)
      await vi.waitUntil(hasCome, { interval: 10, timeout: 20_000 }).catch((cause: unknown) => {
        throw new Error(`"${text}" did not come. Output: ${JSON.stringify(output)}`, { cause })
      })
    },
    signal: (signal) => child.kill(signal),
    ended,
    end() {
      child.stdin.end()
      return ended
    },
  }
}
