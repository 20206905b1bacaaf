import { randomUUID } from 'node:crypto'
import { createHttpClient } from './http-client.js'
import { createMessage } from './load.js'
import { agentName, toolAgentName } from './names.js'
import type { Processes } from './processes.js'
import type { Row } from './report.js'
import { quantile } from './statistics.js'
import { withTargets } from './targets.js'

const warmUpTurns = 300

/**
 * What one round of tools adds to a turn over the second model call that it takes: the turn of an agent that calls a
 * tool, less the turn of one that does not, less the model's own time. The tool itself takes none.
 */
export function measureToolRound(processes: Processes, { turns }: { readonly turns: number }) {
  return withTargets(processes, async ({ model, ours }): Promise<readonly Row[]> => {
    const client = createHttpClient()
    const ask = async (agent: string, message: string) => {
      const startedAt = performance.now()
      const body = JSON.stringify({ message, sessionId: randomUUID() })
      const { status, text } = await client.postJson(`${ours.url}/agents/${agent}/run`, body)
      if (status !== 200) throw new Error(`${agent} answered ${status}: ${text}`)
      return performance.now() - startedAt
    }
    const added: number[] = []
    try {
      for (let turn = -warmUpTurns; turn < turns; turn++) {
        const own = await model.turn(randomUUID(), createMessage(1))
        const plain = await ask(agentName, createMessage(1))
        const withTool = await ask(toolAgentName, 'What is the weather in Seattle?')
        if (turn >= 0) added.push(withTool - plain - own)
      }
    } finally {
      client.close()
    }
    const row = (part: number) => ({
      measure: `a tool round adds, p${part * 100}`,
      unit: 'ms',
      ours: quantile(added, part),
    })
    return [{ ...row(0.5), aim: { of: 'value', most: 3 } as const }, row(0.9)]
  })
}
