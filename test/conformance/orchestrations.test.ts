import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createFlowClient, type FlowClient } from '../host/durable/flow-client.js'
import { until } from '../host/durable/kit.js'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'
import { createEffectsFolder } from './effects-folder.js'

let host: SpawnedHost
let flows: FlowClient

beforeAll(async () => {
  const effects = createEffectsFolder()
  host = await spawnHost({
    root: join(import.meta.dirname, '../fixtures/apps/orchestrations'),
    env: { EFFECTS_DIR: effects.path },
  })
  flows = createFlowClient(host)
})
afterAll(() => host.stop('SIGKILL'))

test('96. results of parallel activities stand in the order of their tasks', async () => {
  const names = Array.from({ length: 20 }, (_, n) => `task${n}`)
  const id = await flows.start('fanOut', names)
  expect((await flows.end(id)).output).toEqual(names.map((name) => `${name} of ${id}`))
})

test('96. an ESM app works the same', async () => {
  const modern = await spawnHost({ root: join(import.meta.dirname, '../fixtures/apps/durable-esm') })
  onTestFinished(async () => void (await modern.stop('SIGKILL')))
  const answer = await fetch(`${modern.url}/api/doubles`, { method: 'POST', body: '[1,2,3]' })
  expect([answer.status, await answer.json()]).toEqual([200, [2, 4, 6]])
})

test('97. an event that wins over a timer completes at once when the timer is cancelled', async () => {
  const id = await flows.start('race', { milliseconds: 3_600_000, cancels: true })
  await flows.raise(id, 'go', { by: 'event' })
  expect((await flows.end(id)).output).toEqual({ by: 'event' })
})

test('97. without a cancel it runs on until the timer fires, and the host says so', async () => {
  const id = await flows.start('race', { milliseconds: 1_500, cancels: false })
  await flows.raise(id, 'go', 1)
  await host.waitForOutput(new RegExp(`would hang in Azure.*'${id}': its function has ended`))
  expect((await flows.status(id)).runtimeStatus).toBe('Running')
  expect((await flows.end(id)).output).toBe(1)
})

test('97. one that fails waits for its timer as well', async () => {
  const id = await flows.start('race', { milliseconds: 1_500, cancels: false })
  await flows.raise(id, 'go', 'fail')
  await host.waitForOutput(new RegExp(`would hang in Azure.*'${id}': its function has ended`))
  expect((await flows.status(id)).runtimeStatus).toBe('Running')
  expect(await flows.end(id)).toMatchObject({
    runtimeStatus: 'Failed',
    output: expect.stringContaining('as asked'),
  })
})

test('97. a timer that wins is on time, and the event comes too late', async () => {
  const startedAt = Date.now()
  expect(await flows.run('race', { milliseconds: 200 })).toBe('too late')
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(200)
})

test('101. an event that comes before anybody waits for it is kept', async () => {
  const id = await flows.start('waitFor', ['first', 'second'])
  await flows.raise(id, 'second', 2)
  await flows.raise(id, 'first', 1)
  expect((await flows.end(id)).output).toEqual([1, 2])
})

test('102. names of events are compared with their case', async () => {
  const id = await flows.start('waitFor', ['go'])
  await flows.raise(id, 'Go', 'wrong')
  await flows.raise(id, 'go', 'right')
  expect((await flows.end(id)).output).toEqual(['right'])
})

test('103. a call of an unknown activity waits for ever, and the host says so', async () => {
  const id = await flows.start('callsNobody')
  await host.waitForOutput(new RegExp(`would hang in Azure.*'${id}' asks for the function 'nobody'`))
  expect((await flows.status(id)).runtimeStatus).toBe('Running')
})

test('104. an Error ends an orchestration as failed, with its text', async () => {
  const ended = await flows.end(await flows.start('throws', 'bad luck'))
  expect(ended).toMatchObject({
    runtimeStatus: 'Failed',
    output: "Orchestrator function 'throws' failed: bad luck",
  })
})

test('104. something else that is thrown leaves it running for ever, and the host says so', async () => {
  const id = await flows.start('throwsText')
  await host.waitForOutput(new RegExp(`would hang in Azure.*'${id}': its function threw something`))
  expect((await flows.status(id)).runtimeStatus).toBe('Running')
})

test('105. the failure of an activity reaches the orchestrator with the platform’s text', async () => {
  expect(await flows.run('catches', 'boom')).toMatch(
    /^Activity function 'fail' failed: {2}boom \n \{"\$type":"System\.Exception/,
  )
})

test('106. inputs of activities arrive as .NET would hand them on', async () => {
  expect(await flows.run('describeAll')).toEqual([
    { type: 'object', value: { v: true } },
    { type: 'string', value: 'text' },
    { type: 'string', value: '5' },
    { type: 'number', value: 7 },
    { type: 'string', value: 'True' },
    { type: 'undefined' },
    { type: 'undefined' },
  ])
})

test('106. results of activities come back as JSON, bytes as base64', async () => {
  const given = ['aGVsbG8=', null, null, false, 0, '', 'some text']
  expect(await flows.run('giveAll')).toEqual(given)
})

test('113. an async function is no orchestrator', async () => {
  const ended = await flows.end(await flows.start('notAGenerator'))
  expect(ended.runtimeStatus).toBe('Failed')
  expect(ended.output).toContain('this.generator.next is not a function')
})

test('111. ids and times are the same at every replay', async () => {
  const [before, after] = (await flows.run('remembers')) as [unknown, unknown]
  expect(after).toEqual(before)
})

test('114. isReplaying is false exactly once per stretch of code', async () => {
  const id = await flows.start('tellsOnce')
  await flows.end(id)
  // What the host prints comes by a pipe, which the answer about the end may overtake.
  await host.waitForOutput(new RegExp(`${id} at step 3`))
  const lines = [...host.output().matchAll(new RegExp(`${id} at step (\\d)`, 'g'))]
  expect(lines.map(([, step]) => step)).toEqual(['1', '2', '3'])
})

test('116. a signal sent before a throw is delivered all the same', async () => {
  const id = await flows.start('signalsAndThrows', 'before-throw')
  expect((await flows.end(id)).runtimeStatus).toBe('Failed')
  await until(async () => (await (await fetch(`${flows.api}/entities/Tally/before-throw`)).text()) === '7')
})

test('an orchestration signals and calls entities, and hears of their errors', async () => {
  expect(await flows.run('counts', 'counted')).toBe(5)
  expect(await flows.run('callsFailing', 'failing')).toBe('a text')
})

test('81. the caller of an operation that returned nothing gets undefined', async () => {
  expect(await flows.run('callsFailing', 'nothing')).toBe('undefined')
})

test('79. the error of an operation that threw an Error has lost its text', async () => {
  expect(await flows.run('callsFailing', 'error')).toBe('[object Object]')
})

test('a custom status is kept until it is set again', async () => {
  const id = await flows.start('status')
  const shows = (step: number) =>
    until(
      async () => (await flows.status(id)).customStatus !== null && (await flows.status(id)).customStatus,
    ).then(() =>
      until(async () => JSON.stringify((await flows.status(id)).customStatus) === `{"step":${step}}`),
    )
  await shows(1)
  await flows.raise(id, 'go', null)
  await shows(2)
  await flows.raise(id, 'go', null)
  expect(await flows.end(id)).toMatchObject({ output: 'done', customStatus: { step: 2 } })
})

test('112. a custom status of 17 KB ends the orchestration, as whole ones over 16 count', async () => {
  expect((await flows.end(await flows.start('largeStatus', 17))).runtimeStatus).toBe('Completed')
  const ended = await flows.end(await flows.start('largeStatus', 18))
  expect(ended.runtimeStatus).toBe('Failed')
  expect(ended.output).toContain('must not exceed 16 KB. The current payload size is 17 KB')
})
