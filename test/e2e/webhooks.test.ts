import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'
import { WebhookReceiver } from '../support/webhook-receiver.js'

const secret = `whsec_${Buffer.alloc(32, 'secret of the tests ').toString('base64')}`

const bed = new TestBed()
let receiver: WebhookReceiver
let scene: RunScene

beforeAll(async () => {
  receiver = await WebhookReceiver.start(secret)
  const webhooks = { secret, url: receiver.url('/all'), callerHosts: [receiver.host] }
  scene = await RunScene.set(bed, { env: { E2E_WEBHOOKS: JSON.stringify(webhooks) } })
})

afterAll(async () => {
  await bed.end()
  await receiver.close()
})

/** Sends a message without waiting for what comes of it. */
async function send(fields: { readonly correlationId: string; readonly [field: string]: unknown }) {
  const { correlationId: sessionId } = fields
  const { status, body } = await scene.api.run({
    message: 'Hello',
    sessionId,
    waitForResponse: false,
    ...fields,
  })
  expect(status, JSON.stringify(body)).toBe(202)
}

test('is told how a run has ended, once, in the words of its outcome', async () => {
  const fields = { correlationId: 'ended', metadata: { order: '7' } }
  await send(fields)
  const outcome = await scene.api.waitForOutcome('ended', 'ended')
  const [news] = await receiver.waitFor('ended', 1)
  expect(news).toMatchObject({ path: '/all', type: 'run.completed' })
  expect(news?.data).toEqual({ agent: 'Assistant', ...outcome, metadata: { order: '7' } })
  expect(Date.parse(news?.timestamp ?? '')).toBeGreaterThan(Date.now() - 60_000)
  await scene.api.run({ message: 'Hello', sessionId: 'ended', ...fields })
  await send({ correlationId: 'later', sessionId: 'ended' })
  await receiver.waitFor('later', 1)
  expect(receiver.of('ended')).toHaveLength(1)
})

test('is told that a run waits for a human, with what to decide, and of its end after that', async () => {
  scene.book.add('Refund 7', callTools(call('refund', { order: 7, amount: 250 })))
  await send({ correlationId: 'waiting', message: 'Refund 7' })
  const [asked] = await receiver.waitFor('waiting', 1)
  expect(asked).toMatchObject({ type: 'run.waiting', data: { agent: 'Assistant', status: 'waiting' } })
  const [approval] = asked?.data.approvals ?? []
  expect(approval).toMatchObject({ name: 'refund', arguments: { order: 7, amount: 250 } })
  await scene.api.decide('waiting', approval?.approvalId ?? '', { decision: 'approve' })
  const [, ended] = await receiver.waitFor('waiting', 2)
  expect(ended).toMatchObject({ type: 'run.completed', data: { response: 'Tools: 250 for 7' } })
  expect(ended?.id).not.toBe(asked?.id)
})

test('is told of runs that are stopped', async () => {
  scene.book.add('Work', callTools(call('work', { id: 'stop', gate: 'never' })))
  await send({ correlationId: 'stopped', message: 'Work' })
  await scene.waitForWork('stop')
  await scene.api.cancel('stopped', 'stopped')
  const [news] = await receiver.waitFor('stopped', 1)
  expect(news).toMatchObject({ type: 'run.cancelled', data: { status: 'cancelled' } })
})

test('who sends the message names a webhook of its own, beside that of the app', async () => {
  const webhook = receiver.url('/mine?order=7')
  await send({ correlationId: 'named', webhook })
  const told = await receiver.waitFor('named', 2)
  expect(told.map(({ path }) => path).toSorted()).toEqual(['/all', '/mine?order=7'])
  expect(new Set(told.map(({ id }) => id)).size).toBe(2)
})

test.each([
  ['https://elsewhere.example.com/', 'names a host to which this app sends no news of runs'],
  ['http://127.0.0.1:1/', 'names a host to which this app sends no news of runs'],
  ['ftp://127.0.0.1/', 'must be a URL'],
  ['/mine', 'must be a URL'],
  ['http://user:word@localhost/', 'must be a URL of up to 2048 characters, without a user name'],
  [7, 'expected string'],
])('a webhook at %j is refused, and nothing is begun', async (webhook, said) => {
  const { status, body } = await scene.api.run({ message: 'Hello', sessionId: 'refused', webhook })
  expect(status).toBe(400)
  expect(body.detail).toContain('webhook')
  expect(body.detail).toContain(said)
  expect((await scene.api.state('refused')).status).toBe(404)
})

test('what a receiver does not take is sent again, also after kill -9, under the same id; 410 is its last word', async () => {
  receiver.answers.push({ status: 503 }, { status: 410 })
  await send({ correlationId: 'again' })
  await receiver.waitFor('again', 1)
  await scene.restart()
  const told = await receiver.waitFor('again', 2, 20_000)
  expect(told[1]).toEqual(told[0])
  await expect.poll(() => readDeliveries()).toContainEqual({ outcome: 'gone', status: 410 })
})

test('redirects lead nowhere: nobody has allowed what they name', async () => {
  receiver.answers.push({ status: 307, location: receiver.url('/elsewhere') })
  await send({ correlationId: 'redirected' })
  const told = await receiver.waitFor('redirected', 2, 20_000)
  expect(told.map(({ path }) => path)).toEqual(['/all', '/all'])
})

test('a host that dies between the end of a run and its commit tells it all the same', async () => {
  scene.book.add('Work on', callTools(call('work', { id: 'dying', gate: 'dying' })))
  await send({ correlationId: 'dying', message: 'Work on' })
  await scene.waitForWork('dying')
  await scene.openGate('dying')
  await scene.api.waitForOutcome('dying', 'dying')
  await scene.restart()
  const [news] = await receiver.waitFor('dying', 1)
  expect(news).toMatchObject({ type: 'run.completed' })
})

test('the secret is written nowhere', async () => {
  const files = await readdir(scene.dataDir, { recursive: true, withFileTypes: true })
  const paths = files.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  for (const path of paths) {
    const content = await readFile(path)
    for (const trace of [secret.slice(6), key, key.toString('hex')])
      expect(content.includes(trace), path).toBe(false)
  }
  expect(scene.host.output()).not.toContain(secret.slice(6))
})

/** What the task hub says of the messages that were sent. */
async function readDeliveries(): Promise<readonly unknown[]> {
  const answer = await fetch(`${scene.host.url}/runtime/webhooks/durabletask/instances?top=500`)
  const instances = (await answer.json()) as readonly { readonly name: string; readonly output: unknown }[]
  return instances.filter(({ name }) => name === 'dafx-webhook').map(({ output }) => output)
}
