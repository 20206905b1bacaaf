import type { Agent } from '../agent/agent.js'
import { isToolSource, toStaticTools } from '../agent/agent-definition.js'
import { HostedAgent } from '../agent/foreign/hosted-agent.js'
import type {
  AgentDescription,
  AppDescription,
  AppSurvey,
  ProbeReport,
  RunLogDescription,
} from '../core/app-survey.js'
import { AgentError } from '../core/errors.js'
import { toProblem } from '../core/problem.js'
import { raceAbort } from '../core/race-abort.js'
import { MemoryRunLog } from '../log/memory-run-log.js'
import { SqliteRunLog } from '../log/sqlite/sqlite-run-log.js'
import type { ChatClient } from '../model/chat-client.js'
import { offlineModel } from '../model/offline/offline.js'
import type { RunLog } from '../run/run-log.js'
import type { AgentFunctionAppOptions } from './app-options.js'

/** What a survey is made of. */
export interface SurveyedApp {
  readonly agents: readonly Agent[]
  readonly workflows: readonly { readonly name: string }[]
  readonly options: AgentFunctionAppOptions
  readonly log: RunLog
}

/** What the app can tell of itself, when it is asked. */
export function surveyApp(app: SurveyedApp): AppSurvey {
  return {
    describe: () => describeApp(app),
    probe: (limitMs) => Promise.all([probeLog(app, limitMs), ...probeModels(app.agents, limitMs)]),
  }
}

function describeApp({ agents, workflows, options }: SurveyedApp): AppDescription {
  const { authLevel = 'function', chatPage = false, owner, runLog, sessionTtlMs, runRetentionMs } = options
  return {
    agents: agents.map(describeAgent),
    workflows: workflows.map(({ name }) => name),
    authLevel,
    hasOwner: owner !== undefined,
    chatPage,
    runLog: describeLog(runLog),
    sessionTtlMs,
    runRetentionMs,
    library: import.meta.dirname,
  }
}

function describeAgent(agent: Agent): AgentDescription {
  const { name, client, contextProviders } = agent
  return {
    name,
    kind: agent instanceof HostedAgent ? 'foreign' : client.model === offlineModel ? 'offline' : 'model',
    model: client.model,
    provider: client.provider,
    tools: toStaticTools(agent).map((tool) => ({
      name: tool.name,
      asksByDefault: tool.asksByDefault === true,
    })),
    toolSources: [
      ...agent.tools.filter(isToolSource),
      ...contextProviders.filter(({ tools }) => tools !== undefined),
    ].map((source) => source.name),
  }
}

function describeLog(log: RunLog | undefined): RunLogDescription {
  if (log === undefined) return { from: 'settings' }
  const kind = log instanceof MemoryRunLog ? 'memory' : log instanceof SqliteRunLog ? 'sqlite' : 'other'
  return { from: 'app', kind, name: log.constructor.name }
}

async function probeLog({ log, agents }: SurveyedApp, limitMs: number): Promise<ProbeReport> {
  const base = { about: 'run log', agents: agents.map(({ name }) => name) } as const
  try {
    await within(limitMs, () => log.probe())
    return { ...base, outcome: 'reached' }
  } catch (error) {
    return { ...base, ...toFailure(error) }
  }
}

/** Agents that share a client share its question. */
function probeModels(agents: readonly Agent[], limitMs: number): readonly Promise<ProbeReport>[] {
  const asked = agents.filter((agent) => describeAgent(agent).kind === 'model')
  const clients = new Set(asked.map(({ client }) => client))
  return [...clients].map((client) => {
    const names = asked.filter((agent) => agent.client === client).map(({ name }) => name)
    return probeModel(client, names, limitMs)
  })
}

async function probeModel(
  client: ChatClient,
  agents: readonly string[],
  limitMs: number,
): Promise<ProbeReport> {
  const base = { about: 'model', model: client.model, agents } as const
  const probe = client.probe?.bind(client)
  if (probe === undefined) return { ...base, outcome: 'none' }
  try {
    return { ...base, ...(await within(limitMs, (signal) => probe({ signal }))) }
  } catch (error) {
    return { ...base, ...toFailure(error) }
  }
}

async function within<T>(limitMs: number, work: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(limitMs)
  return raceAbort(work(signal), signal)
}

/** Security: errors that are not ours may hold anything. */
function toFailure(error: unknown): Pick<ProbeReport, 'outcome' | 'detail'> {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return { outcome: 'failed', detail: 'There was no answer in time.' }
  const isBusy = error instanceof AgentError && error.code === 'rate_limited'
  return { outcome: isBusy ? 'busy' : 'failed', detail: toProblem(error).detail }
}
