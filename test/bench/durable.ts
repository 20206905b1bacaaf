import { createHttpClient } from './http-client.js'
import { startCpuMeter } from './measure.js'
import type { Processes } from './processes.js'
import type { Row } from './report.js'
import { median } from './statistics.js'

const stepsPerFlow = 50
const fanSize = 1_000

/** How many steps of orchestrations and operations of entities the host itself does, without any agent. */
export async function measureDurable(
  processes: Processes,
  { rounds }: { readonly rounds: number },
): Promise<readonly Row[]> {
  const host = await processes.startHost('', { app: 'durable-app.js' })
  const client = createHttpClient()
  const time = async (path: string) => {
    const startedAt = performance.now()
    const { status, text } = await client.postJson(`${host.url}/${path}`, '')
    if (status !== 204) throw new Error(`${path} answered ${status}: ${text}`)
    return performance.now() - startedAt
  }
  const measure = async (path: string) => {
    await time(path)
    const times: number[] = []
    for (let round = 0; round < rounds; round++) times.push(await time(path))
    return median(times)
  }
  const perSecond = async (name: string, path: string, count: number) => {
    const ours = (count / (await measure(path))) * 1_000
    return { measure: name, unit: 'per second', ours }
  }
  const cpu = async (name: string, path: string, count: number) => {
    const readCpu = startCpuMeter(host.pid)
    await time(path)
    return { measure: `CPU per ${name}`, unit: 'ms', ours: readCpu(count) }
  }
  try {
    return [
      await perSecond('steps of one orchestration', `flows/steps/1/${stepsPerFlow}`, stepsPerFlow),
      await perSecond('steps of 20 orchestrations', `flows/steps/20/${stepsPerFlow}`, 20 * stepsPerFlow),
      await cpu('step, 20 orchestrations', `flows/steps/20/${stepsPerFlow}`, 20 * stepsPerFlow),
      { measure: 'fan-out of 1,000 activities', unit: 'ms', ours: await measure(`flows/fan/1/${fanSize}`) },
      await perSecond('operations of one entity', 'signals/1/200', 200),
      await perSecond('operations of 20 entities', 'signals/20/100', 2_000),
      await cpu('operation, 20 entities', 'signals/20/100', 2_000),
    ]
  } finally {
    client.close()
    await host.stop()
  }
}
