import type { DurableClient } from 'durable-functions'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { requestNode } from '../../../src/orchestration/workflow/nodes.js'
import { sequential } from '../../../src/orchestration/workflow/patterns/sequential.js'
import { findWaitingRuns } from '../../../src/orchestration/workflow/waiting-runs.js'

const posts = sequential({ name: 'Posts', steps: [requestNode('review', { response: z.boolean() })] })

test('runs of these workflows that may wait are found, oldest first', async () => {
  const idle = { state: 'running', step: 1, events: 2, pending: [], nested: [] }
  const waits = { ...idle, pending: [{}] }
  const line = (
    instanceId: string,
    second: number,
    customStatus: object | null = waits,
    name = 'dafx-posts',
  ) => ({
    name,
    instanceId,
    customStatus,
    createdTime: `2026-01-01T00:00:0${second}Z`,
  })
  const found = [
    line('late', 9),
    line('asks', 1),
    line('nests', 3, { ...idle, nested: [{}] }),
    line('overflows', 2, { ...idle, truncated: true }),
    line('works', 1, idle),
    line('begins', 1, null),
    line('dafx-asks::sub::0', 1),
    line("the app's own", 1, waits, 'posts'),
    line('an agent', 1, null, 'dafx-agent-run'),
  ]
  const filters: unknown[] = []
  const durable = {
    async getStatusBy(filter: unknown) {
      filters.push(filter)
      return found
    },
  }
  const runs = await findWaitingRuns(durable as unknown as DurableClient, [posts], 1000)
  expect(runs.map(({ instanceId }) => instanceId)).toEqual(['asks', 'overflows', 'nests', 'late'])
  expect(runs[0]).toEqual({ workflow: posts, instanceId: 'asks', createdAt: Date.UTC(2026, 0, 1, 0, 0, 1) })
  expect(filters).toEqual([{ createdTimeFrom: new Date(1000), runtimeStatus: ['Running', 'Suspended'] }])
})
