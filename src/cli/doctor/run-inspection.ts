import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Inspection, InspectionRequest } from './inspection.js'

/** Longest time for an app to load, and for what it leans on to answer. */
const limitMs = 60_000
/** How much of what the app has written is looked at for its last words. */
const keptCharacters = 4_000

/** Loads the app in a process of its own, and gives what came of it. With no `dataDir` the app gets a folder that is deleted afterwards. */
export async function runInspection(
  request: Omit<InspectionRequest, 'dataDir'> & { readonly dataDir: string | undefined },
): Promise<Inspection> {
  const scratch = request.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'durable-agents-')) : undefined
  try {
    return await inspectApart({ ...request, dataDir: request.dataDir ?? scratch ?? '' })
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function inspectApart(request: InspectionRequest): Promise<Inspection> {
  const file = fileURLToPath(new URL('./inspect-app.js', import.meta.url))
  const child = fork(file, [JSON.stringify(request)], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const closed = once(child, 'close')
  try {
    return await hearFrom(child)
  } finally {
    child.kill('SIGKILL')
    await closed
  }
}

function hearFrom(child: ChildProcess): Promise<Inspection> {
  const words = { text: '' }
  // What an app says of itself is for its own start; unread it would stop when the pipe is full.
  child.stdout?.resume()
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words.text = `${words.text}${text}`.slice(-keptCharacters)
  })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve({ state: 'hung', afterMs: limitMs }), limitMs)
    child.once('error', reject)
    child.once('message', (inspection) => resolve(inspection as Inspection))
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ state: 'ended', code: code ?? signal ?? 'unknown', words: findLastWords(words.text) })
    })
  })
}

/** The line of an uncaught error, else the last one that is not about Node itself. */
function findLastWords(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\s+at |^Node\.js v/.test(line))
  return (lines.findLast((line) => /^\w*(Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? '').trim()
}
