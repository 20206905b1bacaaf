import { expect, test } from 'vitest'
import { parseRunId } from '../../../src/http/workflows/parse-workflow-run.js'

test.each(['dafx-p1::sub::0', 'dafx-webhook-1', 'DAFX-tool-run', 'a/b', ''])(
  'nobody names a run of a workflow %j, as other instances may be called so',
  (id) => expect(() => parseRunId(id)).toThrow(expect.objectContaining({ code: 'invalid_request' })),
)

test('any other text names one', () => {
  expect(parseRunId('Nightly report: dafx-1')).toBe('Nightly report: dafx-1')
})
