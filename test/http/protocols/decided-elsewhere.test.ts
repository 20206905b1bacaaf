import { expect, test } from 'vitest'
import { handleRpc } from '../../../src/http/protocols/a2a/rpc-handler.js'
import { toTaskId } from '../../../src/http/protocols/a2a/task-id.js'
import { handleThread } from '../../../src/http/protocols/ag-ui/thread-handler.js'
import { handleResponse } from '../../../src/http/protocols/agentscope/response-handlers.js'
import { toResponseId } from '../../../src/http/protocols/agentscope/response-id.js'
import { handleMessages } from '../../../src/http/protocols/ai-sdk/chat-handlers.js'
import { createOutcomeHandler } from '../../../src/http/session-handlers.js'
import { agent, createWaitingScene } from '../waiting-scene.js'

interface DataPart {
  readonly data?: { readonly approvalId: string }
}

/** What our own routes and the dialects say of a run and of what it asks. */
async function tell({ call, key }: Awaited<ReturnType<typeof createWaitingScene>>) {
  const own = (await call(createOutcomeHandler(agent))).body
  const id = toTaskId(key)
  const rpc = async (method: string, params: object) => {
    const body = { jsonrpc: '2.0', id: 1, method, params }
    return (await call(handleRpc, { method: 'POST', params: { agent: 'A' }, body })).body.result
  }
  const { status, history } = await rpc('GetTask', { id })
  const parts: readonly DataPart[] = status.message?.parts ?? []
  const listed = await rpc('ListTasks', { contextId: 's', status: status.state })
  const thread = (await call(handleThread, { params: { agent: 'A', threadId: 's' } })).body
  const { messages } = (await call(handleMessages, { params: { agent: 'A', chatId: 's' } })).body
  const params = { responseId: toResponseId(key) }
  const response = (await call(handleResponse, { params, query: '?stream=false&session_id=s' })).body
  return {
    own: [own.status, own.approvals?.map(({ approvalId }: { approvalId: string }) => approvalId)],
    a2a: [status.state, parts.flatMap(({ data }) => (data === undefined ? [] : [data.approvalId]))],
    history: history.length,
    listed: listed.tasks.length,
    agui: thread.interrupts.map(({ id }: { id: string }) => id),
    aisdk: messages[1].parts.slice(1).map(({ state }: { state: string }) => state),
    agentscope: response.status,
  }
}

test('what was decided elsewhere is asked no more, in all dialects, before the run has heard of it', async () => {
  const scene = await createWaitingScene(2)
  expect(await tell(scene)).toEqual({
    own: ['waiting', ['r~1', 'r~2']],
    a2a: ['TASK_STATE_INPUT_REQUIRED', ['r~1', 'r~2']],
    history: 1,
    listed: 1,
    agui: ['r~1', 'r~2'],
    aisdk: ['approval-requested', 'approval-requested'],
    agentscope: 'incomplete',
  })
  await scene.sessions.decide(scene.key, { approvalId: 'r~1', decision: 'approve' })
  expect(await tell(scene)).toEqual({
    own: ['waiting', ['r~2']],
    a2a: ['TASK_STATE_INPUT_REQUIRED', ['r~2']],
    history: 1,
    listed: 1,
    agui: ['r~2'],
    aisdk: ['approval-responded', 'approval-requested'],
    agentscope: 'incomplete',
  })
  await scene.sessions.decide(scene.key, { approvalId: 'r~2', decision: 'reject' })
  expect(await tell(scene)).toEqual({
    own: ['running', undefined],
    a2a: ['TASK_STATE_WORKING', []],
    history: 2,
    listed: 1,
    agui: [],
    aisdk: ['approval-responded', 'approval-responded'],
    agentscope: 'in_progress',
  })
})
