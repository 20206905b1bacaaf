import type { Processes, ServerProcess } from './processes.js'
import type { Row } from './report.js'
import { median } from './statistics.js'

/** How long it takes from the command to the first good answer of `GET health`. */
export async function measureReady(
  processes: Processes,
  { repeats }: { readonly repeats: number },
): Promise<readonly Row[]> {
  const model = await processes.startModel()
  const plain: number[] = []
  const ours: number[] = []
  for (let repeat = 0; repeat < repeats; repeat++) {
    plain.push(await timeStart(processes.startPlain(model.url)))
    ours.push(await timeStart(processes.startHost(model.url)))
  }
  await model.stop()
  const aim = { of: 'value', most: 1000 } as const
  return [
    { measure: `ready, median of ${repeats}`, unit: 'ms', plain: median(plain), ours: median(ours), aim },
  ]
}

async function timeStart(starting: Promise<ServerProcess>): Promise<number> {
  const server = await starting
  await server.stop()
  return server.readyMs
}
