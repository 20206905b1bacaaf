import { expect, test } from 'vitest'
import { ScriptedModel } from '../../src/testing/index.js'

test('a model that says nothing more is ended by its signal, also by one that aborted while it spoke', async () => {
  const stop = new AbortController()
  const model = new ScriptedModel([{ hangsAfter: 'Well' }])
  const answer = model.stream({ messages: [] }, { signal: stop.signal })
  expect(await answer.next()).toMatchObject({ value: { text: 'Well' } })
  stop.abort(new Error('enough'))
  await expect(answer.next()).rejects.toThrow('enough')
})

test.each([
  [undefined, 'when it is no function, must be a list, not undefined.'],
  ['Hi', 'when it is no function, must be a list, not "Hi".'],
  [[{ txt: 'Hi' }], 'A step of a script has one of text, calls, error, hangsAfter, not txt.'],
  [['Hi'], 'A step of a script takes an object with options, not "Hi".'],
])('a script that is none is refused where it is written (%#)', (script, said) => {
  expect(() => new ScriptedModel(script as never)).toThrow(said)
})
