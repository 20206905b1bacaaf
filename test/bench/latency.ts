import { runSession } from './load.js'
import { startCpuMeter } from './measure.js'
import type { Processes } from './processes.js'
import type { Row } from './report.js'
import { median, quantile } from './statistics.js'
import { withTargets } from './targets.js'

const turnsPerSession = 10
/** Enough for the engine to have compiled what every turn runs. */
const warmUpSessions = 50

/**
 * What a turn costs one client over the model's own time. In each round the model, the plain server and ours have one
 * conversation each; from every turn the model's median of that round is taken off.
 */
export function measureLatency(processes: Processes, { rounds }: { readonly rounds: number }) {
  return withTargets(processes, async ({ model, plain, ours }): Promise<readonly Row[]> => {
    for (let count = 0; count < warmUpSessions; count++) {
      for (const target of [model, plain, ours]) await runSession(target, turnsPerSession)
    }
    const added = { plain: [] as number[], ours: [] as number[] }
    const modelTimes: number[] = []
    const [readPlainCpu, readOurCpu] = [startCpuMeter(plain.pid), startCpuMeter(ours.pid)]
    for (let round = 0; round < rounds; round++) {
      const times = await runSession(model, turnsPerSession)
      const own = median(times)
      modelTimes.push(...times)
      added.plain.push(...(await runSession(plain, turnsPerSession)).map((ms) => ms - own))
      added.ours.push(...(await runSession(ours, turnsPerSession)).map((ms) => ms - own))
    }
    const turns = rounds * turnsPerSession
    const row = (measure: string, part: number) => ({
      measure,
      unit: 'ms',
      model: quantile(modelTimes, part),
      plain: quantile(added.plain, part),
      ours: quantile(added.ours, part),
      aim: { of: 'ratio', most: 2 } as const,
    })
    return [
      row('added latency per turn, p50', 0.5),
      row('added latency per turn, p99', 0.99),
      {
        measure: 'CPU per turn, one client',
        unit: 'ms',
        plain: readPlainCpu(turns),
        ours: readOurCpu(turns),
      },
    ]
  })
}
