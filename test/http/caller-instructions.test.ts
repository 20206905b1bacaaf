import { expect, test } from 'vitest'
import { takeInstructions } from '../../src/http/caller-instructions.js'

const given = [
  { path: 'messages.0.role', text: ' \n' },
  { path: 'messages.2.role', text: 'Be brief.' },
  { path: 'messages.3.role', text: 'Rhyme.' },
]

test('instructions are taken together, passed over, or refused with the option that says so', () => {
  expect(takeInstructions('append', given)).toBe('Be brief.\n\nRhyme.')
  expect(takeInstructions('ignore', given)).toBeUndefined()
  expect(() => takeInstructions('refuse', given)).toThrow(
    expect.objectContaining({
      code: 'invalid_request',
      message: expect.stringMatching(/^messages\.2\.role: .*callerInstructions/),
    }),
  )
})

test.each(['append', 'ignore', 'refuse'] as const)('blank ones are none: %s', (choice) => {
  expect(takeInstructions(choice, given.slice(0, 1))).toBeUndefined()
})
