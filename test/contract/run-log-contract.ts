import { afterAll, describe, expect, test } from 'vitest'
import type { RunRequest } from '../../src/run/events.js'
import type { RunKey, RunLog, RunSummary } from '../../src/run/run-log.js'
import { toScheduledRun } from '../../src/run/scheduled-run.js'
import { answer, completed, request, started } from '../run/event-samples.js'

let sessions = 0

/** A key in a session of its own, so that tests do not see each other. */
function createKey(run = 'r1'): RunKey {
  sessions += 1
  return { agent: 'Agent', session: `session-${sessions}`, run }
}

/** What every run log has to do. `open` is called more than once: the first two logs share one store, as two processes would. */
export function describeRunLog(name: string, open: () => Promise<RunLog>): void {
  describe(`${name} run log`, async () => {
    const log = await open()
    const other = await open()
    afterAll(async () => {
      await log.close()
      await other.close()
    })

    test('creates a run once, and gives back what was asked the first time', async () => {
      const key = createKey()
      expect(await log.create(key, request('one'))).toEqual({ outcome: 'created' })
      expect(await other.create(key, request('two'))).toMatchObject({
        outcome: 'exists',
        request: { digest: 'one' },
      })
      expect(await log.read(key)).toMatchObject([{ id: 0, type: 'run.accepted', data: { digest: 'one' } }])
    })

    test("keeps the caller's trace with a run, of which it is no part: whoever asks the same gets the same run", async () => {
      const key = createKey()
      const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=1' }
      await log.create(key, { ...request('one'), trace })
      const again = await other.create(key, request('one'))
      expect(again).toMatchObject({ outcome: 'exists', request: { digest: 'one', trace } })
      expect(await log.read(key)).toMatchObject([{ data: { trace } }])
    })

    test('of fifty simultaneous creations exactly one creates', async () => {
      const key = createKey()
      const creations = await Promise.all(
        Array.from({ length: 50 }, (_, index) => (index % 2 ? log : other).create(key, request(`${index}`))),
      )
      expect(creations.filter(({ outcome }) => outcome === 'created')).toHaveLength(1)
    })

    test("a session belongs to its first run's owner", async () => {
      const key = createKey()
      await log.create(key, request('mine', 'ann'))
      expect(await log.create({ ...key, run: 'r2' }, request('yours', 'bob'))).toEqual({ outcome: 'foreign' })
      expect(await log.create({ ...key, run: 'r2' }, request('nobody'))).toEqual({ outcome: 'foreign' })
      expect(await log.create({ ...key, run: 'r2' }, request('mine', 'ann'))).toEqual({ outcome: 'created' })
      expect(await log.session(key)).toMatchObject({ session: key.session, owner: 'ann' })
    })

    test('creates a run that is not to wait only when no other one of its session is open or parked', async () => {
      const key = createKey()
      const impatient = { ...request('x'), options: { enableToolCalls: true, onBusy: 'reject' } } as const
      const create = (run: string) => other.create({ ...key, run }, impatient)
      await log.create(key, request('x'))
      expect(await create('r2')).toEqual({ outcome: 'busy' })
      await log.append(key, 1, [started(1), { type: 'run.parked', data: { reason: 'approval' } }])
      expect(await create('r2')).toEqual({ outcome: 'busy' })
      expect(await log.read({ ...key, run: 'r2' })).toEqual([])
      await log.append(key, 3, [completed('x')])
      expect(await create('r2')).toEqual({ outcome: 'created' })
      expect(await create('r2')).toMatchObject({ outcome: 'exists', request: { digest: 'x' } })
      expect(await create('r3')).toEqual({ outcome: 'busy' })
      expect(await create('r1')).toMatchObject({ outcome: 'exists' })
      expect(await log.create({ ...key, run: 'r4' }, request('x'))).toEqual({ outcome: 'created' })
      expect((await log.runsAfter(key, 1)).map(({ run }) => run)).toEqual(['r2', 'r4'])
    })

    test('keeps what is to be sent later apart from the runs of its session, and deletes it with that', async () => {
      const key = createKey()
      const before = Date.now() + 1000
      const impatient = { ...request('x'), options: { enableToolCalls: true, onBusy: 'reject' } } as const
      await log.create(toScheduledRun(key), request('x'), [{ digest: 'd'.repeat(64), content: 'kept' }])
      await other.create(toScheduledRun({ ...key, run: 'r2' }), request('x'))
      await log.create({ ...key, run: 'r3/inner' }, request('x'))
      expect(await other.scheduled(key)).toEqual(expect.arrayContaining(['/r1', '/r2']))
      expect(await other.scheduled(key)).toHaveLength(2)
      expect(await log.runsAfter(key, 0)).toEqual([])
      expect(await log.session(key)).toMatchObject({ session: key.session })
      expect(await log.create({ ...key, run: 'r4' }, impatient)).toEqual({ outcome: 'created' })
      const stalled = await log.stalled({ before, now: before, limit: 10_000 })
      expect(stalled.filter(({ session }) => session === key.session).map(({ run }) => run)).toEqual(['r4'])
      await other.append(toScheduledRun(key), 1, [completed('x')])
      expect(await log.scheduled(key)).toEqual(['/r2'])
      await log.deleteEndedRuns(key, { acceptedBefore: before, upToTurn: 9 })
      expect(await log.read(toScheduledRun(key))).toEqual([])
      expect(await other.scheduled(key)).toEqual(['/r2'])
      await log.deleteSession(key, before)
      expect(await other.scheduled(key)).toEqual([])
      expect(await log.read(toScheduledRun({ ...key, run: 'r2' }))).toEqual([])
      expect(await log.session(key)).toBeUndefined()
    })

    test('of twenty that are not to wait exactly one is created, however often each is tried', async () => {
      const key = createKey()
      const impatient = { ...request('x'), options: { enableToolCalls: true, onBusy: 'reject' } } as const
      const tries = Array.from({ length: 40 }, (_, index) => `r${index % 20}`)
      const creations = await Promise.all(
        tries.map((run, index) => (index % 2 ? log : other).create({ ...key, run }, impatient)),
      )
      const taken = tries.filter((_, index) => creations[index]?.outcome !== 'busy')
      expect(new Set(taken).size).toBe(1)
      expect(creations.filter(({ outcome }) => outcome === 'created')).toHaveLength(1)
      expect((await log.runsAfter(key, 0)).map(({ run }) => run)).toEqual([taken[0]])
    })

    describe('attachments', () => {
      const small = { digest: 'a'.repeat(64), content: 'data:text/plain,é 🏠' }
      const large = { digest: 'b'.repeat(64), content: `data:image/png;base64,${'QUJD'.repeat(100_000)}` }
      const read = (key: RunKey, { digest }: { readonly digest: string }) => other.readAttachment(key, digest)

      test('are there with their run, and only with it', async () => {
        const key = createKey()
        expect(await read(key, small)).toBeUndefined()
        await log.create(key, request('x'), [small, large])
        expect(await read(key, small)).toBe(small.content)
        expect(await read(key, large)).toBe(large.content)
        expect(await read({ ...key, run: 'r2' }, small)).toBeUndefined()
        expect(await read({ ...key, session: `${key.session}-2` }, small)).toBeUndefined()
        await log.create({ ...key, run: 'r2' }, request('y'))
        expect(await read({ ...key, run: 'r2' }, small)).toBeUndefined()
      })

      test('of a request that is refused are not kept', async () => {
        const key = createKey()
        const next = { ...key, run: 'r2' }
        const impatient = { ...request('x', 'ann'), options: { enableToolCalls: true, onBusy: 'reject' } }
        await log.create(key, request('x', 'ann'))
        await log.create(next, request('x', 'bob'), [small])
        expect(await read(next, small)).toBeUndefined()
        await log.create(next, impatient as RunRequest, [small])
        expect(await read(next, small)).toBeUndefined()
      })

      test('of a run that exists already stay as they are', async () => {
        const key = createKey()
        await log.create(key, request('x'), [small])
        expect(
          await other.create(key, request('x'), [{ ...small, content: 'data:,other' }, large]),
        ).toMatchObject({
          outcome: 'exists',
        })
        expect([await read(key, small), await read(key, large)]).toEqual([small.content, undefined])
      })

      test('go with their run, however it goes', async () => {
        const key = createKey()
        const runs = ['reset', 'old', 'open'].map((run) => ({ ...key, run }))
        const [first = key, second = key, third = key] = runs
        for (const [index, run] of runs.entries()) {
          await log.create(run, request('x'), [small])
          if (run !== third) await log.append(run, 1, [started(1, index + 1), completed('x')])
        }
        await log.deleteEndedRuns(key, { acceptedBefore: Date.now() + 1, upToTurn: 1 })
        expect(await Promise.all(runs.map((run) => read(run, small)))).toEqual([
          undefined,
          small.content,
          small.content,
        ])
        await log.deleteEndedBefore(Date.now() + 60_000, 1000)
        expect([await read(second, small), await read(third, small)]).toEqual([undefined, small.content])
        await log.deleteSession(key, Date.now() + 1)
        expect(await read(third, small)).toBeUndefined()
        await log.create(first, request('x'))
        expect(await read(first, small)).toBeUndefined()
      })
    })

    test('appends at the expected position only, and leaves nothing of a refused append', async () => {
      const key = createKey()
      await log.create(key, request('x'))
      expect(await log.append(key, 1, [started(1), answer(0, 'a')])).toBe(3)
      await expect(other.append(key, 1, [started(2)])).rejects.toMatchObject({ code: 'fenced' })
      await expect(other.append(key, 4, [started(2)])).rejects.toMatchObject({ code: 'fenced' })
      expect((await log.read(key)).map(({ id, type }) => [id, type])).toEqual([
        [0, 'run.accepted'],
        [1, 'run.started'],
        [2, 'step.completed'],
      ])
    })

    test('two executors that race for a position: one wins, the other is fenced off', async () => {
      const key = createKey()
      await log.create(key, request('x'))
      const results = await Promise.allSettled([
        log.append(key, 1, [started(1)]),
        other.append(key, 1, [started(1)]),
      ])
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(await log.read(key)).toHaveLength(2)
    })

    test('reads on from any position', async () => {
      const key = createKey()
      await log.create(key, request('x'))
      await log.append(key, 1, [started(1), answer(0, 'a'), completed('a')])
      for (const after of [-1, 0, 1, 2, 3]) {
        const ids = (await other.read(key, after)).map(({ id }) => id)
        expect(ids).toEqual([0, 1, 2, 3].filter((id) => id > after))
      }
      expect(await log.read({ ...key, run: 'unknown' })).toEqual([])
    })

    test.each([
      ['the same log', () => log],
      ['another log on the same store', () => other],
    ])('a follower on %s sees every event once, in order, and ends with the run', async (_name, follower) => {
      const key = createKey()
      await log.create(key, request('x'))
      const seen: number[] = []
      const following = (async () => {
        for await (const events of follower().follow(key, -1, new AbortController().signal)) {
          seen.push(...events.map(({ id }) => id))
        }
      })()
      await log.append(key, 1, [started(1)])
      for (let id = 2; id < 20; id += 1) {
        await log.append(key, id, [{ type: 'message.delta', data: { step: 0, text: `${id}` } }])
      }
      await log.append(key, 20, [answer(0, 'a'), completed('a')])
      await following
      expect(seen).toEqual(Array.from({ length: 22 }, (_, id) => id))
    })

    test('following a run that has ended gives the rest and returns', async () => {
      const key = createKey()
      await log.create(key, request('x'))
      await log.append(key, 1, [started(1), completed('a')])
      for (const after of [-1, 0, 1, 2, 99]) {
        const seen: number[] = []
        for await (const events of log.follow(key, after, new AbortController().signal)) {
          seen.push(...events.map(({ id }) => id))
        }
        expect(seen).toEqual([0, 1, 2].filter((id) => id > after))
      }
    })

    test('following stops when it is told to, or the run is deleted', async () => {
      const key = createKey()
      await log.create(key, request('x'))
      const stop = new AbortController()
      const read = async (signal: AbortSignal) => {
        for await (const events of other.follow(key, -1, signal)) if (events.length > 0) stop.abort()
      }
      await read(stop.signal)
      const reading = read(new AbortController().signal)
      await log.deleteSession(key, Date.now() + 1)
      await reading
    })

    test.each([
      ['the same log', () => log],
      ['another log on the same store', () => other],
    ])(
      'a follower on %s of a run that is deleted and made anew is shown nothing of the new one',
      async (_name, follower) => {
        const key = createKey()
        await log.create(key, request('old'))
        const following = follower().follow(key, -1, new AbortController().signal)[Symbol.asyncIterator]()
        expect((await following.next()).value).toMatchObject([{ data: { digest: 'old' } }])
        await log.deleteSession(key, Date.now() + 1)
        await new Promise((resolve) => setTimeout(resolve, 2))
        await log.create(key, request('new'))
        await log.append(key, 1, [started(1), answer(0, 'a'), completed('a')])
        expect(await following.next()).toMatchObject({ done: true })
      },
    )

    test('lets go of whoever follows or watches when it is closed', async () => {
      const key = createKey()
      const closing = await open()
      await closing.create(key, request('x'))
      await closing.control(key, { type: 'cancel', reason: 'x' })
      const { signal } = new AbortController()
      const waiting = [closing.follow(key, -1, signal), closing.watchControls(key, signal)].map((news) =>
        news[Symbol.asyncIterator](),
      )
      for (const news of waiting) expect((await news.next()).value).toHaveLength(1)
      const ends = Promise.all(waiting.map((news) => news.next()))
      await closing.read(key)
      await closing.close()
      expect(await ends).toMatchObject([{ done: true }, { done: true }])
    })

    test('lists ended runs by turn, then open ones in order of acceptance', async () => {
      const key = createKey()
      for (const run of ['a', 'b', 'c', 'd']) await log.create({ ...key, run }, request(run))
      await log.append({ ...key, run: 'c' }, 1, [started(1, 1), completed('c')])
      await log.append({ ...key, run: 'a' }, 1, [started(1, 2), completed('a')])
      await log.append({ ...key, run: 'b' }, 1, [started(1, 3)])
      const line = ({ run, turn, status }: RunSummary) => [run, turn, status]
      expect((await other.runsAfter(key, 0)).map(line)).toEqual([
        ['c', 1, 'ended'],
        ['a', 2, 'ended'],
        ['b', 3, 'open'],
        ['d', 0, 'open'],
      ])
      expect((await other.runsAfter(key, 1)).map(({ run }) => run)).toEqual(['a', 'b', 'd'])
      expect((await other.runsUpTo(key, 2, 10)).map(({ run }) => run)).toEqual(['a', 'c'])
      expect((await other.runsUpTo(key, 2, 1)).map(({ run }) => run)).toEqual(['a'])
    })

    test("pages through an agent's sessions, each owner's for itself", async () => {
      const agent = 'Paged'
      for (const session of ['s1', 's2', 's3'])
        await log.create({ agent, session, run: 'r' }, request('x', 'ann'))
      await log.create({ agent, session: 's4', run: 'r' }, request('x'))
      const first = await other.sessions(agent, { owner: 'ann', limit: 2 })
      const second = await other.sessions(agent, { owner: 'ann', limit: 2, before: first.at(-1) })
      expect(first).toHaveLength(2)
      expect([...first, ...second].map(({ session }) => session).sort()).toEqual(['s1', 's2', 's3'])
      expect(
        (await log.sessions(agent, { owner: undefined, limit: 9 })).map(({ session }) => session),
      ).toEqual(['s4'])
    })

    test('asking for a run again makes its session no newer', async () => {
      const agent = 'Asked again'
      const create = (session: string) => log.create({ agent, session, run: 'r' }, request('x', 'ann'))
      const names = async () =>
        (await other.sessions(agent, { owner: 'ann', limit: 9 })).map((one) => one.session)
      for (const session of ['s1', 's2', 's1']) {
        await create(session)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      expect(await names()).toEqual(['s2', 's1'])
      expect(await other.idleSessions(agent, Date.now() + 1, 1)).toEqual([{ agent, session: 's1' }])
    })

    test('deleting a session forgets its runs and fences off who executes one', async () => {
      const key = createKey()
      await log.create(key, request('x', 'ann'))
      await log.append(key, 1, [started(1)])
      await other.deleteSession(key, Date.now() + 1)
      expect(await log.read(key)).toEqual([])
      expect(await log.session(key)).toBeUndefined()
      await expect(log.append(key, 2, [completed('x')])).rejects.toMatchObject({ code: 'fenced' })
      expect(await log.create(key, request('new', 'bob'))).toEqual({ outcome: 'created' })
    })

    test('deleting spares what was accepted later', async () => {
      const key = createKey()
      await log.create(key, request('x'))
      await log.deleteSession(key, Date.now() - 60_000)
      expect(await log.read(key)).toHaveLength(1)
      expect(await log.session(key)).toBeDefined()
    })

    test('deleting ended runs spares open ones, later turns and the session', async () => {
      const key = createKey()
      for (const turn of [1, 2, 3]) {
        const run = { ...key, run: `turn-${turn}` }
        await log.create(run, request('x'))
        await log.append(run, 1, [started(1, turn), completed('x')])
      }
      await log.create({ ...key, run: 'open' }, request('y'))
      const read = async () => (await other.runsAfter(key, 0)).map(({ run }) => run)
      await log.deleteEndedRuns(key, { acceptedBefore: Date.now() - 60_000, upToTurn: 9 })
      expect(await read()).toEqual(['turn-1', 'turn-2', 'turn-3', 'open'])
      await log.deleteEndedRuns(key, { acceptedBefore: Date.now() + 1, upToTurn: 2 })
      expect(await read()).toEqual(['turn-3', 'open'])
      await log.deleteEndedRuns(key, { acceptedBefore: Date.now() + 1, upToTurn: 3 })
      expect(await read()).toEqual(['open'])
      expect(await log.session(key)).toBeDefined()
    })

    test('before a time is not at it', async () => {
      const key = createKey()
      const all = { now: Number.MAX_SAFE_INTEGER, limit: 1000 }
      await log.create(key, request('x'))
      const acceptedAt = (await log.read(key))[0]?.at ?? 0
      expect(await other.stalled({ ...all, before: acceptedAt })).not.toContainEqual(key)
      await log.deleteSession(key, acceptedAt)
      await log.append(key, 1, [started(1), completed('x')])
      const endedAt = (await log.read(key)).at(-1)?.at ?? 0
      const { agent, session } = key
      expect(await other.idleSessions(agent, endedAt, 1000)).not.toContainEqual({ agent, session })
      await log.deleteEndedRuns(key, { acceptedBefore: acceptedAt, upToTurn: 9 })
      await log.deleteEndedBefore(endedAt, 1000)
      expect(await other.read(key)).toHaveLength(3)
    })

    test('deletes runs that ended before a time, longest ended first, and nothing else', async () => {
      const key = createKey()
      const sweep = async (before: number, limit: number) => log.deleteEndedBefore(before, limit)
      await sweep(Date.now() + 60_000, 1000)
      for (const run of ['c', 'b', 'a', 'open']) await log.create({ ...key, run }, request(run, 'ann'))
      for (const [turn, run] of ['a', 'b', 'c'].entries()) {
        await other.append({ ...key, run }, 1, [started(1, turn + 1), completed(run)])
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      await log.control({ ...key, run: 'a' }, { type: 'cancel', reason: 'late' })
      const left = async () => (await other.runsAfter(key, 0)).map(({ run }) => run)
      expect(await sweep(Date.now() - 60_000, 10)).toBe(0)
      expect(await sweep(Date.now() + 60_000, 2)).toBe(2)
      expect(await left()).toEqual(['c', 'open'])
      expect(await log.read({ ...key, run: 'a' })).toEqual([])
      expect(await log.controls({ ...key, run: 'a' })).toEqual([])
      expect(await sweep(Date.now() + 60_000, 10)).toBe(1)
      expect(await sweep(Date.now() + 60_000, 10)).toBe(0)
      expect(await left()).toEqual(['open'])
      expect(await other.runsUpTo(key, 99, 10)).toEqual([])
      expect(await log.session(key)).toMatchObject({ owner: 'ann' })
    })

    test('finds turns of a long conversation without reading the rest, missing ones left out', async () => {
      const key = createKey()
      const turns = [1, 2, 9, 10, 11, 12, 20, 21, 30, 99, 100, 101, 110, 1000]
      for (const turn of turns) {
        await log.create({ ...key, run: `t${turn}` }, request('x'))
        await log.append({ ...key, run: `t${turn}` }, 1, [started(1, turn), completed('x')])
      }
      const upTo = async (turn: number, limit: number) =>
        (await other.runsUpTo(key, turn, limit)).map((run) => run.turn)
      const newestFirst = turns.toReversed()
      for (const turn of [0, 1, 9, 10, 25, 100, 500, 1000, Number.MAX_SAFE_INTEGER]) {
        for (const limit of [1, 2, 10, 11, 100]) {
          expect(await upTo(turn, limit)).toEqual(newestFirst.filter((one) => one <= turn).slice(0, limit))
        }
        const after = (await other.runsAfter(key, turn)).map((run) => run.turn)
        expect(after).toEqual(turns.filter((one) => one > turn))
      }
    })

    test('several followers, begun at any time and place, see the same events', async () => {
      const key = createKey()
      await log.create(key, request('x'))
      const follow = async (of: RunLog, after: number) => {
        const seen: unknown[] = []
        for await (const events of of.follow(key, after, new AbortController().signal)) seen.push(...events)
        return seen
      }
      const following = [follow(log, -1), follow(other, -1), follow(other, 2)]
      await log.append(key, 1, [started(1)])
      following.push(follow(log, 0), follow(other, 0))
      for (let id = 2; id < 10; id += 1) {
        await log.append(key, id, [{ type: 'message.delta', data: { step: 0, text: `ü\n${id}` } }])
        if (id === 5) following.push(follow(log, -1), follow(other, 3))
      }
      await log.append(key, 10, [completed('a')])
      const events = await log.read(key)
      const after = [-1, -1, 2, 0, 0, -1, 3]
      for (const [index, seen] of (await Promise.all(following)).entries())
        expect(seen).toEqual(events.slice((after[index] ?? 0) + 1))
    })

    test('what callers change of what they wrote changes nothing', async () => {
      const key = createKey()
      const asked = request('x')
      const said = { step: 0, text: 'hi' }
      const wished = { type: 'cancel' as const, reason: 'enough' }
      await log.create(key, asked)
      await log.append(key, 1, [{ type: 'message.delta', data: said }])
      await log.control(key, wished)
      Object.assign(asked, { digest: 'other' })
      said.text = 'other'
      wished.reason = 'other'
      expect(await log.read(key)).toMatchObject([{ data: { digest: 'x' } }, { data: { text: 'hi' } }])
      expect(await log.controls(key)).toEqual([{ type: 'cancel', reason: 'enough' }])
    })

    test('another executor may take a run over at any event', async () => {
      const key = createKey()
      await log.create(key, request('x'))
      for (let id = 1; id < 10; id += 1)
        expect(await (id % 2 ? log : other).append(key, id, [started(id)])).toBe(id + 1)
      expect(await log.read(key)).toHaveLength(10)
    })

    test('keeps events of a megabyte, and any text, as they are', async () => {
      const key = createKey()
      await log.create(key, request('x'))
      const text = `${'ä"\\\n\u2028🏠'.repeat(100_000)}\ud800`
      await log.append(key, 1, [answer(0, text), answer(1, '')])
      expect((await other.read(key))[1]).toMatchObject(answer(0, text))
      expect(await other.read(key, 1)).toMatchObject([answer(1, '')])
    })

    test('a session is as old as its last acceptance or end', async () => {
      const key = createKey()
      await log.create(key, request('x', 'ann'))
      const accepted = await other.session(key)
      await new Promise((resolve) => setTimeout(resolve, 5))
      await log.append(key, 1, [started(1)])
      expect((await other.session(key))?.updatedAt).toBe(accepted?.updatedAt)
      await log.append(key, 2, [completed('x')])
      const ended = await other.session(key)
      expect(ended?.createdAt).toBe(accepted?.createdAt)
      expect(ended?.updatedAt).toBeGreaterThan(accepted?.updatedAt ?? 0)
    })

    test('a parked run that goes on is open again; one that is due stays so until then', async () => {
      const key = createKey()
      const find = async (before: number, now: number) =>
        (await other.stalled({ before, now, limit: 1000 })).some(({ session }) => session === key.session)
      await log.create(key, request('x'))
      await log.append(key, 1, [started(1), { type: 'run.parked', data: { reason: 'approval' } }])
      const future = Date.now() + 60_000
      expect(await find(future, future)).toBe(false)
      const decision = { approvalId: 'a', decision: 'approve' } as const
      await other.control(key, { type: 'decision', ...decision })
      await log.append(key, 3, [{ type: 'approval.decided', data: decision }])
      expect(await find(0, Date.now())).toBe(true)
      await other.append(key, 4, [started(2)])
      expect(await find(0, future)).toBe(false)
      expect(await find(future, 0)).toBe(true)
      await log.append(key, 5, [{ type: 'run.parked', data: { reason: 'operation_limit' } }])
      expect(await find(0, Date.now())).toBe(true)
      await log.append(key, 6, [started(3), completed('x')])
      expect(await find(future, future)).toBe(false)
    })

    test('what is deleted can be made again under the same names', async () => {
      const key = createKey()
      const stop = new AbortController()
      for (let round = 0; round < 3; round += 1) {
        const owner = `owner-${round}`
        expect(await other.create(key, request('x', owner))).toEqual({ outcome: 'created' })
        expect(await log.append(key, 1, [started(1)])).toBe(2)
        await log.control(key, { type: 'cancel', reason: owner })
        await log.deleteSession(key, Date.now() + 1)
        await expect(other.append(key, 2, [completed('x')])).rejects.toMatchObject({ code: 'fenced' })
        expect(await other.controls(key)).toEqual([])
        for await (const events of other.follow(key, -1, stop.signal)) expect(events).toEqual([])
      }
      expect(await other.runsAfter(key, 0)).toEqual([])
      expect(await other.sessions(key.agent, { owner: 'owner-2', limit: 10 })).toEqual([])
    })

    test('names of any kind stay apart and come back as they were', async () => {
      const agent = 'Odd names'
      const names = [
        'a',
        'A',
        'a.',
        '..',
        '%41',
        '%',
        '~41',
        "'",
        '"',
        'ä',
        'a\u0308',
        '🏠',
        '{a}',
        'a b',
        'ｘ'.repeat(200),
      ]
      names.push(`${'ｘ'.repeat(199)}y`, '~h', '*', '[a]')
      for (const session of names) {
        expect(await log.create({ agent, session, run: session }, request(session, session))).toEqual({
          outcome: 'created',
        })
      }
      for (const session of names) {
        const key = { agent, session }
        expect((await other.runsAfter(key, 0)).map(({ run }) => run)).toEqual([session])
        expect(await other.read({ ...key, run: session })).toMatchObject([{ data: { digest: session } }])
        const owned = await other.sessions(agent, { owner: session, limit: 5 })
        expect(owned.map((one) => one.session)).toEqual([session])
      }
      const stalled = await other.stalled({ before: Date.now() + 60_000, now: 0, limit: 1000 })
      const found = stalled.filter((key) => key.agent === agent).map(({ session, run }) => [session, run])
      expect(found.toSorted()).toEqual(names.map((name) => [name, name]).toSorted())
      const idle = await other.idleSessions(agent, Date.now() + 60_000, 1000)
      expect(idle.map(({ session }) => session).toSorted()).toEqual(names.toSorted())
    })

    test('keeps ids apart that look alike', async () => {
      const key = createKey()
      await log.create(key, request('lower'))
      expect(await log.create({ ...key, run: 'R1' }, request('upper'))).toEqual({ outcome: 'created' })
      expect(await log.create({ ...key, session: key.session.toUpperCase() }, request('s'))).toEqual({
        outcome: 'created',
      })
      expect(await log.create({ ...key, run: "'; DROP TABLE runs; --" }, request('q'))).toEqual({
        outcome: 'created',
      })
      expect(await log.create({ ...key, run: 'Straße 🏠' }, request('u'))).toEqual({ outcome: 'created' })
    })

    test('files a wish about a run once, and tells whoever watches, on either log', async () => {
      const key = createKey()
      await log.create(key, request('x'))
      const cancel = { type: 'cancel', reason: 'enough' } as const
      const approve = { type: 'decision', approvalId: 'a1', decision: 'approve' } as const
      const stop = new AbortController()
      const seen: string[][] = []
      const watching = (async () => {
        for await (const controls of other.watchControls(key, stop.signal)) {
          seen.push(controls.map(({ type }) => type))
          if (controls.length === 2) stop.abort()
        }
      })()
      expect(await log.control(key, approve)).toBe(true)
      expect(await other.control(key, { ...approve, decision: 'reject' })).toBe(false)
      expect(await log.control(key, cancel)).toBe(true)
      await watching
      const result = { type: 'toolResult', callId: 'c', result: 1 } as const
      expect(await log.control(key, result)).toBe(true)
      expect(await other.control(key, { ...result, result: 2 })).toBe(false)
      expect(seen.at(-1)).toEqual(['decision', 'cancel'])
      expect(await other.controls(key)).toEqual([approve, cancel, result])
      await expect(log.control({ ...key, run: 'unknown' }, cancel)).rejects.toMatchObject({
        code: 'not_found',
      })
      expect(await log.controls({ ...key, run: 'unknown' })).toEqual([])
    })

    test('a wish that is filed while another one is being taken in is not missed', async () => {
      const key = createKey()
      await log.create(key, request('x'))
      const watching = log.watchControls(key, AbortSignal.timeout(10_000))[Symbol.asyncIterator]()
      const first = watching.next()
      await log.control(key, { type: 'decision', approvalId: 'a1', decision: 'approve' })
      expect((await first).value).toHaveLength(1)
      await log.control(key, { type: 'cancel', reason: 'enough' })
      expect((await watching.next()).value).toHaveLength(2)
      await watching.return?.()
    })

    test('of twenty simultaneous decisions one counts', async () => {
      const key = createKey()
      await log.create(key, request('x'))
      const decide = (by: string) => ({ type: 'decision', approvalId: 'a', decision: 'approve', by }) as const
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 ? log : other).control(key, decide(`${index}`))),
      )
      expect(results.filter(Boolean)).toHaveLength(1)
      expect(await log.controls(key)).toMatchObject([{ by: `${results.indexOf(true)}` }])
    })

    test('finds runs that stand still: open ones after a while, parked ones when they are due or somebody wishes something', async () => {
      const key = createKey()
      const stalled = async (before: number, now: number) => {
        const runs = await other.stalled({ before, now, limit: 1000 })
        return runs.filter(({ session }) => session === key.session).map(({ run }) => run)
      }
      for (const run of ['open', 'ended', 'waiting', 'timed']) await log.create({ ...key, run }, request(run))
      const now = Date.now()
      const future = now + 60_000
      await log.append({ ...key, run: 'ended' }, 1, [started(1), completed('x')])
      await log.append({ ...key, run: 'waiting' }, 1, [
        started(1),
        { type: 'run.parked', data: { reason: 'approval' } },
      ])
      const until = new Date(future).toISOString()
      await log.append({ ...key, run: 'timed' }, 1, [
        started(1),
        { type: 'run.parked', data: { reason: 'approval', until } },
      ])
      expect(await stalled(now - 60_000, now)).toEqual([])
      expect(await stalled(future, now)).toEqual(['open'])
      expect(await stalled(now - 60_000, future)).toEqual(['timed'])
      await log.control({ ...key, run: 'waiting' }, { type: 'steer', run: 'open', messages: [] })
      await log.control({ ...key, run: 'waiting' }, { type: 'webhook', id: 'mine', wish: 'w' })
      expect(await stalled(now - 60_000, Date.now())).toEqual([])
      await log.control({ ...key, run: 'waiting' }, { type: 'cancel', reason: 'x' })
      expect(await stalled(now - 60_000, Date.now())).toEqual(['waiting'])
      expect(await other.stalled({ before: future, now: future, limit: 1 })).toHaveLength(1)
      expect((await log.runsAfter(key, 0)).map(({ run, status }) => [run, status])).toEqual([
        ['ended', 'ended'],
        ['open', 'open'],
        ['waiting', 'parked'],
        ['timed', 'parked'],
      ])
    })

    test('a parked run is due once somebody tells what its tool gave', async () => {
      const key = createKey()
      await log.create(key, request('one'))
      await log.append(key, 1, [started(1), { type: 'run.parked', data: { reason: 'tool' } }])
      await log.control(key, { type: 'toolResult', callId: 'c', result: 1 })
      expect(await other.stalled({ before: 0, now: Date.now(), limit: 1000 })).toContainEqual(key)
    })

    test('lists the runs of all sessions that wait for something outside, in order of acceptance', async () => {
      const keys = [createKey('first'), createKey('second'), createKey('third'), createKey('fourth')] as const
      const [first, second, third, fourth] = keys
      const park = [started(1), { type: 'run.parked', data: { reason: 'approval' } }] as const
      const list = async (from: number, limit = 1000) =>
        (await other.parked({ from, limit })).filter(({ key }) =>
          keys.some(({ session }) => session === key.session),
        )
      for (const key of keys) {
        await log.create(key, request('x', key.run))
        await new Promise((resolve) => setTimeout(resolve, 3))
      }
      const acceptedAt = async (key: RunKey) => (await log.read(key))[0]?.at ?? 0
      const [from, later] = [await acceptedAt(first), await acceptedAt(second)]
      expect(await list(from)).toEqual([])
      for (const key of [third, first, second]) await log.append(key, 1, park)
      await log.create({ ...first, run: 'first/call-1' }, request('inner', 'first'))
      await log.append({ ...first, run: 'first/call-1' }, 1, park)
      expect(await list(from)).toEqual([
        { key: first, acceptedAt: from },
        { key: second, acceptedAt: later },
        { key: third, acceptedAt: await acceptedAt(third) },
      ])
      expect((await list(later)).map(({ key }) => key)).toEqual([second, third])
      const others = await other.parked({ from, limit: 1000 })
      expect(await other.parked({ from, limit: 2 })).toEqual(others.slice(0, 2))
      await log.control(first, { type: 'cancel', reason: 'x' })
      await log.append(second, 3, [started(2)])
      await log.append(fourth, 1, [started(1), completed('x')])
      expect((await list(from)).map(({ key }) => key)).toEqual([first, third])
      await log.append(first, 3, [{ type: 'run.cancelled', data: { reason: 'x', text: '' } }])
      await log.deleteSession(third, Date.now() + 1)
      expect(await list(from)).toEqual([])
    })

    test('runs that work for another one are in no index, and go with their session', async () => {
      const key = createKey()
      await log.create(key, request('x'))
      await log.create({ ...key, run: 'r1/call-1' }, request('inner'))
      await log.append({ ...key, run: 'r1/call-1' }, 1, [started(1, 0)])
      expect((await other.runsAfter(key, 0)).map(({ run }) => run)).toEqual(['r1'])
      const stalled = await other.stalled({ before: Date.now() + 60_000, now: Date.now(), limit: 1000 })
      expect(stalled.map(({ run }) => run)).not.toContain('r1/call-1')
      await log.append({ ...key, run: 'r1/call-1' }, 2, [completed('x')])
      expect(await other.runsUpTo(key, 9, 9)).toEqual([])
      expect((await other.runsAfter(key, -1)).map(({ run }) => run)).toEqual(['r1'])
      await log.create({ ...key, run: 'r1/call-2' }, request('inner'))
      await log.append({ ...key, run: 'r1/call-2' }, 1, [
        { type: 'run.parked', data: { reason: 'operation_limit' } },
      ])
      const deleteEnded = () => log.deleteEndedRuns(key, { acceptedBefore: Date.now() + 1, upToTurn: 0 })
      await deleteEnded()
      // What it gave may not have been taken in yet by the run that it worked for.
      expect(await other.read({ ...key, run: 'r1/call-1' })).toHaveLength(3)
      await log.append(key, 1, [started(1, 1), completed('x')])
      await deleteEnded()
      expect(await other.read({ ...key, run: 'r1/call-1' })).toEqual([])
      expect(await other.read({ ...key, run: 'r1/call-2' })).toHaveLength(2)
      await log.deleteSession(key, Date.now() + 1)
      expect(await other.read({ ...key, run: 'r1/call-2' })).toEqual([])
      expect(await other.session(key)).toBeUndefined()
    })

    test('finds sessions in which nothing happens any more', async () => {
      const agent = 'Idle'
      await log.create({ agent, session: 's1', run: 'r' }, request('x'))
      expect(await other.idleSessions(agent, Date.now() - 60_000, 10)).toEqual([])
      expect(await other.idleSessions(agent, Date.now() + 60_000, 10)).toEqual([{ agent, session: 's1' }])
    })

    test('says that it can be written', async () => {
      await expect(log.probe()).resolves.toBeUndefined()
    })
  })
}
