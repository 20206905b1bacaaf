import { expect, test } from 'vitest'
import type { Message } from '../../../src/cli/chat/app-client.js'
import { followRun } from '../../../src/cli/chat/follow-run.js'
import type { KnownEvent, PlacedEvent } from '../../../src/cli/chat/run-event.js'
import { type Clock, systemClock } from '../../../src/core/clock.js'
import { AgentError } from '../../../src/core/errors.js'

/** A clock that lets time pass at once. */
function createQuickClock(): Clock {
  let now = 0
  return {
    ...systemClock,
    now: () => now,
    async sleep(ms) {
      now += ms
    },
  }
}

const address = { agent: 'Assistant', session: 's', run: 'r' }
const away = new AgentError('internal', 'Nothing answers.', { retryable: true })
const refused = new AgentError('unauthorized', 'Give a key.')

const log: readonly PlacedEvent[] = [
  { id: 0 },
  ...['a', 'b', 'c'].map((text, index) => ({ id: index + 1, event: toDelta(text) })),
  { id: 4, event: { type: 'run.completed', data: { response: 'abc' } } },
]

function toDelta(text: string): KnownEvent {
  return { type: 'message.delta', data: { step: 0, text } }
}

/** What an app does with one request: fails before its answer, or after so many events of it. */
interface Break {
  readonly afterEvents?: number
  readonly error?: AgentError
}

/** An app that breaks off as it is told, request by request, and then no more. */
function createApp(...breaks: readonly Break[]) {
  const requests: string[] = []
  const answer = async (after: number): Promise<AsyncIterable<PlacedEvent>> => {
    const plan = breaks[requests.length - 1]
    if (plan !== undefined && plan.afterEvents === undefined) throw plan.error ?? away
    return streamFrom(after, plan)
  }
  return {
    requests,
    sendMessage(_address: object, { text }: Message) {
      requests.push(`send ${text}`)
      return answer(-1)
    },
    followRun(_address: object, after: number) {
      requests.push(`follow ${after}`)
      return answer(after)
    },
  }
}

async function* streamFrom(after: number, plan: Break | undefined): AsyncGenerator<PlacedEvent> {
  yield* log.slice(after + 1, plan?.afterEvents === undefined ? undefined : after + 1 + plan.afterEvents)
  if (plan?.error !== undefined) throw plan.error
}

async function follow(client: ReturnType<typeof createApp>, message: Message | undefined = { text: 'Hi' }) {
  const notices: string[] = []
  const events: string[] = []
  let accepted = 0
  const run = followRun({
    client,
    address,
    message,
    clock: createQuickClock(),
    onNotice: (line) => notices.push(line),
    onAccepted: () => {
      accepted += 1
    },
  })
  for await (const event of run) events.push(event.type === 'message.delta' ? event.data.text : event.type)
  return { events, notices, accepted }
}

const all = ['a', 'b', 'c', 'run.completed']

test('gives every event once, wherever the connection breaks', async () => {
  for (let first = 0; first < log.length; first++) {
    for (let second = 0; second < log.length - first; second++) {
      const app = createApp({ afterEvents: first, error: away }, {}, { afterEvents: second, error: away })
      expect((await follow(app)).events).toEqual(all)
      expect(app.requests.slice(0, 2)).toEqual(['send Hi', `follow ${first - 1}`])
    }
  }
})

test('shows no event twice when what stands before the app drops the cursor', async () => {
  const app = createApp({ afterEvents: 3, error: away })
  const forgetful = { ...app, followRun: (to: object) => app.followRun(to, -1) }
  expect((await follow(forgetful)).events).toEqual(all)
})

test('sends the message until the app has it, and then no more', async () => {
  const app = createApp({}, {}, { afterEvents: 0, error: away })
  expect((await follow(app)).accepted).toBe(1)
  expect(app.requests).toEqual(['send Hi', 'send Hi', 'send Hi', 'follow -1'])
})

test('follows a run that has begun without sending anything', async () => {
  const app = createApp()
  const { events, notices } = await follow(app, undefined)
  expect([events, notices]).toEqual([all, []])
  expect(app.requests).toHaveLength(1)
})

test('says that the connection broke and that it is back, once each', async () => {
  const { notices } = await follow(createApp({ afterEvents: 2, error: away }, {}, {}, {}))
  expect(notices).toEqual([expect.stringContaining('Trying again'), 'Connected again.'])
})

test('says nothing when the app ends a stream before the run, and goes on', async () => {
  const { events, notices } = await follow(createApp({ afterEvents: 2 }))
  expect([events, notices]).toEqual([all, []])
})

test('gives up when the app has been away for two minutes, saying so', async () => {
  const app = createApp({ afterEvents: 2, error: away }, ...Array<Break>(1000).fill({}))
  await expect(follow(app)).rejects.toThrow('away for 120 seconds: Nothing answers.')
  expect(app.requests.length).toBeGreaterThan(20)
  expect(app.requests.length).toBeLessThan(100)
})

test('a new outage gets two minutes of its own', async () => {
  const long = Array<Break>(20).fill({})
  const app = createApp(...long, { afterEvents: 1, error: away }, ...long)
  expect((await follow(app)).events).toEqual(all)
})

test('what does not pass by itself is thrown at once', async () => {
  const app = createApp({ error: refused })
  await expect(follow(app)).rejects.toThrow('Give a key.')
  expect(app.requests).toHaveLength(1)
})
