import type { HistoryLine } from './app-client.js'

/** The message that was said last, and its run. */
export interface LastMessage {
  readonly run: string
  readonly text: string
  readonly hasFile: boolean
  /** The run that it undoes; `undefined` when it undoes none. */
  readonly undoes: string | undefined
}

/** What was said last, with what joined it; `undefined` when nothing was, or not in a run. */
export function findLastMessage(lines: readonly HistoryLine[]): LastMessage | undefined {
  const last = lines.at(-1)
  if (last?.correlationId === undefined) return undefined
  const { correlationId: run, role } = last
  const answered = lines.findLastIndex((line, index) => line.role !== 'user' && index < lines.length - 1)
  const said = lines.slice(answered + 1).filter((line) => line.role === 'user')
  // What waits for its answer stands behind others that do.
  const own = role === 'user' ? said.filter(({ correlationId }) => correlationId === run) : said
  const hasFile = own.some(({ files = 0 }) => files > 0)
  const undoes = own.find((line) => line.undoes !== undefined)?.undoes
  return { run, text: own.map(({ content }) => content).join('\n'), hasFile, undoes }
}
