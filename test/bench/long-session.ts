import { createHttpClient } from './http-client.js'
import { createMessage } from './load.js'
import { windowAgentName } from './names.js'
import type { Processes } from './processes.js'
import type { Row } from './report.js'
import { median } from './statistics.js'

/** Has so many more turns of a session; returns each turn's milliseconds. */
type Converse = (session: string, from: number, count: number) => Promise<readonly number[]>

/** How many turns of the long session are measured at a mark. */
const measuredTurns = 100
/** How many turns the long session has before a short one has its own. */
const blockTurns = 5

/**
 * What a turn of one conversation costs around turn 1,000 and the last, beside turns 6 to 15 of conversations that are had at
 * the same time, so that a busy moment of the machine hits both; for an agent that shows its model the newest turns only.
 */
export async function measureLongSession(
  processes: Processes,
  { turns }: { readonly turns: number },
): Promise<readonly Row[]> {
  const model = await processes.startModel()
  const host = await processes.startHost(model.url)
  const client = createHttpClient()
  const run = `${host.url}/agents/${windowAgentName}/run`
  const converse: Converse = async (sessionId, from, count) => {
    const times: number[] = []
    for (let turn = from; turn < from + count; turn++) {
      const startedAt = performance.now()
      const body = JSON.stringify({ message: createMessage(turn), sessionId })
      const { status, text } = await client.postJson(run, body)
      if (status !== 200) throw new Error(`Turn ${turn} answered ${status}: ${text}`)
      times.push(performance.now() - startedAt)
    }
    return times
  }
  try {
    for (let count = 0; count < 40; count++) await converse(`warm-up-${count}`, 1, 15)
    const rows: Row[] = []
    let had = 0
    for (const mark of turns > 1_000 ? [1_000, turns] : [turns]) {
      await converse('long', had + 1, mark - measuredTurns - had)
      rows.push(...toRows(mark, await measureAt(mark, converse)))
      had = mark
    }
    return rows
  } finally {
    client.close()
    await host.stop()
    await model.stop()
  }
}

/** The last turns up to a mark, and early turns of other sessions between them. */
async function measureAt(mark: number, converse: Converse) {
  const late: number[] = []
  const early: number[] = []
  for (let turn = mark - measuredTurns + 1; turn <= mark; turn += blockTurns) {
    late.push(...(await converse('long', turn, blockTurns)))
    early.push(...(await converse(`short-${turn}`, 1, 15)).slice(5))
  }
  return { late: median(late), early: median(early) }
}

function toRows(
  mark: number,
  { late, early }: { readonly late: number; readonly early: number },
): readonly Row[] {
  return [
    { measure: `turn 10 of sessions at that time, p50`, unit: 'ms', ours: early },
    { measure: `turn ${mark} of a long session, p50`, unit: 'ms', ours: late },
    {
      measure: `turn ${mark} beside the 10th`,
      unit: 'times',
      ours: late / early,
      aim: { of: 'value', most: 1.2 },
    },
  ]
}
