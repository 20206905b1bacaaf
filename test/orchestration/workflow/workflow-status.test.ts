import { expect, test } from 'vitest'
import { fitStatus, type WorkflowStatus } from '../../../src/orchestration/workflow/workflow-status.js'

/** Durable Functions allows 16 KiB of UTF-16. */
const most = 8192

function createStatus(requests: number, question: string): WorkflowStatus {
  const pending = Array.from({ length: requests }, (_, index) => ({
    requestId: `2d8b2f2e-32f6-5a42-b6b0-${String(index).padStart(12, '0')}`,
    node: `node${index}`,
    question,
    openedAt: '2026-01-01T00:00:00.000Z',
  }))
  return { state: 'waiting', step: 1, events: 9, pending, nested: [] }
}

test('a status that fits is left as it is', () => {
  const status = createStatus(10, 'Agreed?')
  expect(fitStatus(status)).toBe(status)
})

test('large questions are left out first, and it is said that they are', () => {
  const fitted = fitStatus(createStatus(3, 'x'.repeat(5000)))
  expect(fitted).toMatchObject({ truncated: true, events: 9 })
  expect(fitted.pending.map(({ node, question }) => [node, question])).toEqual([
    ['node0', undefined],
    ['node1', undefined],
    ['node2', undefined],
  ])
})

test.each([50, 60, 100, 5000])('%i questions are made to fit', (requests) => {
  const fitted = fitStatus(createStatus(requests, 'Agreed?'))
  expect(JSON.stringify(fitted).length).toBeLessThan(most)
  expect(fitted.pending.length).toBeGreaterThan(20)
})

test.each(['x', '\u0001'])(
  'the message of an error is cut, as long as its characters (%j) are when written',
  (character) => {
    const error = {
      node: 'review/draft',
      code: 'invalid_request',
      message: character.repeat(20_000),
    } as const
    const fitted = fitStatus({ ...createStatus(60, 'Agreed?'), state: 'failed', error })
    expect(JSON.stringify(fitted).length).toBeLessThan(most)
    expect(fitted.error).toMatchObject({ node: 'review/draft', code: 'invalid_request' })
    expect(fitted.error?.message).toMatch(/^.{300,}…$/)
  },
)
