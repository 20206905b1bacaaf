import type { WorkflowDefinition } from '../../orchestration/workflow/workflow-definition.js'
import type { Route } from '../route.js'
import { createUnknownRoute } from '../unknown-route.js'
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
export const unknownWorkflowRoutes: readonly Route[] = spellings.map((spelling) =>
  createUnknownRoute(`zz-http-unknown-${spelling}`, {
    kind: 'workflow',
    folder: spelling,
    find: ({ workflows }) => workflows,
  }),
)
