import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { AgentsClient, clientTool } from '../../src/client/index.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene
let client: AgentsClient

beforeAll(async () => {
  scene = await RunScene.set(bed)
  client = new AgentsClient({ url: `${scene.host.url}/api/` })
  scene.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
  scene.book.add('Show me Oslo', callTools(call('show_map', { place: 'Oslo' })))
  scene.book.add('Say it slowly', { text: 'one two three', delayMs: 20 })
})

function open(session: string) {
  return client.session('Assistant', session)
}

async function readSaid(session: string): Promise<readonly string[]> {
  const { conversation_history } = await open(session).read()
  return conversation_history.flatMap(({ role, content }) => (role === 'user' ? [content] : []))
}

test('a message is answered, awaited or piece by piece', async () => {
  const session = open('plain')
  const { text, status, responseId, usage } = await session.run('Hello', { correlationId: 'first' })
  expect({ text, status, responseId }).toEqual({
    text: 'You said: Hello',
    status: 'completed',
    responseId: 'first',
  })
  expect(usage.totalTokens).toBeGreaterThan(0)
  let told = ''
  for await (const update of session.run('Say it slowly')) told += update.text
  expect(told).toBe('one two three')
})

test('sent again under its correlation id a message is answered as before, and other content refused', async () => {
  const session = open('again')
  const asked = scene.model.requests.length
  const first = await session.run('Hello', { correlationId: 'one' })
  const again = await session.run('Hello', { correlationId: 'one' })
  expect(again).toEqual(first)
  expect(scene.model.requests.length).toBe(asked + 1)
  const other = session.run('Bye', { correlationId: 'one' })
  await expect(other.finalResponse()).rejects.toMatchObject({ code: 'idempotency_conflict' })
})

test('an answer in a shape has its type', async () => {
  scene.book.add('Order?', { text: '{"number":7}' })
  const responseFormat = z.object({ number: z.number().transform((value) => value * 2) })
  const { value, responseId } = await open('shape').run('Order?', { responseFormat })
  expect(value?.number).toBe(14)
  const again = await open('shape').resume(responseId)
  expect(again.value, 'as the app gives it, where no shape is named').toEqual({ number: 7 })
})

test('what was undone is told as a value', async () => {
  scene.book.add('Work and regret', callTools(call('work_undone', { id: 'regret' })))
  const session = open('regret')
  const { responseId } = await session.run('Work and regret')
  const { value } = await session.undo(responseId)
  expect(value).toEqual({ undone: [{ name: 'work_undone', arguments: { id: 'regret' } }], lasting: [] })
})

test('images go with a message, and metadata', async () => {
  const url = `data:image/png;base64,${'A'.repeat(40)}`
  const said = [{ type: 'text', text: 'Hello' } as const, { type: 'image', url } as const]
  const { text } = await open('parts').run(said, { metadata: { tenant: 'acme' } })
  expect(text).toBe('You said: Hello')
  const { conversation_history } = await open('parts').read({ runs: true })
  expect(conversation_history[0]).toMatchObject({ content: 'Hello', files: 1 })
})

test('a message that joins the run before it is answered with that one, also piece by piece', async () => {
  scene.book.add('Work on it', callTools(call('work', { id: 'joined', gate: 'joined' })))
  const session = open('joined')
  const first = session.run('Work on it', { correlationId: 'first' })
  await scene.waitForWork('joined')
  const named = { sessionId: 'joined', correlationId: 'second', waitForResponse: false }
  await scene.api.run({ message: 'Hello', onBusy: 'steer', ...named })
  const second = session.resume('second')
  const told: string[] = []
  const telling = (async () => {
    for await (const { text } of second) told.push(text)
  })()
  await scene.openGate('joined')
  expect((await first).text).toBe('You said: Hello')
  await telling
  expect([(await second).text, told.join('')]).toEqual(['You said: Hello', 'You said: Hello'])
})

test('a message is said anew, and what followed is taken back; its run is found by a line of the conversation', async () => {
  const session = open('anew')
  for (const message of ['One', 'Two', 'Three']) await session.run(message)
  const { conversation_history: lines } = await session.read({ runs: true })
  const replaces = lines.find(({ content }) => content === 'Two')?.correlationId
  expect(replaces).toBeDefined()
  expect((await session.run('Two again', { replaces })).text).toBe('You said: Two again')
  expect(await readSaid('anew')).toEqual(['One', 'Two again'])
  const unknown = session.run('Two again', { replaces: 'nobody' })
  await expect(unknown.finalResponse()).rejects.toMatchObject({ code: 'not_found' })
})

test('a new session goes on from another one, up to any of its runs', async () => {
  const session = open('first')
  await session.run('One', { correlationId: 'one' })
  await session.run('Two')
  const continues = { sessionId: session.id, correlationId: 'one' }
  expect((await open('second').run('Other two', { continues })).text).toBe('You said: Other two')
  expect(await readSaid('second')).toEqual(['One', 'Other two'])
  const late = open('second').run('Three', { continues })
  await expect(late.finalResponse()).rejects.toMatchObject({ code: 'invalid_request' })
  expect(await readSaid('first')).toEqual(['One', 'Two'])
})

test('whoever waits for a run that is taken back meanwhile is told so', async () => {
  const session = open('taken-back')
  const waiting = session.run('Refund order 7', {
    correlationId: 'a',
    onApproval: () => new Promise<never>(() => {}),
  })
  await expect.poll(async () => (await session.read().catch(() => undefined))?.approvals).toHaveLength(1)
  expect((await session.run('Hello', { replaces: 'a' })).text).toBe('You said: Hello')
  await expect(waiting.finalResponse()).rejects.toMatchObject({ code: 'run_cancelled' })
})

describe('a host that is killed', () => {
  test.each(['before', 'after'])(
    '%s a message in the place of another one has arrived loses neither, and the place is taken once',
    async (when) => {
      const name = `replaced-${when}`
      const session = open(name)
      for (const run of ['a', 'b', 'c']) await session.run(run, { correlationId: run })
      const message = scene.book.add(`Work ${name}`, callTools(call('work', { id: name, gate: name })))
      const send = () => session.run(message, { replaces: 'b', correlationId: 'b2' })
      let answer: Promise<{ readonly text: string }> | undefined
      if (when === 'after') {
        answer = send().finalResponse()
        await scene.waitForWork(name)
      }
      await scene.restart(() => {
        answer ??= send().finalResponse()
        return scene.openGate(name)
      })
      expect((await answer)?.text).toBe(`Tools: ${name} by work`)
      const asked = scene.model.requests.length
      expect((await send()).text, 'sent again by a program that was restarted').toBe(`Tools: ${name} by work`)
      expect(scene.model.requests.length).toBe(asked)
      expect(await readSaid(name)).toEqual(['a', message])
    },
  )

  test('while a human ponders is waited for, and the human asked once', async () => {
    let asked = 0
    const { text } = await open('pondered').run('Refund order 7', {
      onApproval: async () => {
        asked += 1
        await scene.restart()
        return { decision: 'approve' }
      },
    })
    expect([text, asked]).toEqual(['Tools: 250 for 7', 1])
  })

  test('is outlasted: the run is seen to its end, and its tool is not run twice', async () => {
    scene.book.add('Work through it', callTools(call('work', { id: 'outlast', gate: 'never' })))
    const run = open('outlast').run('Work through it')
    await scene.waitForWork('outlast')
    await scene.restart()
    expect((await run).text).toContain('outlast by work')
    expect(await scene.effectsOf('outlast')).toEqual(['start work 1', 'start work 2', 'end work 2'])
  })

  test('is given up in the end', async () => {
    const away = new AgentsClient({ url: 'http://127.0.0.1:9/api', patienceMs: 10 })
    const run = away.session('Assistant').run('Hello')
    await expect(run.finalResponse()).rejects.toMatchObject({ code: 'store_unavailable' })
  })
})

describe('tools of the client', () => {
  const shown: string[] = []
  const showMap = clientTool({
    name: 'show_map',
    description: 'Shows a place on the map.',
    parameters: z.object({ place: z.string() }),
    execute: ({ place }) => {
      shown.push(place)
      return { shown: place }
    },
  })

  test('are carried out here when the model asks for them', async () => {
    const { text } = await open('map').run('Show me Oslo', { tools: [showMap] })
    expect([text, shown]).toEqual(['Tools: {"shown":"Oslo"}', ['Oslo']])
  })

  test('that fail tell the model why', async () => {
    const broken = { ...showMap, execute: async () => ({ error: 'The map is closed.' }) }
    const { text } = await open('broken').run('Show me Oslo', { tools: [broken] })
    expect(text).toBe('Tools: Error: The map is closed.')
  })

  test('whose result the app does not take tell the model so', async () => {
    const large = { ...showMap, execute: async () => ({ result: 'x'.repeat(2 ** 21) }) }
    const { text } = await open('large').run('Show me Oslo', { tools: [large] })
    expect(text).toContain('Error: The result was not taken.')
  })

  test('that only another client has leave the run waiting, and that one carries them out', async () => {
    const session = open('elsewhere')
    const leaving = new AbortController()
    const hanging = { ...showMap, execute: () => new Promise<never>(() => {}) }
    const run = session.run('Show me Oslo', {
      correlationId: 'left',
      tools: [hanging],
      signal: leaving.signal,
    })
    await expect.poll(async () => (await session.read()).toolCalls).toHaveLength(1)
    leaving.abort(new Error('The page is closed.'))
    await expect(run.finalResponse()).rejects.toThrow('The page is closed.')
    const seen = await session.resume('left')
    expect(seen).toMatchObject({ status: 'waiting', toolCalls: [{ name: 'show_map' }] })
    const { text } = await session.resume('left', { tools: [showMap] })
    expect(text).toBe('Tools: {"shown":"Oslo"}')
  })
})

describe('what is answered elsewhere meanwhile', () => {
  test('is not waited for here: the run is seen to its end', async () => {
    const session = open('decided-elsewhere')
    const run = session.run('Refund order 7', {
      onApproval: async ({ approvalId }) => {
        await session.decide(approvalId, { decision: 'approve' })
        return new Promise<never>(() => {})
      },
    })
    expect((await run).text).toBe('Tools: 250 for 7')
  })

  test('ends the work on it here, whose result would be too late', async () => {
    const session = open('stopped-elsewhere')
    const ended = new Promise<AbortSignal>((resolve) => {
      const map = clientTool({
        name: 'show_map',
        description: 'Shows a place on the map.',
        execute: async (_args, { signal }) => {
          signal.addEventListener('abort', () => resolve(signal))
          await session.cancel('c')
          return new Promise<never>(() => {})
        },
      })
      const run = session.run('Show me Oslo', { correlationId: 'c', tools: [map] })
      run.finalResponse().catch(() => {})
    })
    expect((await ended).aborted).toBe(true)
  })

  test('leaves the other questions to those who are asked here, each once', async () => {
    scene.book.add(
      'Show and refund',
      callTools(call('show_map', {}), call('refund', { order: 7, amount: 250 })),
    )
    const session = open('both-answered')
    const asked: string[] = []
    let show: () => void = () => {}
    const shown = new Promise<void>((resolve) => {
      show = resolve
    })
    const map = clientTool({
      name: 'show_map',
      description: 'Shows the map.',
      execute: async (_args, { callId }) => {
        asked.push(callId)
        await shown
        return 'shown'
      },
    })
    const run = session.run('Show and refund', {
      correlationId: 'c',
      tools: [map],
      onApproval: () => ({ decision: 'approve' }),
    })
    await expect.poll(async () => (await session.read()).approvals).toBeUndefined()
    for await (const { type } of session.follow('c')) if (type === 'approval.decided') break
    show()
    expect([(await run).text, asked.length]).toEqual(['Tools: shown | 250 for 7', 1])
  })
})

describe('a tool call that a human has to decide', () => {
  test('is asked for, and may be changed', async () => {
    const asked: string[] = []
    const { text } = await open('asked').run('Refund order 7', {
      onApproval: ({ name }) => {
        asked.push(name)
        return { decision: 'approve', arguments: { order: 7, amount: 50 } }
      },
    })
    expect([text, asked]).toEqual(['Tools: 50 for 7', ['refund']])
  })

  test('is left waiting where nobody is asked, and decided later', async () => {
    const session = open('left')
    const { status, text, approvals } = await session.run('Refund order 7', { correlationId: 'r' })
    expect([status, text, approvals.length]).toEqual(['waiting', '', 1])
    await session.decide(approvals[0]?.approvalId ?? '', { decision: 'reject', reason: 'Not today.' })
    expect((await session.resume('r')).text).toContain('Not today.')
    const late = session.decide(approvals[0]?.approvalId ?? '', { decision: 'approve' })
    await expect(late).rejects.toMatchObject({ code: 'approval_already_decided' })
  })

  test('fails the waiting with what the one who is asked throws; the run goes on waiting', async () => {
    const session = open('thrown')
    const run = session.run('Refund order 7', {
      onApproval: () => {
        throw new Error('Nobody is at home.')
      },
    })
    await expect(run.finalResponse()).rejects.toThrow('Nobody is at home.')
    expect((await session.read()).status).toBe('waiting')
  })
})

test.each([undefined, true, 'approve', { decision: 'yes' }, { approved: true }])(
  'a decision that is none is refused by name, and the run goes on waiting: %o',
  async (given) => {
    const session = client.session('Assistant')
    const run = session.run('Refund order 7', { onApproval: () => given as never })
    await expect(run.finalResponse()).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringContaining("onApproval must give { decision: 'approve' }"),
    })
    expect((await session.read()).status).toBe('waiting')
  },
)

test('a run that fails or is cancelled throws, with its code', async () => {
  scene.book.add('Fail', { error: { status: 400 } })
  const failing = open('failing').run('Fail')
  await expect(failing.finalResponse()).rejects.toMatchObject({ code: 'model_error' })
  const session = open('cancelled')
  const run = session.run('Refund order 7', {
    correlationId: 'c',
    onApproval: async () => {
      await session.cancel('c', 'Enough.')
      return { decision: 'approve' }
    },
  })
  await expect(run.finalResponse()).rejects.toMatchObject({
    code: 'run_cancelled',
    message: expect.stringContaining('Enough.'),
  })
})

test('sessions are listed, read, followed, cleared and deleted', async () => {
  const session = open('kept')
  await session.run('Hello', { correlationId: 'k' })
  const types: string[] = []
  for await (const { type } of session.follow('k')) types.push(type)
  expect([types[0], types.at(-1)]).toEqual(['run.accepted', 'run.completed'])
  const rest: number[] = []
  for await (const { id } of session.follow('k', { after: types.length - 2 })) rest.push(id)
  expect(rest).toEqual([types.length - 1])
  const page = await session.read({ limit: 1, runs: true })
  expect(page.conversation_history.at(-1)).toMatchObject({ content: 'You said: Hello', correlationId: 'k' })
  const { sessions } = await client.listSessions('Assistant', { limit: 1 })
  expect(sessions).toHaveLength(1)
  expect((await client.listAgents()).map(({ name }) => name)).toContain('Assistant')
  await session.reset()
  expect((await session.read()).message_count).toBe(0)
  await session.delete()
  await expect(session.read()).rejects.toMatchObject({ code: 'not_found' })
})

test('a request that is wrong is refused as the app refuses it, with its issues', async () => {
  const run = open('wrong').run(' ')
  await expect(run.finalResponse()).rejects.toMatchObject({
    code: 'invalid_request',
    issues: [{ path: 'message' }],
  })
})

test('headers say who asks, for each request anew', async () => {
  let asked = 0
  const anns = new AgentsClient({
    url: `${scene.host.url}/api`,
    headers: async () => {
      asked += 1
      return { 'x-user': 'ann' }
    },
  })
  await anns.session('Assistant', 'private').run('Hello')
  expect(asked).toBe(1)
  await expect(open('private').read()).rejects.toMatchObject({ code: 'not_found' })
})
