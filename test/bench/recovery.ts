import { setTimeout as delay } from 'node:timers/promises'
import { createHttpClient, type HttpClient } from './http-client.js'
import { slowToolMs, toolAgentName } from './names.js'
import type { Processes, ServerProcess } from './processes.js'
import type { Row } from './report.js'
import { median } from './statistics.js'

/**
 * How long a run that was cut off by `kill -9` in the middle of a tool takes to be over once the host is started again,
 * beyond the time of that tool. Nobody asks for it.
 */
export async function measureRecovery(
  processes: Processes,
  { repeats }: { readonly repeats: number },
): Promise<readonly Row[]> {
  const model = await processes.startModel()
  const client = createHttpClient()
  const times: number[] = []
  try {
    for (let repeat = 0; repeat < repeats; repeat++) times.push(await recoverOnce(processes, client, model))
  } finally {
    client.close()
    await model.stop()
  }
  const aim = { of: 'value', most: 1000 } as const
  return [{ measure: `recovery after kill -9, median of ${repeats}`, unit: 'ms', ours: median(times), aim }]
}

async function recoverOnce(processes: Processes, client: HttpClient, model: ServerProcess): Promise<number> {
  const options = { slowTool: true, data: processes.createDataFolder() }
  const first = await processes.startHost(model.url, options)
  const body = {
    message: 'What is the weather in Seattle?',
    sessionId: 's',
    correlationId: 'r',
    waitForResponse: false,
  }
  await client.postJson(`${first.url}/agents/${toolAgentName}/run`, JSON.stringify(body))
  // The tool has begun by then, and takes longer.
  await delay(slowToolMs / 2)
  await first.kill()
  const restartedAt = performance.now()
  const second = await processes.startHost(model.url, options)
  const run = `${second.url}/agents/${toolAgentName}/s/runs/r`
  while ((await client.get(run)).status !== 200) await delay(2)
  const ms = performance.now() - restartedAt - slowToolMs
  await second.stop()
  return ms
}
