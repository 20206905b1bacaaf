import { expect, test } from 'vitest'
import { createApprovalId, toAskingRun } from '../../src/run/approval-id.js'

test.each(['a', 'trip~1', 'a/call~2'])('an approval of run "%s" names that run', (run) => {
  expect(toAskingRun(createApprovalId(run))).toBe(run)
  expect(createApprovalId(run)).not.toBe(createApprovalId(run))
})
