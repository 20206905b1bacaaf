import { afterAll, expect, test } from 'vitest'
import { TestBed } from '../support/start-app.js'
import { createTempApp } from '../support/temp-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

test.each([
  ['serves a workflow twice', 'app.addWorkflow(flow)', 'Workflow "Flow" is served already.'],
  [
    'serves a workflow that was not built',
    'app.addWorkflow(new WorkflowBuilder({ name: "G", start: functionNode("a", String) }))',
    'build() of a WorkflowBuilder',
  ],
  ['is made twice', 'new AgentFunctionApp({ agents: [] })', 'A function app has one AgentFunctionApp'],
  [
    'deletes sessions before they begin',
    'new AgentFunctionApp({ sessionTtlMs: -1 })',
    'sessionTtlMs must be',
  ],
])('an app that %s does not start, and says why', async (_what, line, reason) => {
  const { root, remove } = await createTempApp({
    'app.js': `
      import { AgentFunctionApp, functionNode, WorkflowBuilder } from 'durable-agent-functions'
      const flow = new WorkflowBuilder({ name: 'Flow', start: functionNode('echo', (input) => input) }).build()
      const app = new AgentFunctionApp({ workflows: [flow] })
      ${line}`,
  })
  try {
    const { code, output } = await bed.failToStart({
      root,
      entry: 'app.js',
      dataDir: await bed.createFolder(),
    })
    expect(code).not.toBe(0)
    expect(output).toContain(reason)
  } finally {
    await remove()
  }
})
