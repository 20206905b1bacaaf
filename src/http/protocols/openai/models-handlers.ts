import type { Agent } from '../../../agent/agent.js'
import { AgentError } from '../../../core/errors.js'
import { type Answer, createJsonAnswer } from '../../answers.js'
import { refuseUnknown } from '../../parse-query.js'
import { findReachable, toReachable } from '../../reachable-agents.js'
import type { Call } from '../../route.js'

/** `GET models`: the agents that have routes, in order of registration, as OpenAI lists models. */
export async function handleModels(call: Call): Promise<Answer> {
  refuseUnknown(call.url.searchParams, ['code'])
  return createJsonAnswer({ object: 'list', data: toReachable(call).map(toModel) })
}

/** `GET models/{model}`: one agent, case does not count. @throws {AgentError} `not_found` when there is none of that name. */
export async function handleModel(call: Call): Promise<Answer> {
  refuseUnknown(call.url.searchParams, ['code'])
  const { model = '' } = call.params
  const agent = findReachable(call, model)
  if (agent !== undefined) return createJsonAnswer(toModel(agent))
  throw new AgentError('not_found', `model: there is no agent named "${model}".`, {
    issues: [{ path: 'model', message: 'is no agent of this app' }],
  })
}

/** Nobody knows when an agent was made, but clients want a time. */
function toModel({ name }: Agent) {
  return { id: name, object: 'model', created: 0, owned_by: 'durable-agent-functions' }
}
