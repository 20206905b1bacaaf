import { expect, test } from 'vitest'
import { confirmationName } from '../../../src/agent/a2a/confirmation-tool.js'
import {
  type ChatMessage,
  createTextMessage,
  type FunctionCallContent,
  toFunctionCalls,
} from '../../../src/core/messages.js'
import type { ChatRequest } from '../../../src/model/chat-client.js'
import {
  ask,
  createFar,
  type FarScene,
  hello,
  idempotent,
  methods,
  toTokens,
  toWords,
} from '../../support/a2a-far.js'
import { type A2aStep, becomes, type CardChanges, says, task } from '../../support/a2a-server.js'

const plain: CardChanges = () => ({ capabilities: {} })
const tools = [{ name: confirmationName, description: '', parameters: {} }]
const done: A2aStep = { frames: [{ task: says('COMPLETED', 'Done') }] }

/** A task that asks: in words, or whether it may call a tool. */
function asks(messageId: string, data?: object): object {
  const parts = [{ text: 'Which city?' }, ...(data === undefined ? [] : [{ data }])]
  const message = { messageId, role: 'ROLE_AGENT', parts }
  return task('INPUT_REQUIRED', { status: { state: 'TASK_STATE_INPUT_REQUIRED', message } })
}

const asksForRefund = asks('q1', { approvalId: 'r~1', name: 'refund', arguments: { order: 7 } })

/** A scene in which the agent has asked, and what is said after that, when its run has ended without a decision. */
async function answer(
  asked: object,
  steps: readonly A2aStep[],
  said: readonly ChatMessage[],
  changes?: CardChanges,
): Promise<{ readonly scene: FarScene; readonly request: ChatRequest }> {
  const first = changes === plain ? { result: { task: asked } } : { frames: [{ task: asked }] }
  const scene = await createFar([first, ...steps], {}, changes)
  const { message } = (await ask(scene, { ...hello, tools })).answer ?? {}
  const closed = toFunctionCalls(message as ChatMessage).map(({ callId }): ChatMessage => {
    const error = `The run ended before this tool ran.${' '.repeat(2000)}`
    return { role: 'tool', contents: [{ type: 'functionResult', callId, error }] }
  })
  const messages = [...hello.messages, message as ChatMessage, ...closed, ...said]
  return { scene, request: { messages, tools } }
}

function sent({ server }: FarScene) {
  return server.calls.map(({ params: { message, id } }) => ({
    taskId: message?.taskId ?? id,
    contextId: message?.contextId,
    parts: message?.parts,
  }))
}

test.each([
  [
    'asked for from time to time',
    plain,
    [{ result: { task: asks('q1') } }, { result: asks('q1') }, { result: says('COMPLETED', 'Sunny') }],
  ],
  [
    'followed',
    undefined,
    [{ frames: [{ task: asks('q1') }, becomes('WORKING'), { task: says('COMPLETED', 'Sunny') }] }],
  ],
] as const)('a task that has yet to hear of its answer is %s', async (_how, changes, steps) => {
  const { scene, request } = await answer(asks('q1'), steps, [createTextMessage('user', 'Oslo')], changes)
  expect(toWords((await ask(scene, request)).events)).toEqual(['+Sunny', '=Sunny'])
})

test('another question is one, also when it comes in place of an answer that was cut off', async () => {
  const { scene, request } = await answer(
    asks('q1'),
    [{ result: asks('q1') }, { result: asks('q2') }],
    [createTextMessage('user', 'Oslo')],
    plain,
  )
  const continuation = JSON.stringify({ messageId: 'm', taskId: 'task-1' })
  expect(toWords((await ask(scene, { ...request, continuation })).events)).toEqual(['=Which city?'])
})

test('what is said in place of a decision takes the question back, and is heard', async () => {
  const said = [createTextMessage('user', 'Never mind')]
  const { scene, request } = await answer(asksForRefund, [{ result: task('CANCELED') }, done], said)
  expect(toWords((await ask(scene, request)).events)).toEqual(['+Done', '=Done'])
  expect(methods(scene)).toEqual(['SendStreamingMessage', 'CancelTask', 'SendStreamingMessage'])
  expect(sent(scene).slice(1)).toEqual([
    { taskId: 'task-1', contextId: undefined, parts: undefined },
    { taskId: undefined, contextId: 'context-1', parts: [{ text: 'Never mind' }] },
  ])
})

test('nothing else is said before a question is taken back', async () => {
  const steps: readonly A2aStep[] = [{ hangUp: true }, { result: task('CANCELED') }, done]
  const { scene, request } = await answer(asksForRefund, steps, [createTextMessage('user', 'Never mind')])
  expect(toWords((await ask(scene, request)).events)).toEqual(['+Done', '=Done'])
  expect(methods(scene).slice(1)).toEqual(['CancelTask', 'CancelTask', 'SendStreamingMessage'])
})

test.each<[string, A2aStep]>([
  ['has ended', { result: task('CANCELED') }],
  ['is not known any more', { error: { code: -32001, message: '' } }],
])('an answer to a task that %s is said in its context', async (_what, found) => {
  const refused: A2aStep = { error: { code: -32004, message: '' } }
  const { scene, request } = await answer(
    asks('q1'),
    [refused, found, done],
    [createTextMessage('user', 'Oslo')],
  )
  const { events } = await ask(scene, request)
  expect(toWords(events)).toEqual(['+Done', '=Done'])
  const [, first, , second] = scene.server.calls
  expect([first?.params.message?.taskId, second?.params.message?.taskId]).toEqual(['task-1', undefined])
  expect(second?.params.message?.messageId).toBe(first?.params.message?.messageId)
  expect(toTokens(events).map((token) => JSON.parse(token).isUnsent)).toEqual([
    undefined,
    true,
    undefined,
    undefined,
  ])
})

test('an answer that a waiting task does not take is refused', async () => {
  const refused: A2aStep = { error: { code: -32602, message: '' } }
  const { scene, request } = await answer(
    asks('q1'),
    [refused, { result: asks('q1') }],
    [createTextMessage('user', 'Oslo')],
  )
  expect((await ask(scene, request)).error).toMatchObject({ code: 'model_error', retryable: false })
})

test('a reason is told as far as agents of ours take one', async () => {
  const { scene, request } = await answer(asksForRefund, [done], [])
  expect(toWords((await ask(scene, request)).events)).toEqual(['+Done', '=Done'])
  const { taskId, parts } = sent(scene)[1] ?? {}
  const decision = { approvalId: 'r~1', approved: false, reason: expect.stringMatching(/^The run.{1993}$/) }
  expect([taskId, parts]).toEqual(['task-1', [{ data: decision }]])
})

test.each<[string, A2aStep, CardChanges | undefined, boolean]>([
  ['was not taken', { status: 429 }, undefined, true],
  ['may be sent again', { hangUp: true }, idempotent, false],
])(
  'a decision outlasts an outage when it %s, but none without end',
  async (_when, step, changes, isUnsent) => {
    const { scene, request } = await answer(asksForRefund, [step, done], [], changes)
    const { events, error } = await ask(scene, request, { follow: false })
    expect(error).toBe(undefined)
    const token = toTokens(events).at(-1) ?? ''
    expect(JSON.parse(token)).toMatchObject({
      unreachableSince: expect.any(Number),
      ...(isUnsent ? { isUnsent } : {}),
    })
    expect(toWords((await ask(scene, { ...request, continuation: token })).events)).toEqual([
      '+Done',
      '=Done',
    ])
    const [, first, second] = scene.server.calls.map(({ params }) => params.message?.messageId)
    expect(second).toBe(first)
    const { messageId } = JSON.parse(token)
    const continuation = JSON.stringify({ messageId, isUnsent: true, unreachableSince: 1 })
    expect((await ask(scene, { ...request, continuation }, { follow: false })).error).toMatchObject({
      code: isUnsent ? 'outcome_unknown' : 'model_error',
    })
  },
)

test('what a human has agreed to is told, although the call is shown with it', async () => {
  const scene = await createFar([{ frames: [{ task: asksForRefund }] }, done])
  const { message } = (await ask(scene, { ...hello, tools })).answer ?? {}
  const agreed = { order: 7, amount: 20 }
  const [call] = toFunctionCalls(message as ChatMessage)
  const shown = {
    ...call,
    arguments: { ...(call?.arguments as object), arguments: agreed },
  } as FunctionCallContent
  const contents = message?.contents.map((content) => (content === call ? shown : content)) ?? []
  const result = { type: 'functionResult', callId: shown.callId, result: { arguments: agreed } } as const
  const messages: ChatMessage[] = [
    ...hello.messages,
    { role: 'assistant', contents },
    { role: 'tool', contents: [result] },
  ]
  await ask(scene, { messages, tools })
  expect(sent(scene)[1]?.parts).toEqual([{ data: { approvalId: 'r~1', approved: true, arguments: agreed } }])
})
