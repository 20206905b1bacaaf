import type { Agent } from '../agent/agent.js'
import { toStaticTools } from '../agent/agent-definition.js'
import { toTimestamp } from '../core/clock.js'
import type { SessionQuery } from '../run/run-log.js'
import { type Answer, createJsonAnswer } from './answers.js'
import { parseCount, refuseUnknown } from './parse-query.js'
import { toReachable } from './reachable-agents.js'
import { createFieldError } from './request-errors.js'
import type { Call, Handler } from './route.js'

/** `GET agents`: the agents that can be asked here, in order of registration, and which of the app's other routes there are. */
export async function handleAgents(call: Call): Promise<Answer> {
  refuseUnknown(call.url.searchParams, ['code'])
  const agents = toReachable(call)
  const { workflows, sessions } = call
  return createJsonAnswer({
    agents: agents.map(toAgentView),
    agent_count: agents.length,
    workflows: workflows.length === 0 ? undefined : workflows.map(({ name }) => name),
    allowance: sessions.allowance === undefined ? undefined : true,
  })
}

/** `GET agents/{agent}`: one agent with the caller's sessions, newest first. */
export function createAgentHandler(agent: Agent): Handler {
  return async function handleAgent({ url, log, owner }: Call): Promise<Answer> {
    refuseUnknown(url.searchParams, ['limit', 'before', 'code'])
    const limit = parseCount(url.searchParams, 'limit', { min: 1, max: 1000 }) ?? 50
    const before = parseCursor(url.searchParams.get('before'))
    const sessions = await log.sessions(agent.name, { owner, before, limit: limit + 1 })
    const page = sessions.slice(0, limit)
    return createJsonAnswer({
      ...toAgentView(agent),
      sessions: page.map(({ session, createdAt, updatedAt }) => ({
        sessionId: session,
        createdAt: toTimestamp(createdAt),
        updatedAt: toTimestamp(updatedAt),
      })),
      next_before: sessions.length > limit ? toCursor(page.at(-1)) : undefined,
    })
  }
}

function toAgentView({ name, type, description, tools }: Agent) {
  const undoable = toStaticTools({ tools }).filter(({ undo, delegate }) => undo ?? delegate)
  return {
    name,
    type,
    description,
    tools: tools.map((tool) => tool.name),
    undoable: undoable.length === 0 ? undefined : undoable.map((tool) => tool.name),
  }
}

function toCursor(
  last: { readonly updatedAt: number; readonly session: string } | undefined,
): string | undefined {
  return last === undefined
    ? undefined
    : Buffer.from(`${last.updatedAt} ${last.session}`).toString('base64url')
}

function parseCursor(text: string | null): SessionQuery['before'] {
  if (text === null) return undefined
  const [, updatedAt, session] = /^(\d+) (.+)$/s.exec(Buffer.from(text, 'base64url').toString()) ?? []
  if (updatedAt === undefined || session === undefined) {
    throw createFieldError('before', 'must be the next_before of an earlier page')
  }
  return { updatedAt: Number(updatedAt), session }
}
