import { AgentError } from '../../core/errors.js'
import type { WorkflowDefinition } from '../../orchestration/workflow/workflow-definition.js'
import type { Answer } from '../answers.js'
import type { Call, Route } from '../route.js'
import { createNamedRespondHandler, createRespondHandler } from './workflow-answer-handlers.js'
import { createWorkflowRunHandler, createWorkflowStatusHandler } from './workflow-handlers.js'
import { createWorkflowEventsHandler } from './workflow-stream.js'

/** How the paths of workflows begin: with the Python agents and with the .NET agents. */
const spellings = ['workflow', 'workflows'] as const

/** The routes of one workflow, in both spellings. */
export function createWorkflowRoutes(workflow: WorkflowDefinition): readonly Route[] {
  const events = {
    name: `http-workflow-events-${workflow.name}`,
    path: `workflows/${workflow.name}/runs/{instanceId}/events`,
    handlers: { GET: createWorkflowEventsHandler(workflow) },
  }
  return [...spellings.flatMap((spelling) => createSpelledRoutes(workflow, spelling)), events]
}

function createSpelledRoutes(
  workflow: WorkflowDefinition,
  spelling: (typeof spellings)[number],
): readonly Route[] {
  const base = `${spelling}/${workflow.name}`
  const name = (kind: string) => `http-${spelling}-${kind}-${workflow.name}`
  return [
    { name: name('run'), path: `${base}/run`, handlers: { POST: createWorkflowRunHandler(workflow) } },
    {
      name: name('status'),
      path: `${base}/status/{instanceId}`,
      handlers: { GET: createWorkflowStatusHandler(workflow) },
    },
    {
      name: name('respond'),
      path: `${base}/respond/{instanceId}/{requestId}`,
      handlers: { POST: createRespondHandler(workflow) },
    },
    {
      name: name('answer'),
      path: `${base}/respond/{instanceId}`,
      handlers: { POST: createNamedRespondHandler(workflow) },
    },
  ]
}

/** Answers what no other route below `workflow/` and `workflows/` does; their names sort behind all others. */
export const unknownWorkflowRoutes: readonly Route[] = spellings.map((spelling) => ({
  name: `zz-http-unknown-${spelling}`,
  path: `${spelling}/{*path}`,
  handlers: {
    GET: handleUnknown,
    POST: handleUnknown,
    PUT: handleUnknown,
    PATCH: handleUnknown,
    DELETE: handleUnknown,
  },
}))

async function handleUnknown({ params, request, url, workflows }: Call): Promise<Answer> {
  const name = params.path?.split('/')[0] ?? ''
  if (name === '' || workflows.some((workflow) => workflow.name.toLowerCase() === name.toLowerCase())) {
    throw new AgentError('not_found', `There is no ${request.method} ${url.pathname}.`)
  }
  throw new AgentError('not_found', `workflow: there is no workflow named "${name}".`)
}
