import { EntityId } from 'durable-functions'
import { expect, test } from 'vitest'
import type { StoredWorkflowEvent } from '../../../src/orchestration/workflow/workflow-events.js'
import {
  addEvents,
  groupByJournal,
  toJournalId,
} from '../../../src/orchestration/workflow/workflow-journal.js'

function event(id: number): StoredWorkflowEvent {
  return { id, at: 0, type: 'request.expired', data: { requestId: 'r', node: 'n' } }
}

test('events come once and in order, however often and in whatever order they are sent', () => {
  const all = [[event(2), event(3)], [event(0), event(1)], [event(2), event(3)], [event(4)]]
  const kept = all.reduce<readonly StoredWorkflowEvent[]>(addEvents, [])
  expect(kept.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4])
})

test('what is kept first stays', () => {
  const [kept] = addEvents([{ ...event(0), at: 1 }], [{ ...event(0), at: 2 }])
  expect(kept?.at).toBe(1)
})

test('fifty events stand in one entity of the instance', () => {
  expect(toJournalId('run', 49)).toEqual(new EntityId('dafx-_workflow-journal', 'run~0'))
  expect(toJournalId('run', 50)).toEqual(new EntityId('dafx-_workflow-journal', 'run~1'))
  const groups = groupByJournal([48, 49, 50, 51].map(event))
  expect(groups.map((group) => group.map(({ id }) => id))).toEqual([
    [48, 49],
    [50, 51],
  ])
})
