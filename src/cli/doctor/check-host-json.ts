import { toErrorMessage } from '../../core/errors.js'
import { findHarmfulSettings, readSetting } from '../../core/harmful-settings.js'
import { parseHostJson } from '../../core/host-json.js'
import type { JsonObject, JsonValue } from '../../core/json.js'
import { parseTimeSpanMs } from '../../core/time-span.js'
import { parseDurableSettings } from '../../host/durable/durable-settings.js'
import { type HostJson, toHostJson } from '../../host/settings/host-json.js'
import { error, type Finding, ok, warning } from './finding.js'

/** host.json, as it was read. */
export type ReadHostJson =
  | { readonly state: 'missing' }
  | { readonly state: 'broken'; readonly reason: string }
  | { readonly state: 'read'; readonly file: JsonObject; readonly hostJson: HostJson }

/** Parses the file's text; some settings replace its members. */
export function parseHost(
  text: string | undefined,
  settings: Readonly<Record<string, string | undefined>>,
): ReadHostJson {
  if (text === undefined) return { state: 'missing' }
  try {
    const file = parseHostJson(text, settings)
    const hostJson = toHostJson(file, settings)
    parseDurableSettings(hostJson.extensions.durableTask, settings)
    return { state: 'read', file, hostJson }
  } catch (cause) {
    const reason = toErrorMessage(cause)
    return {
      state: 'broken',
      reason: cause instanceof SyntaxError ? `It is not valid JSON: ${reason}` : reason,
    }
  }
}

/** What the app needs of host.json. */
export interface HostNeeds {
  /** Whether it has agents, as far as is known. */
  readonly agents: boolean
  /** Sentences about what no extension bundle of host.json has. */
  readonly bundleGaps: readonly string[]
}

const about = 'host.json'

/** What host.json says, and what of it would hurt the app. */
export function checkHostJson(read: ReadHostJson, { agents, bundleGaps }: HostNeeds): readonly Finding[] {
  switch (read.state) {
    case 'missing':
      return [error(about, missing)]
    case 'broken':
      return [error(about, read.reason)]
    case 'read':
      return [
        ok(about, toFacts(read)),
        ...bundleGaps.map((sentence) => error(about, sentence.replace(/^host\.json /, 'It '))),
        ...(agents ? findHarmfulSettings(read.file) : []).map((sentence) =>
          warning(about, sentence.replace(/^host\.json: set/, 'Set')),
        ),
      ]
  }
}

const missing =
  'There is none. npx durable-agents start does without, func start and Azure do not: copy node_modules/durable-agent-functions/host.json, which is set for agents.'

function toFacts({ file, hostJson }: Extract<ReadHostJson, { state: 'read' }>): string {
  const { http, bundleVersion } = hostJson
  const timeout = readSetting(file, ['functionTimeout'])
  const facts = [
    http.routePrefix === '' ? 'Routes have no prefix' : `Routes are below /${http.routePrefix}`,
    timeout === undefined ? 'functionTimeout is what the plan has' : `functionTimeout is ${timeout}`,
    bundleVersion === undefined ? 'no extensionBundle' : `extensionBundle is ${bundleVersion}`,
    ...toSlots(readSetting(file, ['extensions', 'durableTask', 'maxConcurrentEntityFunctions'])),
    ...toWaits(readSetting(file, ['extensions', 'durableTask', 'storageProvider'])),
  ]
  return `${facts.join('; ')}.`
}

function toSlots(count: JsonValue | undefined): readonly string[] {
  return count === undefined ? [] : [`an instance works on up to ${count} sessions at a time`]
}

/** How soon Durable Functions looks for what waits, where the file says it. */
function toWaits(storage: JsonValue | undefined): readonly string[] {
  const polling = toSeconds(readSetting(storage, ['maxQueuePollingInterval']))
  const visibility = toSeconds(readSetting(storage, ['controlQueueVisibilityTimeout']))
  return [
    ...(polling === undefined ? [] : [`a message after a pause waits up to ${polling} s`]),
    ...(visibility === undefined ? [] : [`a host that died is missed after ${visibility} s`]),
  ]
}

function toSeconds(value: JsonValue | undefined): number | undefined {
  const ms = parseTimeSpanMs(String(value))
  return ms === undefined ? undefined : ms / 1000
}
