import type { AgentDescription, AppDescription } from '../../core/app-survey.js'
import { error, type Finding, ok, toAmount, warning } from './finding.js'
import { type Inspection, type LoadedInspection, readDescription } from './inspection.js'

const about = 'app'

/** Whether the app loads, and how its agents are set up. */
export function checkApp(inspection: Inspection): readonly Finding[] {
  switch (inspection.state) {
    case 'failed':
      return [error(about, toFailure(inspection))]
    case 'ended':
      return [error(about, toEnd(inspection))]
    case 'hung':
      return [error(about, toDelay(inspection.afterMs))]
    case 'loaded':
      return checkLoaded(inspection)
  }
}

/** Node's own, for a module that waits while nothing is left that could end the wait (nodejs.org/api/process.html, "Exit codes"). */
const unsettledAwait = 13

function toEnd({ code, words }: Extract<Inspection, { state: 'ended' }>): string {
  if (code === unsettledAwait)
    return 'It cannot be loaded: what its files wait for at their top level never comes.'
  return `It ended its process (${code}) while it was loaded. ${words}`.trim()
}

function toDelay(ms: number): string {
  return `It was not loaded after ${ms / 1000} s: something at the top level of its files takes longer, or never ends.`
}

function toFailure({ message, place }: Extract<Inspection, { state: 'failed' }>): string {
  const where = place === undefined ? '' : ` (${place})`
  return `${message}${where}`
}

function checkLoaded(inspection: LoadedInspection): readonly Finding[] {
  const { functions, errors } = inspection
  const description = readDescription(inspection)
  return [
    ...checkFunctions(functions, description),
    ...errors.map((message) => error(about, `A function would not be run. ${message}`)),
    ...(description === undefined ? [] : checkDescription(description)),
  ]
}

function checkFunctions(functions: number, description: AppDescription | undefined): readonly Finding[] {
  if (functions === 0) {
    return [
      error(
        about,
        'It registers no functions: nothing that is loaded makes an AgentFunctionApp, or calls app.http and the like.',
      ),
    ]
  }
  const loads = `It loads, with ${toAmount(functions, 'function')}`
  if (description === undefined) {
    return [ok(about, `${loads}, and no AgentFunctionApp of this release: of agents nothing can be said.`)]
  }
  const { agents, workflows } = description
  const nested = workflows.length === 0 ? '' : ` and ${toAmount(workflows.length, 'workflow')}`
  return [ok(about, `${loads}, for ${toAmount(agents.length, 'agent')}${nested}.`)]
}

function checkDescription(app: AppDescription): readonly Finding[] {
  return [
    ...checkOffline(app),
    ...app.agents.flatMap(checkAgent),
    ...checkAccess(app),
    ok('retention', toRetention(app)),
  ]
}

function checkAgent(agent: AgentDescription): readonly Finding[] {
  const about = `agent ${agent.name}`
  return [...checkModel(about, agent), ...checkTools(about, agent)]
}

function checkModel(
  about: string,
  { kind, model, provider, ...agent }: AgentDescription,
): readonly Finding[] {
  if (kind === 'offline') return []
  if (kind === 'foreign') return [ok(about, 'An agent of another framework carries it out.')]
  const server = provider === undefined ? '' : ` (${provider})`
  return [ok(about, `Asks ${model}${server}, with ${toTools(agent)}.`)]
}

function toTools({ tools, toolSources }: Pick<AgentDescription, 'tools' | 'toolSources'>): string {
  const own = toAmount(tools.length, 'tool')
  return toolSources.length === 0 ? own : `${own} and what ${toolSources.join(', ')} may bring while it runs`
}

/** One for all agents, as one setting changes it for all. */
function checkOffline({ agents }: AppDescription): readonly Finding[] {
  const names = agents.filter(({ kind }) => kind === 'offline').map(({ name }) => name)
  if (names.length === 0) return []
  const message = `The offline demo model answers for ${names.join(', ')}: set OPENAI_API_KEY, OPENAI_BASE_URL or AZURE_OPENAI_ENDPOINT for a real one.`
  return [warning('model', message)]
}

function checkTools(about: string, { tools }: AgentDescription): readonly Finding[] {
  const names = tools.filter(({ asksByDefault }) => asksByDefault).map(({ name }) => name)
  if (names.length === 0) return []
  const message = `When a crash cuts off a call of ${names.join(', ')}, the run waits for a human, as nothing says what else to do. Mark what may be repeated as readOnly or idempotent, give it reconcile, or say onUnknownOutcome: 'ask' where a human is wanted.`
  return [warning(about, message)]
}

function checkAccess({ authLevel, hasOwner, chatPage }: AppDescription): readonly Finding[] {
  const page = chatPage ? ', the chat page too' : ''
  if (authLevel !== 'anonymous')
    return [
      ok(
        'access',
        `Routes need a key in Azure (authLevel '${authLevel}')${chatPage ? '; there is a chat page' : ''}.`,
      ),
    ]
  if (hasOwner)
    return [
      ok('access', `Routes need no key${page}; the app's owner function says whom a session belongs to.`),
    ]
  const message = `authLevel is 'anonymous' and there is no owner: without Easy Auth anybody may use the agents${page}, and read and delete every session. Switch Easy Auth on in Azure, or give owner.`
  return [warning('access', message)]
}

function toRetention({ sessionTtlMs, runRetentionMs }: AppDescription): string {
  return `Unused sessions are kept ${toSpan(sessionTtlMs)}, logs of ended runs ${toSpan(runRetentionMs)}.`
}

function toSpan(ms: number | undefined): string {
  if (ms === undefined) return 'for good'
  const days = ms / 86_400_000
  return days >= 1
    ? `for ${toAmount(Math.round(days * 10) / 10, 'day')}`
    : `for ${toAmount(Math.round(ms / 60_000), 'minute')}`
}
