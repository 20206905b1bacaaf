import { setTimeout as delay } from 'node:timers/promises'
import type { DurableAnswer } from './durable-answer.js'
import type { DurableRequest } from './durable-request.js'
import type { InstanceApi } from './instance-api.js'
import { isOver } from './instance-status.js'
import { toStatusJson } from './orchestrations/status-json.js'
import { parseJsonBody } from './request-body.js'

const shortestPollMs = 10

/** Answers `POST orchestrators/{function}[/{instanceId}]`, which may wait for the end. */
export async function answerStart(
  options: InstanceApi,
  functionName: string,
  instanceId: string | undefined,
  request: DurableRequest,
): Promise<DurableAnswer> {
  const input = parseJsonBody(await request.readBody())
  const version = request.query.get('version')
  const id = await options.commands.start({ functionName, instanceId, input, version })
  return (await waitForEnd(options, id, request.query)) ?? toAccepted(options, id)
}

/** Where a new orchestration is read and steered. */
export function toAccepted({ links }: Pick<InstanceApi, 'links'>, id: string): DurableAnswer {
  const addresses = links(id)
  const headers = { Location: addresses.statusQueryGetUri, 'Retry-After': '10' }
  return { status: 202, headers, json: JSON.stringify({ id, ...addresses }) }
}

/** `undefined` when nobody wants to wait, or when the time is up. */
async function waitForEnd(
  { hub }: InstanceApi,
  id: string,
  query: DurableRequest['query'],
): Promise<DurableAnswer | undefined> {
  const giveUpAt = performance.now() + toMs(query.get('timeout'))
  const pollMs = Math.max(shortestPollMs, toMs(query.get('pollinginterval') ?? '1'))
  while (performance.now() < giveUpAt) {
    const instance = hub.instances.read(id)
    if (instance === undefined) return undefined
    if (isOver(instance.status)) {
      if (instance.status === 'Completed') return { status: 200, json: instance.output ?? 'null' }
      const status = instance.status === 'Failed' ? 500 : 200
      return { status, json: toStatusJson(instance, { showInput: true }) }
    }
    await delay(Math.min(pollMs, Math.max(1, giveUpAt - performance.now())))
  }
  return undefined
}

function toMs(seconds: string | undefined): number {
  const value = Number(seconds ?? '0')
  return Number.isFinite(value) ? value * 1000 : 0
}
