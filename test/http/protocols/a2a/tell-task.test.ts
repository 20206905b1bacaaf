import { describe, expect, test } from 'vitest'
import type { Frame, Part, Task } from '../../../../src/http/protocols/a2a/a2a-wire.js'
import { toLegacyFrame } from '../../../../src/http/protocols/a2a/legacy-wire.js'
import { beginStory, tellTask } from '../../../../src/http/protocols/a2a/tell-task.js'
import type { RunEvent } from '../../../../src/run/events.js'
import {
  accepted,
  answer,
  callsAfter,
  completed,
  parked,
  resumed,
  says,
  started,
  store,
  toolDone,
  toolStarted,
} from '../../../run/event-samples.js'

const key = { agent: 'A', session: 's', run: 'r' }

function tell(...events: RunEvent[]) {
  return tellTask(beginStory(key), store(events))
}

function asks(approvalId: string): RunEvent {
  const data = { approvalId, callId: 'c', name: 'refund', arguments: { order: 7 }, reason: 'policy' } as const
  return { type: 'approval.requested', data }
}

function approves(approvalId: string): RunEvent {
  return { type: 'approval.decided', data: { approvalId, decision: 'approve', messageId: 'm' } }
}

const refunded = [
  accepted('Refund'),
  started(1),
  says(0, 'One '),
  says(0, 'moment'),
  callsAfter(0, 'One moment', 'c'),
  asks('a'),
  parked,
  resumed,
  approves('a'),
  toolStarted('c'),
  toolDone('c', 'done'),
  says(1, 'Re'),
  { type: 'step.reset', data: { step: 1 } },
  started(2),
  says(1, 'All '),
  says(1, 'done'),
  answer(1, 'All done'),
  completed('All done'),
] satisfies readonly RunEvent[]

function toText(parts: readonly Part[] | undefined): string {
  return (parts ?? []).map((part) => ('text' in part ? part.text : JSON.stringify(part))).join('')
}

/** What a reader has of a task that knew it as it was, and was told these frames. */
function apply(task: Task, frames: readonly Frame[]) {
  let { status } = task
  let text = toText(task.artifacts?.[0]?.parts)
  for (const frame of frames) {
    if ('statusUpdate' in frame) status = frame.statusUpdate.status
    if ('artifactUpdate' in frame) {
      const { append, artifact } = frame.artifactUpdate
      text = append ? text + toText(artifact.parts) : toText(artifact.parts)
    }
  }
  return { status, text }
}

/** Frames in a word each. */
function toWords(frames: readonly Frame[]): readonly string[] {
  return frames.map((frame) => {
    if ('task' in frame) return 'task'
    if ('statusUpdate' in frame) return frame.statusUpdate.status.state.replace('TASK_STATE_', '')
    const { append, artifact } = frame.artifactUpdate
    return `${append ? '+' : '='}${toText(artifact.parts)}`
  })
}

test('a task is told from its message to its answer', () => {
  const { story, frames } = tell(...refunded)
  expect(toWords(frames)).toEqual([
    'SUBMITTED',
    'WORKING',
    '=One ',
    '+moment',
    'WORKING',
    'INPUT_REQUIRED',
    'WORKING',
    '=Re',
    '=',
    '=All ',
    '+done',
    '+',
    'COMPLETED',
  ])
  expect(toText(story.task.artifacts?.[0]?.parts)).toBe('All done')
  expect(story.task.history?.map(({ role, messageId }) => [role, messageId])).toEqual([
    ['ROLE_USER', 'r'],
    ['ROLE_AGENT', 'r.4'],
    ['ROLE_AGENT', 'r.6'],
    ['ROLE_USER', 'm'],
  ])
})

test('whoever has the task as it was anywhere, and hears the rest, has the task as it is', () => {
  const events = store(refunded)
  const { task } = tellTask(beginStory(key), events).story
  for (let cut = 0; cut <= events.length; cut += 1) {
    const before = tellTask(beginStory(key), events.slice(0, cut)).story
    const rest = tellTask(before, events.slice(cut))
    expect(rest.story.task).toEqual(task)
    expect(apply(before.task, rest.frames)).toEqual({ status: task.status, text: 'All done' })
  }
})

test('the question names each tool call that waits', () => {
  const { task } = tell(...refunded.slice(0, 7)).story
  expect(task.status.state).toBe('TASK_STATE_INPUT_REQUIRED')
  expect(task.status.message?.parts).toEqual([
    { text: 'May the agent call refund with {"order":7}? Answer yes or no.' },
    { data: { approvalId: 'a', name: 'refund', arguments: { order: 7 }, reason: 'policy' } },
  ])
})

test('a model call that is made again takes nothing back when nothing was told', () => {
  const reset: RunEvent = { type: 'step.reset', data: { step: 0 } }
  expect(toWords(tell(accepted('hi'), started(1), reset).frames)).toEqual(['SUBMITTED', 'WORKING'])
})

test('a run that is parked for anything else goes on working', () => {
  const { frames } = tell(
    accepted('hi'),
    started(1),
    { type: 'run.parked', data: { reason: 'tool' } },
    resumed,
  )
  expect(toWords(frames)).toEqual(['SUBMITTED', 'WORKING'])
})

describe('the answer', () => {
  const said = [accepted('hi'), started(1), says(0, 'Hello')]

  test('is told once when it was streamed', () => {
    expect(toWords(tell(...said, answer(0, 'Hello'), completed('Hello')).frames).slice(2)).toEqual([
      '=Hello',
      '+',
      'COMPLETED',
    ])
  })

  test('is told at the end when it was not', () => {
    expect(
      toWords(tell(accepted('hi'), started(1), answer(0, 'Hello'), completed('Hello')).frames).slice(2),
    ).toEqual(['=Hello', 'COMPLETED'])
  })

  test('takes the place of what was streamed when middleware has changed it', () => {
    const { story, frames } = tell(...said, answer(0, 'Hello'), completed('Hi'))
    expect([toWords(frames).at(-2), toText(story.task.artifacts?.[0]?.parts)]).toEqual(['=Hi', 'Hi'])
  })

  test('takes the place of what was said before a message joined the run', () => {
    const { story } = tell(...said, answer(0, 'Hello'), says(1, 'And'), says(1, ' you'))
    expect(toText(story.task.artifacts?.[0]?.parts)).toBe('And you')
  })

  test('is data, and told only when it fits, when a schema was asked for', () => {
    const typed = accepted('hi')
    if (typed.type === 'run.accepted')
      Object.assign(typed.data.options, { responseSchema: { type: 'object' } })
    const end = completed('{"a":1}')
    if (end.type === 'run.completed') Object.assign(end.data, { value: { a: 1 } })
    const { story, frames } = tell(typed, started(1), says(0, '{"a"'), answer(0, '{"a":1}'), end)
    expect(toWords(frames)).toEqual(['SUBMITTED', 'WORKING', '={"data":{"a":1}}', 'COMPLETED'])
    expect(story.task.artifacts?.[0]?.parts).toEqual([{ data: { a: 1 } }])
  })

  test('says that it was cut off', () => {
    const end = completed('Hel')
    if (end.type === 'run.completed') Object.assign(end.data, { finishReason: 'length' })
    const { story } = tell(...said, answer(0, 'Hel'), end)
    expect(story.task).toMatchObject({
      status: { state: 'TASK_STATE_COMPLETED' },
      metadata: { finishReason: 'length' },
    })
  })

  test('stays as far as it came when the run was cancelled', () => {
    const { story } = tell(...said, { type: 'run.cancelled', data: { reason: 'Enough.', text: 'Hello' } })
    expect(story.task.status).toMatchObject({
      state: 'TASK_STATE_CANCELED',
      message: { parts: [{ text: 'Enough.' }] },
    })
    expect(toText(story.task.artifacts?.[0]?.parts)).toBe('Hello')
  })
})

test('what providers keep is not told', () => {
  const secret = { text: 'secret', by: 0 }
  const { story, frames } = tell(
    accepted('hi'),
    { type: 'run.prepared', data: { instructions: 'secret', answer: secret } },
    { type: 'state.changed', data: { state: { memory: { note: 'secret' } } } },
    { type: 'step.continued', data: { step: 0, token: 'secret' } },
    { type: 'reasoning.delta', data: { step: 0, text: 'secret' } },
    toolDone('c', 'secret'),
  )
  expect(JSON.stringify([story.task, frames])).not.toContain('secret')
})

describe('in the words of 0.3', () => {
  test('states, roles and kinds are named as then, and the last status is final', () => {
    const { frames } = tell(...refunded.slice(0, 7))
    const status = toLegacyFrame(frames.at(-1) as Frame)
    expect(status).toMatchObject({
      kind: 'status-update',
      final: true,
      status: {
        state: 'input-required',
        message: { kind: 'message', role: 'agent', parts: [{ kind: 'text' }, { kind: 'data' }] },
      },
    })
    expect(toLegacyFrame(frames[1] as Frame)).toMatchObject({ status: { state: 'working' }, final: false })
    expect(toLegacyFrame(frames[2] as Frame)).toMatchObject({
      kind: 'artifact-update',
      artifact: { parts: [{ kind: 'text', text: 'One ' }] },
    })
  })

  test('data that are no object are wrapped as the official SDKs do, and files are files', () => {
    const artifact = {
      artifactId: 'answer',
      name: 'answer',
      parts: [{ data: [1] }, { raw: 'YQ==', mediaType: 'a/b' }, { url: 'https://a' }],
    }
    const update = { taskId: 't', contextId: 'c', artifact, append: false, lastChunk: true }
    expect(toLegacyFrame({ artifactUpdate: update })).toMatchObject({
      artifact: {
        parts: [
          { kind: 'data', data: { value: [1] }, metadata: { data_part_compat: true } },
          { kind: 'file', file: { bytes: 'YQ==', mimeType: 'a/b' } },
          { kind: 'file', file: { uri: 'https://a' } },
        ],
      },
    })
  })
})
