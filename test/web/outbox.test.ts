import { expect, test } from 'vitest'
import { Outbox } from '../../src/web/browser/outbox.js'

const unsent = { agent: 'A', session: 's', run: 'r', message: 'Hi' }

function createStorage(kept = new Map<string, string>()) {
  return {
    kept,
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, text: string) => void kept.set(name, text),
  }
}

test('gives each session of each app what was not accepted, oldest first, to the next page', () => {
  const storage = createStorage()
  const outbox = new Outbox(storage, 'one')
  outbox.put(unsent)
  outbox.put({ ...unsent, run: 'r2' })
  outbox.put({ ...unsent, session: 'other', run: 'r3' })
  outbox.put(unsent)
  expect(new Outbox(storage, 'one').of('A', 's').map(({ run }) => run)).toEqual(['r2', 'r'])
  expect(new Outbox(storage, 'two').of('A', 's')).toEqual([])
  outbox.remove('r2')
  expect(new Outbox(storage, 'one').of('A', 's')).toEqual([unsent])
})

test.each([
  '',
  '{',
  '{}',
  '[1, {"run":1}, null]',
  '[{"agent":"A","session":"s","run":"r","message":"Hi","replaces":1}]',
])('takes %j for nothing', (text) => {
  const { kept, ...storage } = createStorage()
  const outbox = new Outbox(storage, 'one')
  outbox.put(unsent)
  for (const name of kept.keys()) kept.set(name, text)
  expect(outbox.of('A', 's')).toEqual([])
})

test('a storage that is full keeps nobody from sending', () => {
  const storage = {
    ...createStorage(),
    setItem: () => {
      throw new Error('full')
    },
  }
  expect(() => new Outbox(storage, 'one').put(unsent)).not.toThrow()
})
