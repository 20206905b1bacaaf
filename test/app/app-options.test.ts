import { expect, test } from 'vitest'
import { checkAddedAgent, checkAddedWorkflow, checkAppOptions } from '../../src/app/app-options.js'
import { sequential } from '../../src/orchestration/workflow/patterns/sequential.js'
import { WorkflowBuilder } from '../../src/orchestration/workflow/workflow-builder.js'

test('options that are not given, or are whole numbers, are fine', () => {
  checkAppOptions({})
  checkAppOptions({ sessionTtlMs: 1, maxInlineMediaBytes: 0, waitLimitMs: 100_000, maxAttempts: 1 })
})

test.each([
  { waitLimitMs: 0 },
  { streamLimitMs: -1 },
  { heartbeatMs: Number.NaN },
  { operationTimeoutMs: 0 },
  { sessionTtlMs: -1 },
  { runRetentionMs: 0 },
  { maxAttempts: 1.5 },
  { maxInlineMediaBytes: -1 },
  { maxContinuedBytes: -1 },
  { maxBodyBytes: Number.POSITIVE_INFINITY },
])('%j is refused by its name', (options) => {
  const [name = ''] = Object.keys(options)
  expect(() => checkAppOptions(options)).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(name) }),
  )
})

const parrot = {
  name: 'Parrot',
  async *run() {
    yield 'Hello'
  },
}

test.each([
  [{ owners: () => 'ann' }, 'AgentFunctionApp has no option "owners".'],
  [{ agent: parrot }, 'AgentFunctionApp has no option "agent".'],
  [{ agents: parrot }, 'agents of AgentFunctionApp must be a list, not an object.'],
  [{ authLevel: 'FUNCTION' }, `authLevel must be one of 'anonymous', 'function', 'admin', not "FUNCTION".`],
  [
    { callerInstructions: 'allow' },
    `callerInstructions must be one of 'refuse', 'ignore', 'append', not "allow".`,
  ],
  [{ chatPage: 'false' }, 'chatPage of AgentFunctionApp must be true or false, not "false".'],
  [{ enableHealthCheck: 0 }, 'enableHealthCheck of AgentFunctionApp must be true or false, not 0.'],
  [{ owner: 'x-user' }, 'owner of AgentFunctionApp must be a function, not "x-user".'],
  [{ context: { tenant: 'acme' } }, 'context of AgentFunctionApp must be a function, not an object.'],
  [{ telemetry: { captureContent: 'false' } }, 'captureContent of telemetry must be true or false'],
  [{ sessionTtlMs: null }, 'sessionTtlMs must be a whole number of at least 1, not null.'],
  [{ defaultCallback: () => {} }, 'defaultCallback must have a function'],
])('a program without types is told of %o', (options, said) => {
  expect(() => checkAppOptions(options as object)).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(said) }),
  )
})

test.each([
  [parrot, { callbak: {} }, 'addAgent of "Parrot" has no option "callbak".'],
  [parrot, { callback: { onResponse: () => {} } }, 'callback of agent "Parrot" must have a function'],
  [parrot, { http: 'no' }, 'http of agent "Parrot" must be true or false, not "no".'],
  [parrot, { mcpTool: 'parrot' }, 'mcpTool of agent "Parrot" must be true or false, not "parrot".'],
  [parrot, { mcpTool: { title: 'P' } }, 'mcpTool of agent "Parrot" has no option "title".'],
  [parrot, { triggers: { queue: 'words' } }, 'triggers of agent "Parrot" must be a list, not an object.'],
  [parrot, { triggers: [{ topic: 'words' }] }, 'A trigger of agent "Parrot" has no option "topic".'],
  [parrot, { triggers: [{ message: 'Speak' }] }, 'must have one of queue, blob and schedule.'],
  [parrot, { triggers: [{ queue: 'words', blob: 'x' }] }, 'must have one of queue, blob and schedule.'],
  [parrot, { triggers: [{ queue: '' }] }, 'queue of a trigger must be given, as text'],
  [parrot, { triggers: [{ schedule: '0 0 7 * * *' }] }, 'by a schedule must have a message.'],
  [parrot, { triggers: [{ queue: 'words', onAnswer: 'log' }] }, 'must have a function as onAnswer.'],
  [parrot, { triggers: [{ queue: 'words', onanswer() {} }] }, 'has no option "onanswer".'],
  [parrot, { triggers: [{ blob: 'inbox/{name}', source: 'eventgrid' }] }, `must be one of 'EventGrid',`],
  [parrot, { triggers: [{ queue: 'words', metadata: { n: 1 } }] }, 'metadata of a trigger.n must be text'],
  [Promise.resolve(parrot), {}, 'is an await missing?'],
  [undefined, {}, 'What is served must be an Agent'],
])('serving %o with %o is refused', (agent, options, said) => {
  expect(() => checkAddedAgent(agent as typeof parrot, options as object)).toThrow(said)
})

const posts = sequential({ name: 'Posts', steps: [{ name: 'Writer' }] })

test.each([
  [undefined, {}, 'A workflow is what build() of a WorkflowBuilder, sequential() and others give'],
  [new WorkflowBuilder({ name: 'W', start: { name: 'Writer' } }), {}, 'it cannot be an object.'],
  [posts, { mcp: true }, 'addWorkflow of "Posts" has no option "mcp". It has: http, mcpTool.'],
  [posts, { mcpTool: 'yes' }, 'mcpTool of workflow "Posts" must be true or false, not "yes".'],
])('serving workflow %o with %o is refused', (workflow, options, said) => {
  expect(() => checkAddedWorkflow(workflow as typeof posts, options as object)).toThrow(said)
})

test('agents of both kinds, and callbacks with one of their functions, are served', () => {
  checkAddedAgent(parrot, { callback: { onAgentResponse: () => {} }, http: false })
})

test('each kind of trigger is taken, also with those that it is not spelt out', () => {
  checkAddedAgent(parrot, {
    mcpTool: { description: 'Repeats.' },
    triggers: [
      { queue: 'words', connection: 'Other', blob: undefined },
      { blob: 'words/{name}', source: 'EventGrid' },
      { schedule: '0 0 7 * * *', message: 'Speak', onAnswer: () => {} },
    ],
  })
})
