import { setTimeout as delay } from 'node:timers/promises'
import { isOver } from '../hub/instance-status.js'
import { type DurableAnswer, DurableRequestError } from './durable-answer.js'
import { type DurableRequest, parseJsonBody } from './durable-request.js'
import type { InstanceRoutesOptions } from './instance-routes-options.js'
import { isOn } from './request-parameters.js'
import { toStatusJson } from './status-json.js'

const shortestPollMs = 10

/** Answers `POST orchestrators/{function}[/{instanceId}]`, which may wait for the end. */
export async function answerStart(
  options: InstanceRoutesOptions,
  functionName: string,
  instanceId: string | undefined,
  request: DurableRequest,
): Promise<DurableAnswer> {
  const input = parseJsonBody(await request.readBody())
  const version = request.query.get('version')
  const id = await options.commands.start({ functionName, instanceId, input, version })
  return answerStarted(options, id, request)
}

/** Where a new orchestration is read and steered, or what came of it when the caller has asked for the wait and it ends in time. */
export async function answerStarted(
  options: InstanceRoutesOptions,
  id: string,
  { query, url }: DurableRequest,
): Promise<DurableAnswer> {
  return (await waitForEnd(options, id, query)) ?? toAccepted(options, id, url)
}

function toAccepted({ links }: InstanceRoutesOptions, id: string, url: string): DurableAnswer {
  const addresses = links(id, url)
  const headers = { Location: addresses.statusQueryGetUri, 'Retry-After': '10' }
  return { status: 202, headers, json: JSON.stringify({ id, ...addresses }) }
}

/** `undefined` when nobody wants to wait, which takes both parameters, or when the time is up. */
async function waitForEnd(
  { hub }: InstanceRoutesOptions,
  id: string,
  query: DurableRequest['query'],
): Promise<DurableAnswer | undefined> {
  const timeout = parseSeconds(query.get('timeout'))
  const interval = parseSeconds(query.get('pollinginterval'))
  if (timeout === undefined || interval === undefined) return undefined
  if (interval > timeout) {
    throw new DurableRequestError(`Total timeout ${timeout} should be bigger than retry timeout ${interval}`)
  }
  const giveUpAt = performance.now() + timeout * 1000
  for (;;) {
    const instance = hub.instances.read(id)
    if (instance === undefined) return undefined
    if (isOver(instance.status)) {
      const json =
        instance.status === 'Completed'
          ? (instance.output ?? 'null')
          : toStatusJson(instance, { showInput: isOn(query, 'showInput', true) })
      return { status: 200, json }
    }
    const leftMs = giveUpAt - performance.now()
    if (leftMs <= 0) return undefined
    await delay(Math.min(leftMs, Math.max(shortestPollMs, interval * 1000)))
  }
}

function parseSeconds(text: string | undefined): number | undefined {
  const value = Number(text?.trim() || Number.NaN)
  return Number.isFinite(value) ? value : undefined
}
