import { expect, test } from 'vitest'
import { FunctionNames } from '../../src/app/function-names.js'

test('a name is taken once, whatever its case, and the error names both who want it', () => {
  const names = new FunctionNames(['dafx-watchdog'])
  names.take('dafx-writer', 'agent "Writer"')
  names.take('dafx-Posts', 'workflow "Posts"')
  expect(() => names.take('dafx-Writer', 'workflow "Writer"')).toThrow(
    'workflow "Writer" needs a function named "dafx-Writer", which agent "Writer" has (case does not count).',
  )
  expect(() => names.take('dafx-Watchdog', 'agent "Watchdog"')).toThrow(
    expect.objectContaining({
      code: 'invalid_configuration',
      message: expect.stringContaining('which the app itself has'),
    }),
  )
})
