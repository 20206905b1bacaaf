import { readFile } from 'node:fs/promises'

/** One trace of a tool of `test/fixtures/apps/e2e-*`. */
export interface Effect {
  readonly what: 'start' | 'end' | 'reconcile' | 'undo'
  /** The tool's name, and what it was to work on; not told by `e2e-agents`. */
  readonly tool?: string
  readonly id?: string
  readonly pid: number
  readonly sessionId: string
  readonly callId: string
  readonly attempt: number
  readonly idempotencyKey?: string
}

/** The traces in the order in which they were left; none when there is no file yet. */
export async function readEffects(file: string): Promise<readonly Effect[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Effect]))
}
