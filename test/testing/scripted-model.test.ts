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
