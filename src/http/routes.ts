import type { Agent } from '../agent/agent.js'
import { createAgentHandler, handleAgents } from './agent-handlers.js'
import { handleAllowance } from './allowance-handler.js'
import { createApprovalHandler } from './approval-handler.js'
import { createCancelHandler } from './cancel-handler.js'
import { handleHealth } from './health-handler.js'
import { handleApprovals } from './list-approvals-handler.js'
import { type AppSurface, createOpenApiHandler } from './openapi.js'
import { createResultsHandler } from './results-handler.js'
import type { Route } from './route.js'
import { createRunHandler } from './run-handler.js'
import {
  createDeleteHandler,
  createEventsHandler,
  createOutcomeHandler,
  createResetHandler,
  createStateHandler,
} from './session-handlers.js'
import { createUnknownRoute } from './unknown-route.js'

/**
 * The routes of one agent (README, HTTP). The function names start with the kind, so that no agent's name can make
 * two of them equal.
 */
export function createAgentRoutes(agent: Agent): readonly Route[] {
  const base = `agents/${agent.name}`
  const session = `${base}/{sessionId}`
  const run = `${session}/runs/{correlationId}`
  const name = (kind: string) => `http-${kind}-${agent.name}`
  return [
    { name: name('agent'), path: base, handlers: { GET: createAgentHandler(agent) } },
    { name: name('run'), path: `${base}/run`, handlers: { POST: createRunHandler(agent) } },
    {
      name: name('session'),
      path: session,
      handlers: { GET: createStateHandler(agent), DELETE: createDeleteHandler(agent) },
    },
    { name: name('reset'), path: `${session}/reset`, handlers: { POST: createResetHandler(agent) } },
    { name: name('outcome'), path: run, handlers: { GET: createOutcomeHandler(agent) } },
    { name: name('cancel'), path: `${run}/cancel`, handlers: { POST: createCancelHandler(agent) } },
    { name: name('results'), path: `${run}/results`, handlers: { POST: createResultsHandler(agent) } },
    {
      name: name('approval'),
      path: `${session}/approvals/{approvalId}`,
      handlers: { POST: createApprovalHandler(agent) },
    },
    { name: name('events'), path: `${run}/events`, handlers: { GET: createEventsHandler(agent) } },
  ]
}

/** The routes of the app as a whole, with those of the dialects that it speaks. The last one's name sorts behind all others: it answers what they leave. */
export function createAppRoutes(surface: AppSurface): readonly Route[] {
  return [
    { name: 'http-agents', path: 'agents', handlers: { GET: handleAgents } },
    ...(surface.allowance
      ? [{ name: 'http-allowance', path: 'allowance', handlers: { GET: handleAllowance } }]
      : []),
    { name: 'http-approvals', path: 'approvals', handlers: { GET: handleApprovals } },
    ...(surface.health ? [{ name: 'http-health', path: 'health', handlers: { GET: handleHealth } }] : []),
    { name: 'http-openapi', path: 'openapi.json', handlers: { GET: createOpenApiHandler(surface) } },
    ...surface.dialects,
    createUnknownRoute('zz-http-unknown', { kind: 'agent', folder: 'agents', find: ({ agents }) => agents }),
  ]
}
