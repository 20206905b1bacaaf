/** How the ids of our own orchestrations begin: nobody may take one in advance. */
export const ownPrefix = 'dafx-'

/** The orchestration that runs a workflow, named as by the .NET and Python agents. */
export function toWorkflowOrchestrator(workflow: string): string {
  return `dafx-${workflow}`
}

/** The activity of a function node. */
export function toNodeActivity(workflow: string, node: string): string {
  return `dafx-${workflow}-${node}`
}

/** The entity that keeps the events of workflows. No agent's entity can have this name: theirs begin with a letter. */
export const journalEntity = 'dafx-_workflow-journal'

/** The external event that brings a human's answer: one for all requests, so that nothing is waited for twice. */
export const answerEvent = 'dafx-answer'
