// Measures the embedded host beside a plain in-memory server, on this machine and in one run:
//   npm run bench -- [--quick] [--only latency,throughput,growth,tools,recovery,long,stores,durable,ready] [--host-node-options="--cpu-prof"]
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { measureDurable } from './durable.js'
import { measureGrowth } from './growth.js'
import { measureLatency } from './latency.js'
import { measureLongSession } from './long-session.js'
import { Processes } from './processes.js'
import { measureReady } from './ready.js'
import { measureRecovery } from './recovery.js'
import { formatTable, type Row } from './report.js'
import { measureStores } from './stores.js'
import { measureThroughput } from './throughput.js'
import { measureToolRound } from './tool-round.js'

type Scenario = (processes: Processes, quick: boolean) => Promise<readonly Row[]>

const scenarios: Readonly<Record<string, Scenario>> = {
  latency: (processes, quick) => measureLatency(processes, { rounds: quick ? 12 : 60 }),
  throughput: (processes, quick) =>
    measureThroughput(processes, quick ? { rounds: 2, roundMs: 2_000 } : { rounds: 4, roundMs: 4_000 }),
  growth: (processes, quick) =>
    measureGrowth(processes, quick ? { turns: 300, repeats: 1 } : { turns: 1_000, repeats: 2 }),
  tools: (processes, quick) => measureToolRound(processes, { turns: quick ? 200 : 1_000 }),
  recovery: (processes, quick) => measureRecovery(processes, { repeats: quick ? 2 : 5 }),
  long: (processes, quick) => measureLongSession(processes, { turns: quick ? 1_000 : 10_000 }),
  stores: (processes, quick) => measureStores(processes, { turns: quick ? 100 : 500 }),
  durable: (processes, quick) => measureDurable(processes, { rounds: quick ? 2 : 5 }),
  ready: (processes, quick) => measureReady(processes, { repeats: quick ? 3 : 5 }),
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: Object.keys(scenarios).join(',') },
    'host-node-options': { type: 'string', default: '' },
  },
})

function selectScenarios(): readonly Scenario[] {
  return values.only.split(',').map((name) => {
    const scenario = scenarios[name.trim()]
    if (scenario !== undefined) return scenario
    throw new Error(`--only knows ${Object.keys(scenarios).join(', ')}, not '${name}'.`)
  })
}

async function main(): Promise<void> {
  const selected = selectScenarios()
  const processes = new Processes(values['host-node-options'].split(' ').filter((option) => option !== ''))
  const rows: Row[] = []
  try {
    for (const scenario of selected) rows.push(...(await scenario(processes, values.quick)))
  } finally {
    await processes.stop()
  }
  process.stdout.write(`Node ${process.version}, ${availableParallelism()} cores\n\n${formatTable(rows)}`)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
await main()
