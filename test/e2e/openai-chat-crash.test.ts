import { APIError } from 'openai'
import { afterAll, describe, expect, test } from 'vitest'
import { createChatClient, says } from '../support/chat-scene.js'
import { ScriptBook } from '../support/script-book.js'
import { readSse, type SseItem } from '../support/sse.js'
import { type RunningApp, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const entry = 'test/fixtures/apps/e2e-chat/app.js'

function createClient(app: RunningApp, defaultHeaders: Record<string, string>) {
  return createChatClient(app, { defaultHeaders, maxRetries: 0 })
}

function ask(content: string) {
  return { model: 'Assistant', messages: says(content) }
}

async function catchError(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
}

test('a host that is killed in the middle of a stream: the same request gets the whole answer', async () => {
  const book = new ScriptBook()
  let asked = 0
  book.addRule('Tell me a story', () =>
    asked++ === 0
      ? { text: 'Once upon a time, in the dark.', holdAfterChunks: 6 }
      : { text: 'There was a king, and he was glad.' },
  )
  const model = await bed.startModel({ script: book.rule })
  const dataDir = await bed.createFolder()
  const start = () => bed.startApp({ model, dataDir, entry })
  const headers = { 'idempotency-key': 'story-1' }

  const app = await start()
  const cutOff = await createClient(app, headers).chat.completions.create({
    ...ask('Tell me a story'),
    stream: true,
  })
  let heard = ''
  const reading = catchError(
    (async () => {
      for await (const { choices } of cutOff) {
        heard += choices[0]?.delta.content ?? ''
        if (heard !== '') await app.stop('SIGKILL')
      }
    })(),
  )
  expect(await reading).toBeInstanceOf(Error)
  expect('Once upon a time, in the dark.').toContain(heard)
  expect(heard).not.toBe('')

  const restarted = createClient(await start(), headers)
  // Whoever asks before the run goes on may be told words that are void, and then that the answer has changed.
  await expect.poll(() => asked).toBe(2)
  const helper = restarted.chat.completions.stream(ask('Tell me a story'))
  expect((await helper.finalMessage()).content).toBe('There was a king, and he was glad.')
  const { choices } = await restarted.chat.completions.create(ask('Tell me a story'))
  expect(choices[0]?.message.content).toBe('There was a king, and he was glad.')
  expect(asked).toBe(2)
})

describe('a host that dies while another one tells of its run', () => {
  test.each([
    ['One, two, three, four, five, six, seven.', undefined],
    ['Nothing of the kind.', 'answer_changed'],
  ])('and whose model then says: %s', async (second, code) => {
    const book = new ScriptBook()
    let asked = 0
    const first = 'One, two, three, four, five, six, seven.'
    book.addRule('Count', () => (asked++ === 0 ? { text: first, holdAfterChunks: 6 } : { text: second }))
    const model = await bed.startModel({ script: book.rule })
    const dataDir = await bed.createFolder()
    const start = () => bed.startApp({ model, dataDir, entry, args: ['--lease-ms', '1000'] })
    const runs = await start()
    const headers = { 'x-session-id': 's', 'idempotency-key': 'count-1' }
    const started = createClient(runs, headers).chat.completions.create({ ...ask('Count'), stream: true })
    await started
    const tells = await start()
    const stream = await createClient(tells, headers).chat.completions.create({
      ...ask('Count'),
      stream: true,
    })
    let heard = ''
    const error = await catchError(
      (async () => {
        for await (const { choices } of stream) {
          if (heard === '' && choices[0]?.delta.content) await runs.stop('SIGKILL')
          heard += choices[0]?.delta.content ?? ''
        }
      })(),
    )
    if (code === undefined) expect([error, heard]).toEqual([undefined, second])
    else expect(error).toMatchObject({ code })
    expect((await tells.api.waitForOutcome('s', 'count-1')).response).toBe(second)
  })
})

describe('a run that takes longer than an answer waits', () => {
  async function setScene(env: Record<string, string>): Promise<RunningApp> {
    const book = new ScriptBook()
    book.add('Take your time', { text: 'Here it is at last.', delayMs: 1500 })
    return bed.startApp({ model: await bed.startModel({ script: book.rule }), entry, env })
  }

  test('is told with where to read on, and is the same run when it is asked for again', async () => {
    const app = await setScene({ E2E_WAIT_MS: '200' })
    const client = createClient(app, { 'idempotency-key': 'slow-1', 'x-session-id': 'slow' })
    const error = await catchError(client.chat.completions.create(ask('Take your time')))
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ status: 504, code: 'run_unfinished' })
    expect((error as APIError).headers?.get('x-should-retry')).toBe('false')
    const location = (error as APIError).headers?.get('location')
    expect(location).toBe(`${app.url}/api/agents/Assistant/slow/runs/slow-1`)
    await app.api.waitForOutcome('slow', 'slow-1')
    const { choices } = await client.chat.completions.create(ask('Take your time'))
    expect(choices[0]?.message.content).toBe('Here it is at last.')
  })

  test('ends its stream with that, after comments that keep it alive', async () => {
    const app = await setScene({ E2E_STREAM_MS: '700', E2E_HEARTBEAT_MS: '50' })
    const response = await fetch(`${app.url}/api/compatible-mode/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...ask('Take your time'), stream: true }),
    })
    const items: SseItem[] = []
    for await (const item of readSse(response)) items.push(item)
    expect(items.filter(({ data }) => data === 'alive').length).toBeGreaterThan(1)
    expect(items.at(-1)?.data).toMatchObject({ error: { code: 'run_unfinished', type: 'server_error' } })
  })
})
