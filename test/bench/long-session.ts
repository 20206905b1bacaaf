import { createHttpClient } from './http-client.js'
import { createMessage } from './load.js'
import { windowAgentName } from './names.js'
import type { Processes } from './processes.js'
import type { Row } from './report.js'
import { median } from './statistics.js'

const around = 50

/** What a turn of one conversation costs around turn 10, 1,000 and the last, for an agent that shows its model the newest turns only. */
export async function measureLongSession(
  processes: Processes,
  { turns }: { readonly turns: number },
): Promise<readonly Row[]> {
  const model = await processes.startModel()
  const host = await processes.startHost(model.url)
  const client = createHttpClient()
  const run = `${host.url}/agents/${windowAgentName}/run`
  const converse = async (sessionId: string, count: number) => {
    const times: number[] = []
    for (let turn = 1; turn <= count; turn++) {
      const startedAt = performance.now()
      const { status, text } = await client.postJson(
        run,
        JSON.stringify({ message: createMessage(turn), sessionId }),
      )
      if (status !== 200) throw new Error(`Turn ${turn} answered ${status}: ${text}`)
      times.push(performance.now() - startedAt)
    }
    return times
  }
  try {
    for (let count = 0; count < 40; count++) await converse(`warm-up-${count}`, 15)
    const early: number[] = []
    for (let count = 0; count < 20; count++) early.push(...(await converse(`early-${count}`, 15)).slice(5))
    const times = await converse('long', turns)
    const at = (turn: number) => median(times.slice(turn - around, turn))
    const tenth = median(early)
    const row = (turn: number) => ({
      measure: `turn ${turn} of a long session, p50`,
      unit: 'ms',
      ours: at(turn),
    })
    return [
      { measure: 'turn 10 of a session, p50', unit: 'ms', ours: tenth },
      ...(turns > 1_000 ? [row(1_000)] : []),
      row(turns),
      {
        measure: 'the last turn beside the 10th',
        unit: 'times',
        ours: at(turns) / tenth,
        aim: { of: 'value', most: 1.2 } as const,
      },
    ]
  } finally {
    client.close()
    await host.stop()
    await model.stop()
  }
}
