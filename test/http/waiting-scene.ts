import type { DurableClient } from 'durable-functions'
import { Agent } from '../../src/agent/agent.js'
import { type Clock, systemClock } from '../../src/core/clock.js'
import type { Call, Handler } from '../../src/http/route.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { SessionClient } from '../../src/session/client/session-client.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'
import { asks, calls, parked, request, started } from '../run/event-samples.js'

export const agent = new Agent({ name: 'A', client: new ScriptedModel([]) })

const key = { agent: 'A', session: 's', run: 'r' }

export interface WaitingCall {
  readonly method?: 'GET' | 'POST'
  readonly body?: object
  readonly params?: Readonly<Record<string, string>>
  readonly query?: string
  readonly owner?: string
}

/** The run `r` of session `s`, which waits for decisions about approvals named `r~1`, `r~2` and so on, and handlers that are asked about it. */
export async function createWaitingScene(approvals = 1, clock: Clock = systemClock) {
  const log = new MemoryRunLog({ clock })
  const callIds = Array.from({ length: approvals }, (_, index) => `c${index + 1}`)
  await log.create(key, request('Pay'))
  const asked = callIds.map((callId, index) => asks(`r~${index + 1}`, callId))
  await log.append(key, 1, [started(1), calls(0, ...callIds), ...asked, parked])
  let reads = 0
  const read = log.read.bind(log)
  log.read = (...which) => {
    reads += 1
    return read(...which)
  }
  const durable = { signalEntity: async () => {}, readEntityState: async () => ({ entityExists: false }) }
  const sessions = new SessionClient(durable as unknown as DurableClient, log)
  /** Gives the answer, and how often the run's log was read for it. */
  const call = async (
    handle: Handler,
    { method = 'GET', body, params, query = '', owner }: WaitingCall = {},
  ) => {
    reads = 0
    const url = new URL(`http://localhost/api/x${query}`)
    const headers = { 'content-type': 'application/json' }
    const text = body && JSON.stringify(body)
    const answer = await handle({
      request: new Request(url, { method, headers, ...(text && { body: text }) }),
      url,
      params: { sessionId: 's', correlationId: 'r', ...params },
      settings: { waitLimitMs: 1000, streamLimitMs: 1000, heartbeatMs: 1000, maxBodyBytes: 1000 },
      agents: [agent],
      exposures: new Map(),
      owner,
      sessions,
      log,
      onError: () => {},
    } as unknown as Call)
    return { reads, status: answer.status, body: JSON.parse(String(answer.body)) }
  }
  return { log, sessions, key, call }
}
