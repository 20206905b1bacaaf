import { expect, test } from 'vitest'
import { runForTool } from '../../src/orchestration/tool-run-orchestrator.js'
import { sealInput } from '../../src/session/sealed-input.js'
import { completed, dispatch, failed } from './replay.js'

const call = { correlationId: 'r', callId: 'c', idempotencyKey: 'key' }
const input = {
  agent: 'Writer',
  session: 's',
  ...call,
  orchestration: 'publish',
  instanceId: 'key',
  input: { n: 1 },
}
const start = { functionName: 'publish', instanceId: 'key', input: { n: 1 } }
const report = { instanceId: '@dafx-writer@s', operation: 'tool_result' }

test('it runs the orchestration under the id that the tool knows, and reports its output', async () => {
  expect((await dispatch(runForTool, input)).actions).toMatchObject([start])
  const { actions, isDone, output } = await dispatch(runForTool, input, [completed(0, { url: 'u' })])
  expect(isDone).toBe(true)
  expect(output).toEqual({ result: { url: 'u' } })
  expect(actions).toMatchObject([start, { ...report, input: { ...call, result: { url: 'u' } } }])
})

test('it hands on an input that durable-functions would change', async () => {
  const given = { Timestamp: 'soon' }
  const { actions } = await dispatch(runForTool, sealInput({ ...input, input: given }))
  expect(actions).toMatchObject([{ ...start, input: given }])
})

test('it reports why the orchestration failed, without stack traces', async () => {
  const { actions, isDone, output } = await dispatch(runForTool, input, [failed(0, 'publish', 'no paper')])
  expect(isDone).toBe(true)
  expect(output).toEqual({ error: 'no paper' })
  expect(actions).toMatchObject([start, { ...report, input: { ...call, error: 'no paper' } }])
})
