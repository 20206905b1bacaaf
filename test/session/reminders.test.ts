import { expect, test } from 'vitest'
import { Reminders } from '../../src/session/client/reminders.js'
import { createSleepingClock } from './session-kit.js'

test('what could not be done is done for whoever asks next', async () => {
  const clock = createSleepingClock()
  const reminders = new Reminders(1000, clock)
  const given: string[] = []
  const fail = async () => {
    throw new Error('The task hub is away.')
  }
  await expect(reminders.give('a', fail)).rejects.toThrow('The task hub is away.')
  const give = (name: string) => reminders.give(name, async () => void given.push(name))
  await Promise.all([give('a'), give('a'), give('b')])
  expect(given).toEqual(['a', 'b'])
  clock.advanceTo(clock.now() + 1000)
  await give('b')
  expect(given).toEqual(['a', 'b', 'b'])
})
