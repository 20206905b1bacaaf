import type { WorkflowDefinition } from '../../orchestration/workflow/workflow-definition.js'
import type { Route } from '../route.js'
import { createUnknownRoute } from '../unknown-route.js'
import { handleQuestions } from './list-questions-handler.js'
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

/** The routes of all workflows together. The last ones' names sort behind all others: they answer what those leave. */
export const commonWorkflowRoutes: readonly Route[] = [
  { name: 'http-workflow-questions', path: 'workflows/questions', handlers: { GET: handleQuestions } },
  ...spellings.map((spelling) =>
    createUnknownRoute(`zz-http-unknown-${spelling}`, {
      kind: 'workflow',
      folder: spelling,
      find: ({ workflows }) => workflows,
    }),
  ),
]
