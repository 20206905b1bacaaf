import { readPeakBytes, toMegabytes } from './measure.js'
import type { Processes, ServerProcess } from './processes.js'
import type { Row } from './report.js'
import { median } from './statistics.js'

/** The app of `npm start`, as seen from the folder of the benchmarks. */
const quickstart = '../../samples/01-single-agent/app.js'

/** How long it takes from the command to the first good answer of `GET health`, and the memory that this has taken. */
export async function measureReady(
  processes: Processes,
  { repeats }: { readonly repeats: number },
): Promise<readonly Row[]> {
  const model = await processes.startModel()
  const plain: Start[] = []
  const ours: Start[] = []
  for (let repeat = 0; repeat < repeats; repeat++) {
    plain.push(await measureStart(processes.startPlain(model.url)))
    ours.push(await measureStart(processes.startHost(model.url, { app: quickstart })))
  }
  await model.stop()
  const row = (measure: string, unit: string, most: number, read: (start: Start) => number): Row => ({
    measure: `${measure}, median of ${repeats}`,
    unit,
    plain: median(plain.map(read)),
    ours: median(ours.map(read)),
    aim: { of: 'value', most },
  })
  return [
    row('ready', 'ms', 500, ({ readyMs }) => readyMs),
    row('memory when ready', 'MB', 120, ({ peakMegabytes }) => peakMegabytes),
  ]
}

interface Start {
  readonly readyMs: number
  /** `NaN` where it cannot be read. */
  readonly peakMegabytes: number
}

async function measureStart(starting: Promise<ServerProcess>): Promise<Start> {
  const server = await starting
  const peakMegabytes = toMegabytes(readPeakBytes(server.pid)) ?? Number.NaN
  await server.stop()
  return { readyMs: server.readyMs, peakMegabytes }
}
