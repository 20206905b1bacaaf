import { expect, test } from 'vitest'
import type { StoredHistoryRow } from '../../../../src/host/durable/hub/instance-table.js'
import {
  eventTypes,
  failedEpisode,
} from '../../../../src/host/durable/orchestrations/history/history-event.js'
import { planRewind } from '../../../../src/host/durable/orchestrations/rewind.js'

/** Rows written as `type task`, e.g. `taskFailed 1`; an episode ends with `end` or, when it failed, with `failed`. */
function toHistory(...texts: readonly string[]): StoredHistoryRow[] {
  return texts.map((text, seq) => {
    const [word = '', task = '-1'] = text.split(' ')
    const isEnd = word === 'end' || word === 'failed'
    const type = isEnd ? eventTypes.orchestratorCompleted : eventTypes[word as keyof typeof eventTypes]
    const name = word === 'failed' ? failedEpisode : ''
    return { seq, type, task: Number(task), name, event: JSON.stringify({ InstanceId: `child${task}` }) }
  })
}

function plan(canRewind: boolean, ...texts: readonly string[]) {
  const { dropped, children } = planRewind(toHistory(...texts), () => canRewind)
  return { dropped: dropped.map(({ seq }) => texts[seq]).sort(), children }
}

test('the failure that the orchestrator did not survive is undone, one that it caught is not', () => {
  const history = ['taskScheduled 0', 'end 1', 'taskFailed 0', 'taskScheduled 1', 'end 2', 'taskFailed 1']
  expect(plan(true, ...history, 'executionCompleted', 'failed 2')).toEqual({
    dropped: ['executionCompleted', 'taskFailed 1', 'taskScheduled 1'],
    children: [],
  })
})

test('failures that came while others were still waited for are undone as well', () => {
  const history = ['taskScheduled 0', 'taskScheduled 1', 'end 1', 'taskFailed 0', 'failed 1', 'taskFailed 1']
  expect(plan(true, ...history, 'executionCompleted', 'failed 1').dropped).toEqual([
    'executionCompleted',
    'taskFailed 0',
    'taskFailed 1',
    'taskScheduled 0',
    'taskScheduled 1',
  ])
})

test('after retries the last attempt is undone, with the timer that follows it', () => {
  const first = ['taskScheduled 0', 'end 1', 'taskFailed 0', 'timerCreated 1', 'end 1', 'timerFired 1']
  const second = ['taskScheduled 2', 'end 1', 'taskFailed 2', 'timerCreated 3', 'end 1', 'timerFired 3']
  expect(plan(true, ...first, ...second, 'executionCompleted', 'failed 1').dropped).toEqual([
    'executionCompleted',
    'taskFailed 2',
    'taskScheduled 2',
    'timerCreated 3',
    'timerFired 3',
  ])
})

test('a sub-orchestration that failed goes on itself; one that cannot is called again', () => {
  const history = ['subOrchestrationCreated 0', 'end 1', 'subOrchestrationFailed 0', 'failed 1']
  expect(plan(true, ...history)).toEqual({ dropped: ['subOrchestrationFailed 0'], children: ['child0'] })
  expect(plan(false, ...history)).toEqual({
    dropped: ['subOrchestrationCreated 0', 'subOrchestrationFailed 0'],
    children: [],
  })
})

test('when nothing that it had called failed, only its end is undone', () => {
  expect(plan(true, 'executionStarted', 'executionCompleted', 'failed 0').dropped).toEqual([
    'executionCompleted',
  ])
})
