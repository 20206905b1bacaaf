import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { tool } from '../../src/agent/tools/tool.js'
import { charge } from '../../src/session/allowance/account.js'
import { type AllowanceOptions, checkAllowance, toPeriod } from '../../src/session/allowance/allowance.js'
import { ScriptedModel, type SendOptions, TestEngine, TestSession } from '../../src/testing/index.js'

const hourMs = 3_600_000
/** What one turn spends. */
const turn = 15
const spent = expect.objectContaining({ code: 'budget_exhausted' })

/** Runs a script of people who talk in sessions of their own; each message is answered by one model call. */
async function talk(
  allowance: AllowanceOptions,
  script: (
    say: (session: string, owner: string | undefined, options?: SendOptions) => Promise<unknown>,
    of: (session: string) => TestSession,
    /** Somebody else in the same session, whose runs have the same names. */
    anew: (session: string) => void,
  ) => Promise<void>,
): Promise<void> {
  const work = tool({ name: 'work', description: '', execute: () => 1, undo: () => {} })
  const agent = () =>
    new Agent({ name: 'Agent', client: new ScriptedModel(() => ({ text: 'Yes.' })), tools: [work] })
  const engine = await TestEngine.open({ agents: agent, allowance })
  const sessions = new Map<string, TestSession>()
  const of = (session: string) => {
    const found = sessions.get(session) ?? new TestSession(engine, { agent: 'Agent', session })
    sessions.set(session, found)
    return found
  }
  const say = async (session: string, owner: string | undefined, options: SendOptions = {}) => {
    const { status } = await of(session).send('Hi', { owner, ...options })
    // The account hears of it a moment after the caller.
    await of(session).wait(1000)
    return status
  }
  await engine.run(() => script(say, of, (session) => void sessions.delete(session)))
}

test('counts all sessions of an owner together, and nobody else', () =>
  talk({ tokens: 2 * turn }, async (say) => {
    await say('one', 'ann')
    await say('two', 'ann')
    await expect(say('three', 'ann')).rejects.toThrow(spent)
    await expect(say('one', 'ann')).rejects.toThrow('You have spent 30 of 30 tokens; there are more from ')
    expect(await say('four', 'bob')).toBe('completed')
    expect(await say('five', undefined)).toBe('completed')
  }))

test('who has spent everything sends nothing later either, and what was to be sent is sent', () =>
  talk({ tokens: turn, everyMs: 1000 * hourMs }, async (say, of) => {
    const later = await of('one').start('Later', { owner: 'ann', delayMs: hourMs })
    await say('one', 'ann')
    await expect(of('two').start('Later', { owner: 'ann', delayMs: hourMs })).rejects.toThrow(spent)
    expect(await of('one').news(later)).toMatchObject({ status: 'completed' })
  }))

test('says when there is more, and then there is', () =>
  talk({ tokens: turn, everyMs: hourMs }, async (say, of) => {
    await say('one', 'ann')
    let retryAfterMs = 0
    await say('one', 'ann').catch((error) => {
      retryAfterMs = error.retryAfterMs
    })
    expect(retryAfterMs).toBeGreaterThan(0)
    expect(retryAfterMs).toBeLessThanOrEqual(hourMs)
    await of('one').wait(retryAfterMs)
    expect(await say('one', 'ann')).toBe('completed')
    await expect(say('one', 'ann')).rejects.toThrow(spent)
  }))

test('goes by owner where the app says so, and lets some spend what they like', () =>
  talk({ tokens: (owner) => ({ ann: turn, bob: undefined, eve: 0 })[owner] }, async (say) => {
    await say('one', 'ann')
    await expect(say('one', 'ann')).rejects.toThrow(spent)
    for (let n = 0; n < 3; n++) expect(await say('two', 'bob')).toBe('completed')
    await expect(say('three', 'eve')).rejects.toThrow('0 of 0 tokens')
  }))

test.each([Number.NaN, -1, '5', null])('an app that allows %o is told so', (tokens) =>
  talk({ tokens: () => tokens as number }, async (say) => {
    await expect(say('one', 'ann')).rejects.toMatchObject({ code: 'invalid_configuration' })
  }),
)

test('counts runs of a session that was deleted and begun anew under the same names', () =>
  talk({ tokens: 2 * turn }, async (say, of, anew) => {
    await say('one', 'ann')
    await of('one').delete()
    anew('one')
    await say('one', 'ann')
    await expect(say('one', 'ann')).rejects.toThrow(spent)
  }))

test('undoing is free, and a message that was accepted before is not refused when it comes again', () =>
  talk({ tokens: turn }, async (say, _of, anew) => {
    await say('one', 'ann')
    await expect(say('one', 'ann')).rejects.toThrow(spent)
    expect(await say('one', 'ann', { undoes: { run: 'run-1' } })).toBe('completed')
    anew('one')
    expect(await say('one', 'ann')).toBe('completed')
    await expect(say('two', 'ann')).rejects.toThrow(spent)
  }))

test('an account counts a run once, in the newest period alone, and does not grow', () => {
  let account = charge(undefined, 100, { run: 'a', tokens: 5 })
  account = charge(account, 100, { run: 'a', tokens: 5 })
  expect(account).toEqual({ since: 100, tokens: 5, runs: ['a'] })
  for (let n = 0; n < 500; n++) account = charge(account, 100, { run: `run-${n}`, tokens: 1 })
  expect(account.tokens).toBe(505)
  expect(account.runs.length).toBeLessThanOrEqual(100)
  expect(charge(account, 200, { run: 'b', tokens: 7 })).toEqual({ since: 200, tokens: 7, runs: ['b'] })
})

test('a day begins at midnight, UTC', () => {
  const period = toPeriod({ tokens: 1 }, Date.parse('2026-11-24T13:00:00Z'))
  expect(period.since).toBe(Date.parse('2026-11-24T00:00:00Z'))
  expect(period.until).toBe(Date.parse('2026-11-25T00:00:00Z'))
})

test.each<[object, string]>([
  [{}, 'tokens of allowance'],
  [{ tokens: -1 }, 'tokens of allowance'],
  [{ tokens: '5' }, 'tokens of allowance'],
  [{ tokens: 1, everyMs: 0 }, 'everyMs of allowance'],
  [{ tokens: 1, every: 5 }, 'has no option "every"'],
])('the allowance %o is refused', (allowance, message) => {
  expect(() => checkAllowance(allowance as AllowanceOptions)).toThrow(message)
})
