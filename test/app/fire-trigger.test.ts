import { InvocationContext } from '@azure/functions'
import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { fireTrigger } from '../../src/app/fire-trigger.js'
import type { SessionClients } from '../../src/app/session-clients.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'

const agent = new Agent({ name: 'A', client: new ScriptedModel([]) })

/** Fires a trigger in an app that begins no run. */
function fire(trigger: object): Promise<void> {
  const get = () => {
    throw new Error('A run would begin.')
  }
  return fireTrigger({
    agent,
    trigger,
    label: 'queue',
    services: { clients: { get } as unknown as SessionClients, waitMs: 1000 },
    item: 'Hi',
    event: { id: 'unused', metadata: {} },
    context: new InvocationContext({ functionName: 'queue-A' }),
    text: String,
  })
}

test('an id of 120 characters leaves room for the runs of further deliveries, a longer one does not', async () => {
  await expect(fire({ id: 'x'.repeat(120) })).rejects.toThrow('A run would begin.')
  await expect(fire({ id: 'x'.repeat(121) })).rejects.toMatchObject({ code: 'invalid_request' })
})

test.each([
  ['id', 5, '5'],
  ['sessionId', { a: 1 }, 'an object'],
  ['owner', true, 'true'],
  ['message', { a: 1 }, 'an object'],
])('what makes %s of a message and gives no text is told so', async (option, given, said) => {
  await expect(fire({ [option]: () => given })).rejects.toMatchObject({
    code: 'invalid_request',
    message: `${option} of a trigger must be text, not ${said}.`,
  })
})
