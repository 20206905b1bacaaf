import type { OrchestrationContext, Task } from 'durable-functions'
import { toJsonSchema } from '../../core/schema.js'
import { sealInput } from '../../session/sealed-input.js'
import { toAgentError } from '../agent-failure.js'
import { agentRunOrchestrator } from '../agent-run-orchestrator.js'
import type { AgentRunInput } from '../run-call.js'
import { unexpected } from './node-failure.js'
import type { WorkflowDefinition } from './workflow-definition.js'
import type { AgentCall, WorkflowEnvironment } from './workflow-environment.js'
import { groupByJournal, toJournalId } from './workflow-journal.js'
import { answerEvent, toNodeActivity, toWorkflowOrchestrator } from './workflow-names.js'
import { createWorkflowStart, type WorkflowStart } from './workflow-start.js'

/** A workflow's surroundings in an orchestration. */
export function createDurableEnvironment(
  context: OrchestrationContext,
  { name }: WorkflowDefinition,
  { owner, place }: WorkflowStart,
): WorkflowEnvironment {
  const { df } = context
  const report = (error: unknown) => {
    if (!df.isReplaying) context.error(error)
  }
  return {
    instanceId: df.instanceId,
    place: place ?? { workflow: name, instanceId: df.instanceId, path: '', requestPrefix: '' },
    now: () => df.currentUtcDateTime.getTime(),
    createId: () => df.newGuid(df.instanceId),
    runAgent: (call) => df.callSubOrchestrator(agentRunOrchestrator, toAgentRunInput(call, owner)),
    runFunction: (call) => df.callActivity(toNodeActivity(name, call.node), call),
    runNested: ({ workflow, input, instanceId, place }) =>
      df.callSubOrchestrator(
        toWorkflowOrchestrator(workflow.name),
        sealInput(createWorkflowStart(input, { owner, place })),
        instanceId,
      ),
    waitForAnswer: () => df.waitForExternalEvent(answerEvent),
    startTimer: (at) => df.createTimer(new Date(at)),
    all: (tasks) => df.Task.all(tasks as Task[]),
    any: (tasks) => df.Task.any(tasks as Task[]),
    publish: (status) => df.setCustomStatus(status),
    record: (events) => {
      for (const group of groupByJournal(events)) {
        df.signalEntity(toJournalId(df.instanceId, group[0].id), 'append', group)
      }
    },
    report,
    toFailure: (error) => {
      const { code, message, retryable } = toAgentError(error)
      if (code !== 'internal') return { code, message, retryable }
      report(error)
      return { code, message: `It failed with ${unexpected}.`, retryable: true }
    },
  }
}

function toAgentRunInput(
  { spec, prompt, sessionId, correlationId }: AgentCall,
  owner: string | undefined,
): AgentRunInput {
  const { responseFormat, enableToolCalls, agent } = spec
  return {
    agent: agent.name,
    session: sessionId,
    settle: true,
    request: {
      correlationId,
      message: prompt,
      enable_tool_calls: enableToolCalls,
      response_schema: responseFormat === undefined ? undefined : toJsonSchema(responseFormat),
      owner,
    },
  }
}
