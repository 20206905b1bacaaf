import { expect, test } from 'vitest'
import {
  adviseOnApproval,
  describeApproval,
  parseVerdict,
  toResumeCommand,
} from '../../../src/cli/chat/ask-verdict.js'

test.each([
  ['y', { decision: 'approve' }],
  [' YES ', { decision: 'approve' }],
  ['yes, it is fine', { decision: 'approve', reason: 'it is fine' }],
  ['n', { decision: 'reject' }],
  ['No: too much', { decision: 'reject', reason: 'too much' }],
  ['n too much', { decision: 'reject', reason: 'too much' }],
  ['', undefined],
  ['nothing', undefined],
  ['yeah', undefined],
  ['maybe y', undefined],
])('takes %j for %j', (text, verdict) => {
  expect(parseVerdict(text)).toEqual(verdict)
})

test('an approval is shown with all of its arguments, however long', () => {
  const args = { text: 'x'.repeat(10_000) }
  const [line] = describeApproval({ approvalId: 'a', name: 'write', arguments: args })
  expect(line).toContain(JSON.stringify(args))
})

test.each([
  ['unknown_outcome', 'may have taken effect already'],
  ['untrusted_content', 'may be their wish'],
  ['budget_exhausted', 'has spent its tokens'],
])('an approval that is asked for %s says why', (reason, said) => {
  const approval = { approvalId: 'a', name: 'pay', arguments: {}, reason }
  expect(describeApproval(approval).join('\n')).toContain(said)
})

test.each([
  ['http://localhost:7071/api', 'ann', 'durable-agents chat A --session ann'],
  ['https://x.example/api', 'ann', 'durable-agents chat A --url https://x.example/api --session ann'],
  ['http://localhost:7071/api', '$(rm -rf ~)', "durable-agents chat A --session '$(rm -rf ~)'"],
  ['http://localhost:7071/api', "o'b", "durable-agents chat A --session 'o'\\''b'"],
  ['http://localhost:7071/api', '-x', 'durable-agents chat A --session=-x'],
])('the command that goes on at %s with %s is safe to paste', (url, session, command) => {
  expect(toResumeCommand(url, { agent: 'A', session })).toBe(command)
})

test.each([true, false])(
  'what to do about an approval names a key only where one is needed: %s',
  (needsKey) => {
    const options = { url: 'http://localhost:7071/api', address: { agent: 'A', session: "o'b" }, needsKey }
    const approval = { approvalId: 'r~1', name: 'pay', arguments: {} }
    const [, curl] = adviseOnApproval(options, approval)
    expect(curl).toContain("curl -X POST 'http://localhost:7071/api/agents/A/o'\\''b/approvals/r~1' -H")
    expect(curl?.includes('x-functions-key')).toBe(needsKey)
  },
)
