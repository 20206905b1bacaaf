import { type ParallelLoad, type ParallelResult, runInParallel } from './load.js'
import { readPeakBytes, startCpuMeter, toMegabytes } from './measure.js'
import type { Processes } from './processes.js'
import type { Row } from './report.js'
import { sum } from './statistics.js'
import { type Target, withTargets } from './targets.js'

export interface ThroughputOptions {
  readonly rounds: number
  readonly roundMs: number
}

interface Throughput {
  readonly turnsPerSecond: number
  readonly cpuMs: number | undefined
}

/** Turns per second with 64 conversations at a time, the plain server and ours in turns; and the most memory meanwhile. */
export function measureThroughput(processes: Processes, { rounds, roundMs }: ThroughputOptions) {
  const load: ParallelLoad = { sessions: 64, turnsPerSession: 10, durationMs: roundMs }
  return withTargets(processes, async ({ plain, ours }): Promise<readonly Row[]> => {
    for (const target of [plain, ours]) await runInParallel(target, { ...load, durationMs: roundMs / 2 })
    const meters = { plain: createMeter(plain, load), ours: createMeter(ours, load) }
    for (let round = 0; round < rounds; round++) {
      await meters.plain.run()
      await meters.ours.run()
    }
    const [plainResult, ourResult] = [meters.plain.result(), meters.ours.result()]
    return [
      {
        measure: 'turns per second, 64 sessions',
        unit: '1/s',
        plain: plainResult.turnsPerSecond,
        ours: ourResult.turnsPerSecond,
        aim: { of: 'ratio', least: 0.5 },
      },
      { measure: 'CPU per turn, 64 sessions', unit: 'ms', plain: plainResult.cpuMs, ours: ourResult.cpuMs },
      {
        measure: 'peak memory, 64 sessions',
        unit: 'MB',
        plain: toMegabytes(readPeakBytes(plain.pid)),
        ours: toMegabytes(readPeakBytes(ours.pid)),
        aim: { of: 'value', most: 250 },
      },
    ]
  })
}

function createMeter(target: Target, load: ParallelLoad) {
  const results: ParallelResult[] = []
  const readCpu = startCpuMeter(target.pid)
  return {
    async run(): Promise<void> {
      results.push(await runInParallel(target, load))
    },
    result(): Throughput {
      const turns = sum(results.map((result) => result.turns))
      return { turnsPerSecond: turns / sum(results.map(({ seconds }) => seconds)), cpuMs: readCpu(turns) }
    },
  }
}
