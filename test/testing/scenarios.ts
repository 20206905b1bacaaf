import { expect } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../src/agent/agent.js'
import type { ContextProvider } from '../../src/agent/agent-definition.js'
import type { AgentOptions } from '../../src/agent/agent-options.js'
import { slidingWindow, summarize } from '../../src/agent/providers/compaction.js'
import { tool } from '../../src/agent/tools/tool.js'
import type { ToolOptions } from '../../src/agent/tools/tool-options.js'
import type { Clock } from '../../src/core/clock.js'
import { AgentError, hasCode } from '../../src/core/errors.js'
import { toText } from '../../src/core/messages.js'
import type { Schema } from '../../src/core/schema.js'
import type { ChatRequest } from '../../src/model/chat-client.js'
import type { ToolExecution } from '../../src/testing/engine/observations.js'
import {
  type CrashOptions,
  conversation,
  countAnswers,
  type ModelScript,
  type ModelStep,
  type Scenario,
  ScriptedModel,
} from '../../src/testing/index.js'

/** A scenario of ours with how it is to be run, and the fewest crash points it must have. */
export interface NamedScenario {
  readonly title: string
  readonly scenario: Scenario
  readonly options?: CrashOptions
  readonly crashPoints: number
}

type WorkOptions = Partial<ToolOptions<Schema<{ n: number }>, unknown>>

/** A tool named `work` that gives ten times its number. */
function createWork(options: WorkOptions = {}) {
  return tool({
    name: 'work',
    description: 'Multiplies by ten.',
    parameters: z.object({ n: z.number() }) as Schema<{ n: number }>,
    execute: ({ n }) => n * 10,
    ...options,
  })
}

/** The step in which the model calls `work` for each number. */
function callWork(...numbers: readonly number[]): ModelStep {
  return { calls: numbers.map((n) => ({ name: 'work', arguments: { n } })) }
}

interface Given {
  readonly script: ModelScript | readonly ModelStep[]
  readonly work?: WorkOptions | ((clock: Clock) => WorkOptions)
  readonly agent?: Partial<AgentOptions>
}

function createAgent({ script, work = {}, agent = {} }: Given): Scenario['agent'] {
  return (clock) => {
    const made = createWork(typeof work === 'function' ? work(clock) : work)
    const model = new ScriptedModel(typeof script === 'function' ? script : conversation(script))
    return new Agent({ name: 'Worker', client: model, tools: [made], ...agent })
  }
}

/** What the user said last. */
function lastQuestion({ messages }: ChatRequest): string {
  return JSON.stringify(messages.findLast(({ role }) => role === 'user')?.contents)
}

/** An owner who may spend 31 tokens: 30 are spent, then 45. */
function createSpendingScenario(): NamedScenario {
  const owner = 'ann'
  let isRefused = false
  return {
    title: 'an owner who may spend no more, where nothing is counted twice',
    crashPoints: 40,
    options: { allowance: { tokens: 31, everyMs: 10_000 * 1440 * minute } },
    scenario: {
      agent: createAgent({ script: conversation([callWork(1), { text: 'done' }, { text: 'said' }]) }),
      async play(session, stage) {
        expect(await session.send('Work', { owner })).toMatchObject({ status: 'completed' })
        await session.wait(minute)
        expect(await session.send('30 of 31 are spent', { owner })).toMatchObject({ text: 'said' })
        await session.wait(minute)
        const last = stage.session('other').send('45 of 31', { owner })
        isRefused = await last.then(() => false).catch((error) => hasCode(error, 'budget_exhausted'))
        expect(await stage.session('his').send('Hi', { owner: 'bob' })).toMatchObject({ status: 'completed' })
      },
      // A signal that is lost, as none is that waits in a task hub, leaves a run uncounted.
      check({ isUndisturbed }) {
        if (isUndisturbed) expect(isRefused).toBe(true)
      },
    },
  }
}

/** What the model is told first. */
function firstText({ messages }: ChatRequest): string {
  return toText(messages[0]?.contents ?? [])
}

/** Counts its runs in the session, and tells the model. */
const visits: ContextProvider = {
  name: 'visits',
  async beforeRun({ state }) {
    state.count = Number(state.count ?? 0) + 1
    return { instructions: `visit ${state.count}` }
  },
}

/** Works in two steps. */
function workTwice({ messages }: ChatRequest): ModelStep {
  const steps = [callWork(1, 2), callWork(3)]
  return steps[messages.filter(({ role }) => role === 'tool').length] ?? { text: 'done' }
}

/** That so many different calls were executed, however often. */
function expectKeys(executions: readonly ToolExecution[], count: number): void {
  expect(new Set(executions.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(count)
}

const minute = 60_000

export const scenarios: readonly NamedScenario[] = [
  {
    title: 'plain turns',
    crashPoints: 25,
    scenario: {
      agent: createAgent({ script: [{ text: 'Hello.', chunks: ['Hel', 'lo.'] }, { text: 'Still here.' }] }),
      async play(session) {
        expect(await session.send('Hi')).toMatchObject({ status: 'completed', text: 'Hello.' })
        expect(await session.send('And now?')).toMatchObject({ status: 'completed', text: 'Still here.' })
      },
    },
  },
  {
    title: 'parallel tools, then another step',
    crashPoints: 15,
    scenario: {
      agent: createAgent({
        script: [callWork(1, 2, 3), callWork(4), { text: 'done' }],
        work: { idempotent: true },
      }),
      async play(session) {
        expect(await session.send('Work')).toMatchObject({ text: 'done' })
      },
    },
  },
  {
    title: 'what two steps did is undone, and a message comes after it',
    crashPoints: 40,
    scenario: {
      agent: createAgent({
        script: (request) =>
          lastQuestion(request).includes('Was it?') ? { text: 'Undone, yes.' } : workTwice(request),
        work: { idempotent: true, undo: ({ n }, { result }) => `${n} was ${result}` },
      }),
      async play(session) {
        expect(await session.send('Work')).toMatchObject({ text: 'done' })
        expect(await session.send('Undo', { undoes: { run: 'run-1' } })).toMatchObject({
          text: 'Undone: work({"n":3}), work({"n":2}), work({"n":1}).',
        })
        expect(await session.send('Was it?')).toMatchObject({ text: 'Undone, yes.' })
      },
      check: ({ executions }) => expectKeys(executions, 6),
    },
  },
  {
    title: 'a human agrees to undo again what was cut off while it was undone',
    crashPoints: 20,
    scenario: {
      agent: createAgent({
        script: [callWork(1), { text: 'done' }],
        work: { undo: () => 'undone', onUnknownOutcome: 'ask' },
      }),
      async play(session) {
        let news = await session.send('Work')
        while (news.status === 'waiting') news = await session.approve()
        news = await session.send('Undo', { undoes: { run: 'run-1' } })
        while (news.status === 'waiting') news = await session.approve()
        expect(news).toMatchObject({ text: 'Undone: work({"n":1}).' })
      },
      check: ({ executions }) => expectKeys(executions, 2),
    },
  },
  {
    title: 'two have to agree, and one changes the arguments',
    crashPoints: 20,
    scenario: {
      agent: createAgent({
        script: [callWork(1), { text: 'done' }],
        work: { approval: 'always', approvers: 2, idempotent: true },
      }),
      async play(session) {
        expect(await session.send('Work')).toMatchObject({ status: 'waiting' })
        expect(await session.approve()).toMatchObject({ approvals: [{ approvedBy: [''] }] })
        const changed = { approvals: [{ approvedBy: [''], arguments: { n: 2 } }] }
        expect(await session.approve({ arguments: { n: 2 } })).toMatchObject(changed)
        expect(await session.approve()).toMatchObject({ text: 'done' })
      },
      check: ({ executions }) => expectKeys(executions, 1),
    },
  },
  {
    title: 'a message with a large image, and one about it',
    crashPoints: 25,
    scenario: {
      agent: createAgent({
        script: (request) => {
          const images = request.messages.flatMap(({ contents }) =>
            contents.flatMap((content) => (content.type === 'data' ? [content.uri.length] : [])),
          )
          return { text: `${images}` }
        },
      }),
      async play(session) {
        const image = { type: 'data', uri: `data:image/png;base64,${'A'.repeat(40_000)}` } as const
        expect(await session.send({ role: 'user', contents: [image] })).toMatchObject({ text: '40022' })
        expect(await session.send('What was that?')).toMatchObject({ text: '40022' })
      },
      check({ events, state }) {
        expect(JSON.stringify([[...events], state]).length).toBeLessThan(10_000)
      },
    },
  },
  {
    title: 'an approval that is given',
    crashPoints: 25,
    scenario: {
      agent: createAgent({ script: [callWork(1), { text: 'done' }], work: { approval: 'always' } }),
      async play(session) {
        expect(await session.send('Work')).toMatchObject({ status: 'waiting' })
        expect(await session.approve()).toMatchObject({ status: 'completed', text: 'done' })
      },
    },
  },
  {
    title: 'tools of the caller, beside one of the agent',
    crashPoints: 35,
    scenario: {
      agent: createAgent({
        script: [
          {
            calls: [
              { name: 'show', arguments: { place: 'Oslo' } },
              { name: 'work', arguments: { n: 1 } },
              { name: 'show', arguments: { place: 'Bergen' } },
            ],
          },
          { text: 'done' },
        ],
        work: { readOnly: true },
      }),
      async play(session) {
        const parameters = { type: 'object', properties: { place: { type: 'string' } } }
        const tools = [{ name: 'show', description: '', parameters }]
        const { toolCalls } = await session.send('Show them', { tools })
        expect(toolCalls.map(({ arguments: args }) => args)).toEqual([{ place: 'Oslo' }, { place: 'Bergen' }])
        expect(await session.report('shown')).toMatchObject({ status: 'waiting' })
        expect(await session.report(null)).toMatchObject({ text: 'done' })
      },
    },
  },
  {
    title: 'two approvals, one with edited arguments, one rejected',
    crashPoints: 25,
    scenario: {
      agent: createAgent({ script: [callWork(1, 2), { text: 'done' }], work: { approval: 'always' } }),
      async play(session) {
        await session.send('Work')
        expect(await session.approve({ arguments: { n: 5 } })).toMatchObject({ status: 'waiting' })
        expect(await session.reject('too dear')).toMatchObject({ text: 'done' })
      },
      check({ state }) {
        expect(JSON.stringify(state)).toContain('"result":50')
        expect(JSON.stringify(state)).toContain('too dear')
      },
    },
  },
  {
    title: 'an approval that expires',
    crashPoints: 25,
    scenario: {
      agent: createAgent({
        script: [callWork(1), { text: 'done' }],
        work: { approval: 'always', approvalTimeoutMs: 5 * minute },
      }),
      async play(session) {
        expect(await session.send('Work')).toMatchObject({ status: 'waiting' })
        await session.wait(5 * minute)
        await session.until('run.completed')
      },
      check({ executions }) {
        expect(executions).toEqual([])
      },
    },
  },
  {
    title: 'two messages at once',
    crashPoints: 25,
    scenario: {
      agent: createAgent({ script: [callWork(1), { text: 'one' }, { text: 'two' }] }),
      async play(session) {
        const first = await session.start('Work')
        expect(await session.send('And more')).toMatchObject({ text: 'two' })
        expect(await session.news(first)).toMatchObject({ text: 'one' })
      },
    },
  },
  {
    title: 'a message that is sent later, when more was said and a human is asked something',
    crashPoints: 45,
    scenario: {
      agent: createAgent({
        script: (request) => {
          if (request.messages.at(-1)?.role === 'tool') return { text: 'done' }
          const question = lastQuestion(request)
          return question.includes('Work') ? callWork(1) : { text: `${question.length > 40_000}` }
        },
        work: { approval: 'always' },
      }),
      async play(session) {
        const image = { type: 'data', uri: `data:image/png;base64,${'A'.repeat(40_000)}` } as const
        const text = { type: 'text', text: 'Later' } as const
        const later = await session.start({ role: 'user', contents: [text, image] }, { delayMs: 60 * minute })
        const dropped = await session.start('Never', { delayMs: 90 * minute })
        expect(await session.send('Now')).toMatchObject({ text: 'false' })
        expect(await session.takeBack(dropped)).toBe(true)
        const { run } = await session.send('Work')
        await session.wait(61 * minute)
        expect(await session.approve({ run })).toMatchObject({ text: 'done' })
        expect(await session.news(later)).toMatchObject({ text: 'true' })
        await session.wait(40 * minute)
      },
      check({ events, state }) {
        expect([...events.keys()].filter((run) => !run.startsWith('/')).sort()).toEqual([
          'run-1',
          'run-3',
          'run-4',
        ])
        expect(JSON.stringify(state)).not.toContain('Never')
      },
    },
  },
  {
    title: 'a message that waits behind an approval',
    crashPoints: 30,
    scenario: {
      agent: createAgent({
        script: [callWork(1), { text: 'one' }, { text: 'two' }],
        work: { approval: 'always' },
      }),
      async play(session) {
        const { run } = await session.send('Work')
        const second = await session.start('And more')
        expect(await session.approve({ run })).toMatchObject({ text: 'one' })
        expect(await session.news(second)).toMatchObject({ text: 'two' })
      },
    },
  },
  {
    title: 'two messages at once, of which neither is to wait',
    crashPoints: 15,
    options: { isSameState: false },
    scenario: {
      agent: createAgent({
        script: (request) => (lastQuestion(request).includes('Work') ? callWork(1) : { text: 'fine' }),
        work: { approval: 'always' },
      }),
      async play(session) {
        const sent = await Promise.allSettled(
          ['Work', 'Work too'].map((text) => session.start(text, { onBusy: 'reject' })),
        )
        expect(sent.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
        await session.cancel()
        await session.news()
        expect(await session.send('Hi', { onBusy: 'reject' })).toMatchObject({ text: 'fine' })
      },
    },
  },
  {
    title: 'a cancellation while the model speaks',
    crashPoints: 15,
    options: { isSameState: false },
    scenario: {
      agent: createAgent({
        script: (request) =>
          lastQuestion(request).includes('Work') ? { hangsAfter: 'Half an ans' } : { text: 'fine' },
      }),
      async play(session) {
        await session.start('Work')
        await session.until('message.delta')
        await session.cancel()
        expect(await session.news()).toMatchObject({ status: 'cancelled', text: 'Half an ans' })
        expect(await session.send('Go on')).toMatchObject({ text: 'fine' })
      },
    },
  },
  {
    title: 'a cancellation while tools run',
    crashPoints: 20,
    options: { isSameState: false },
    scenario: {
      agent: createAgent({
        script: (request) => (lastQuestion(request).includes('Work') ? callWork(1, 2) : { text: 'fine' }),
        work: { execute: ({ n }) => (n === 1 ? 10 : new Promise(() => {})), onUnknownOutcome: 'retry' },
      }),
      async play(session) {
        await session.start('Work')
        await session.until('tool.started')
        await session.cancel()
        expect(await session.news()).toMatchObject({ status: 'cancelled' })
        expect(await session.send('Go on')).toMatchObject({ text: 'fine' })
      },
    },
  },
  {
    title: 'cancellations of a run that waits and of one behind it',
    crashPoints: 20,
    options: { isSameState: false },
    scenario: {
      agent: createAgent({
        script: (request) => (lastQuestion(request).includes('Work') ? callWork(1) : { text: 'fine' }),
        work: { approval: 'always' },
      }),
      async play(session) {
        const { run } = await session.send('Work')
        const second = await session.start('Work more')
        await session.cancel('no', second)
        await session.cancel('no', run)
        expect(await session.news(run)).toMatchObject({ status: 'cancelled' })
        expect(await session.news(second)).toMatchObject({ status: 'cancelled' })
        expect(await session.send('Go on')).toMatchObject({ text: 'fine' })
      },
      check({ executions }) {
        expect(executions).toEqual([])
      },
    },
  },
  {
    title: 'a cancellation that comes too late',
    crashPoints: 15,
    scenario: {
      agent: createAgent({ script: [{ text: 'one' }, { text: 'two' }] }),
      async play(session) {
        const { run } = await session.send('Hi')
        await session.cancel('never mind', run)
        expect(await session.news(run)).toMatchObject({ status: 'completed', text: 'one' })
        expect(await session.send('Hi')).toMatchObject({ text: 'two' })
      },
    },
  },
  {
    title: 'a message that interrupts',
    crashPoints: 20,
    options: { isSameState: false },
    scenario: {
      agent: createAgent({
        script: (request) =>
          lastQuestion(request).includes('Work')
            ? countAnswers(request) < 3
              ? callWork(countAnswers(request))
              : { text: 'worked' }
            : { text: 'interrupted' },
        work: (clock) => ({
          execute: async () => {
            await clock.sleep(1000)
          },
        }),
      }),
      async play(session) {
        const first = await session.start('Work')
        await session.until('tool.started', first)
        expect(await session.send('Stop!', { onBusy: 'interrupt' })).toMatchObject({ text: 'interrupted' })
        expect(await session.news(first)).toMatchObject({
          status: expect.stringMatching(/cancelled|completed/),
        })
      },
    },
  },
  {
    title: 'a message that steers',
    crashPoints: 20,
    options: { isSameState: false },
    scenario: {
      agent: createAgent({
        script: (request) => {
          const answers = countAnswers(request)
          return answers === 0 ? callWork(1) : { text: lastQuestion(request) }
        },
        work: (clock) => ({
          execute: async () => {
            await clock.sleep(1000)
          },
        }),
      }),
      async play(session) {
        const first = await session.start('Weather?')
        await session.until('tool.started', first)
        const second = await session.send('In Celsius!', { onBusy: 'steer' })
        expect(second).toMatchObject({ status: 'completed', text: expect.stringContaining('Celsius') })
        expect(await session.news(first)).toMatchObject({ status: 'completed' })
      },
      check({ isUndisturbed, events }) {
        if (!isUndisturbed) return
        expect(events.get('run-2')?.map(({ type }) => type)).toEqual([
          'run.accepted',
          'run.joined',
          'run.completed',
        ])
      },
    },
  },
  {
    title: 'a message that steers a run which waits for an approval',
    crashPoints: 20,
    options: { isSameState: false },
    scenario: {
      agent: createAgent({
        script: (request) =>
          countAnswers(request) === 0 ? callWork(1) : { text: `re ${lastQuestion(request)}` },
        work: { approval: 'always' },
      }),
      async play(session) {
        const { run } = await session.send('Weather?')
        const second = await session.start('In Celsius!', { onBusy: 'steer' })
        await session.approve({ run })
        expect(await session.news(second)).toMatchObject({ text: expect.stringContaining('Celsius') })
      },
    },
  },
  {
    title: 'a long run over several operations',
    crashPoints: 40,
    scenario: {
      agent: createAgent({
        script: [callWork(1), callWork(2), callWork(3), { text: 'done' }],
        work: (clock) => ({
          execute: async ({ n }) => {
            await clock.sleep(4 * minute)
            return n
          },
        }),
      }),
      async play(session) {
        expect(await session.send('Work')).toMatchObject({ text: 'done' })
      },
      check({ events, isUndisturbed }) {
        const parked = events.get('run-1')?.filter(({ type }) => type === 'run.parked') ?? []
        if (isUndisturbed) expect(parked).toHaveLength(1)
      },
    },
  },
  {
    title: 'a cut-off call that a human is asked about, and rejects',
    crashPoints: 15,
    options: { isSameState: false, unknownOutcome: 'reject' },
    scenario: {
      agent: createAgent({ script: [callWork(1, 2), { text: 'done' }] }),
      async play(session) {
        expect(await session.send('Work')).toMatchObject({ text: 'done' })
      },
      check({ executions }) {
        expect(executions.length).toBeLessThanOrEqual(2)
      },
    },
  },
  {
    title: 'a cut-off call that is run again',
    crashPoints: 15,
    scenario: {
      agent: createAgent({ script: [callWork(1, 2), { text: 'done' }], work: { onUnknownOutcome: 'retry' } }),
      async play(session) {
        expect(await session.send('Work')).toMatchObject({ text: 'done' })
      },
    },
  },
  {
    title: 'a cut-off call that must not be repeated',
    crashPoints: 15,
    options: { isSameState: false },
    scenario: {
      agent: createAgent({ script: [callWork(1, 2), { text: 'done' }], work: { onUnknownOutcome: 'fail' } }),
      async play(session) {
        expect(await session.send('Work')).toMatchObject({ text: 'done' })
      },
      check({ executions }) {
        expect(executions.length).toBeLessThanOrEqual(2)
      },
    },
  },
  {
    title: 'a cut-off call that is reconciled',
    crashPoints: 15,
    scenario: {
      agent: createAgent({
        script: [callWork(1, 2), { text: 'done' }],
        work: { reconcile: ({ n }) => ({ outcome: 'done', result: n * 10 }) },
      }),
      async play(session) {
        expect(await session.send('Work')).toMatchObject({ text: 'done' })
      },
      check({ executions }) {
        expect(executions.length).toBeLessThanOrEqual(2)
      },
    },
  },
  {
    title: 'a tool that fails at first and is tried again',
    crashPoints: 15,
    scenario: {
      agent: createAgent({
        script: [callWork(1), { text: 'done' }],
        work: () => {
          let tries = 0
          return {
            idempotent: true,
            retry: { maxAttempts: 3, initialDelayMs: 5000 },
            execute: ({ n }) => {
              tries += 1
              if (tries < 3) throw new Error('not yet')
              return n
            },
          }
        },
      }),
      async play(session) {
        expect(await session.send('Work')).toMatchObject({ text: 'done' })
      },
    },
  },
  {
    title: 'a failed model, then the next turn',
    crashPoints: 25,
    scenario: {
      agent: createAgent({
        script: (request) => {
          if (!lastQuestion(request).includes('Work')) return { text: 'better' }
          if (countAnswers(request) === 0) return callWork(1)
          return { error: new AgentError('model_error', 'The model is out of order.'), afterText: 'Well' }
        },
        work: { idempotent: true },
      }),
      async play(session) {
        expect(await session.send('Work')).toMatchObject({ status: 'failed', code: 'model_error' })
        expect(await session.send('Again')).toMatchObject({ text: 'better' })
      },
    },
  },
  {
    title: 'a run that takes too many steps',
    crashPoints: 15,
    scenario: {
      agent: createAgent({
        script: (request) => callWork(countAnswers(request)),
        work: { idempotent: true },
        agent: { maxSteps: 2 },
      }),
      async play(session) {
        expect(await session.send('Work')).toMatchObject({ code: 'max_steps_exceeded' })
      },
    },
  },
  {
    title: 'a reset in between',
    crashPoints: 25,
    scenario: {
      agent: createAgent({ script: (request) => ({ text: `${request.messages.length}` }) }),
      async play(session) {
        expect(await session.send('a')).toMatchObject({ text: '1' })
        await session.reset()
        expect(await session.send('b')).toMatchObject({ text: '1' })
        expect(await session.send('c')).toMatchObject({ text: '3' })
      },
    },
  },
  {
    title: 'a deletion in between',
    crashPoints: 25,
    scenario: {
      agent: createAgent({ script: (request) => ({ text: `${request.messages.length}` }) }),
      async play(session) {
        expect(await session.send('a')).toMatchObject({ text: '1' })
        await session.delete()
        expect(await session.send('b')).toMatchObject({ text: '1' })
        expect(await session.send('c')).toMatchObject({ text: '3' })
      },
    },
  },
  {
    title: 'a session that expires, and is used again',
    crashPoints: 20,
    options: { sessionTtlMs: 3 * minute, isSameState: false },
    scenario: {
      agent: createAgent({ script: (request) => ({ text: `${request.messages.length}` }) }),
      async play(session) {
        expect(await session.send('a')).toMatchObject({ text: '1' })
        await session.wait(2 * minute)
        expect(await session.send('b')).toMatchObject({ text: '3' })
        // Two things that go wrong cost the watchdog two looks.
        await session.wait(6 * minute)
        expect(await session.send('c')).toMatchObject({ text: '1' })
        expect(await session.send('d')).toMatchObject({ text: '3' })
      },
    },
  },
  {
    title: 'a message just when its session expires',
    crashPoints: 20,
    options: { sessionTtlMs: 2 * minute, isSameState: false },
    scenario: {
      agent: createAgent({ script: (request) => ({ text: `${request.messages.length}` }) }),
      async play(session, { clock }) {
        await session.send('a')
        // The watchdog looks each minute: it finds the session idle while the message is on its way.
        await session.wait(3 * minute - ((clock.now() + 1) % minute))
        expect(await session.send('b')).toMatchObject({ text: expect.stringMatching(/^[13]$/) })
        expect(await session.send('c')).toMatchObject({ text: expect.stringMatching(/^[35]$/) })
      },
    },
  },
  {
    title: 'a session that does not expire while a human has to decide',
    crashPoints: 25,
    options: { sessionTtlMs: 2 * minute, isSameState: false },
    scenario: {
      agent: createAgent({ script: [callWork(1), { text: 'done' }], work: { approval: 'always' } }),
      async play(session) {
        await session.send('Work')
        await session.wait(4 * minute)
        expect(await session.approve()).toMatchObject({ text: 'done' })
      },
    },
  },
  createSpendingScenario(),
  {
    title: 'a conversation that is kept longer than the logs of its runs',
    crashPoints: 40,
    options: { runRetentionMs: 3 * minute, isSameState: false },
    scenario: {
      agent: createAgent({
        script: (request) => ({ text: `${countAnswers(request)} ${'x'.repeat(5000)}` }),
      }),
      async play(session) {
        for (const text of ['a', 'b', 'c']) await session.send(text)
        await session.wait(5 * minute)
        // What the state holds is known to every process, what it has let go only to one that has just read it.
        expect(await session.send('d')).toMatchObject({ text: expect.stringMatching(/^[13] /) })
        expect(await session.send('e')).toMatchObject({ text: expect.stringMatching(/^[124] /) })
      },
    },
  },
  {
    title: 'a message in the place of an earlier one, whose turn has left the state',
    crashPoints: 40,
    scenario: {
      agent: createAgent({
        script: (request) => ({ text: `${countAnswers(request)} ${'x'.repeat(5000)}` }),
        agent: { contextProviders: [visits] },
      }),
      async play(session) {
        await session.send('one')
        const { run } = await session.send('two')
        await session.send('three')
        expect(await session.send('two again', { replaces: run })).toMatchObject({
          text: expect.stringMatching(/^1 /),
        })
      },
      check({ state }) {
        const own = state?.data.extensionData?.durableAgentFunctions
        expect(own).toMatchObject({ messageCount: 2, takenBack: [[2, 3]], state: { visits: { count: 2 } } })
      },
    },
  },
  {
    title: 'a message in the place of one that waits for a human, with another one behind it',
    crashPoints: 30,
    scenario: {
      agent: createAgent({
        script: (request) => (lastQuestion(request).includes('Work') ? callWork(1) : { text: 'instead' }),
        work: { approval: 'always' },
      }),
      async play(session) {
        const { run } = await session.send('Work')
        const behind = await session.start('And then?')
        expect(await session.send('Rest', { replaces: run })).toMatchObject({ text: 'instead' })
        expect(await session.news(run)).toMatchObject({ status: 'cancelled' })
        expect(await session.news(behind)).toMatchObject({ status: 'cancelled' })
      },
      check({ state }) {
        expect(state?.data.conversationHistory).toHaveLength(2)
      },
    },
  },
  {
    title: 'a session that goes on from another one, which is deleted',
    crashPoints: 40,
    scenario: {
      agent: createAgent({
        script: (request) => ({
          text: `${countAnswers(request)}, ${firstText(request)} ${'x'.repeat(5000)}`,
        }),
        agent: { contextProviders: [visits] },
      }),
      async play(session, stage) {
        const { run } = await session.send('one')
        await session.send('two')
        const other = stage.session('other')
        const continues = { session: session.key.session, run }
        expect(await other.send('from there', { continues })).toMatchObject({
          text: expect.stringMatching(/^1, visit 2 /),
        })
        await session.delete()
        expect(await other.send('and on')).toMatchObject({ text: expect.stringMatching(/^2, visit 3 /) })
      },
    },
  },
  {
    title: 'a deletion while a run waits',
    crashPoints: 20,
    scenario: {
      agent: createAgent({
        script: (request) => (lastQuestion(request).includes('Work') ? callWork(1) : { text: 'new' }),
        work: { approval: 'always' },
      }),
      async play(session) {
        await session.send('Work')
        await session.delete()
        expect(await session.send('Hi')).toMatchObject({ text: 'new' })
      },
    },
  },
  {
    title: 'a conversation that is longer than its state',
    crashPoints: 40,
    scenario: {
      agent: createAgent({
        script: (request) => {
          const answers = countAnswers(request)
          if (!lastQuestion(request).includes('Work')) return { text: `${answers} ${'x'.repeat(5000)}` }
          return answers < 3 ? callWork(1) : { text: `${answers}` }
        },
        work: { approval: 'always' },
      }),
      async play(session) {
        await session.send('one')
        await session.send('two')
        await session.send('Work')
        expect(await session.approve()).toMatchObject({ text: '3' })
      },
      check({ state, isUndisturbed }) {
        if (isUndisturbed)
          expect(state?.data.extensionData?.durableAgentFunctions?.evictedTurn).toBeGreaterThan(0)
      },
    },
  },
  {
    title: 'a reset right after a message has steered',
    crashPoints: 20,
    options: { isSameState: false },
    scenario: {
      agent: createAgent({
        script: (request) => (countAnswers(request) === 0 ? callWork(1) : { text: 'done' }),
        work: (clock) => ({
          idempotent: true,
          execute: async () => {
            await clock.sleep(1000)
          },
        }),
      }),
      async play(session) {
        const first = await session.start('Weather?')
        await session.until('tool.started', first)
        await session.start('In Celsius!', { onBusy: 'steer' })
        await session.news(first)
        await session.reset()
      },
    },
  },
  {
    title: 'two decisions at once',
    crashPoints: 25,
    scenario: {
      agent: createAgent({ script: [callWork(1, 2), { text: 'done' }], work: { approval: 'always' } }),
      async play(session) {
        const { approvals, run } = await session.send('Work')
        for (const { approvalId } of approvals) await session.decide(run, approvalId, 'approve')
        expect(await session.news(run)).toMatchObject({ text: 'done' })
      },
    },
  },
  {
    title: 'an agent that asks another one, whose tool needs an approval',
    crashPoints: 40,
    scenario: {
      agent: () => {
        const expert = new Agent({
          name: 'Expert',
          description: 'Knows.',
          client: new ScriptedModel(conversation([callWork(1), { text: 'ten' }])),
          tools: [createWork({ approval: 'always' })],
        })
        const asks: ModelStep = { calls: [{ name: 'Expert', arguments: { query: 'How much?' } }] }
        const client = new ScriptedModel(conversation([asks, { text: 'It is ten.' }]))
        return new Agent({ name: 'Worker', client, tools: [expert.asTool()] })
      },
      async play(session) {
        expect(await session.send('How much?')).toMatchObject({ status: 'waiting' })
        expect(await session.approve()).toMatchObject({ text: 'It is ten.' })
      },
    },
  },
  {
    title: 'an agent that asks two others at once',
    crashPoints: 30,
    scenario: {
      agent: () => {
        const expert = new Agent({
          name: 'Expert',
          description: 'Knows.',
          client: new ScriptedModel((request) =>
            countAnswers(request) === 0
              ? callWork(lastQuestion(request).includes('one') ? 1 : 2)
              : { text: `I know ${lastQuestion(request)}` },
          ),
          tools: [createWork({ idempotent: true })],
        })
        const asks: ModelStep = {
          calls: ['one', 'two'].map((query) => ({ name: 'Expert', arguments: { query } })),
        }
        const client = new ScriptedModel(conversation([asks, { text: 'Now I know.' }]))
        return new Agent({ name: 'Worker', client, tools: [expert.asTool()] })
      },
      async play(session) {
        expect(await session.send('Ask')).toMatchObject({ text: 'Now I know.' })
      },
    },
  },
  {
    title: 'an agent that is cancelled while another one works for it',
    crashPoints: 20,
    options: { isSameState: false },
    scenario: {
      agent: () => {
        const expert = new Agent({
          name: 'Expert',
          description: 'Knows.',
          client: new ScriptedModel(() => ({ hangsAfter: 'Let me see' })),
        })
        const client = new ScriptedModel((request) =>
          lastQuestion(request).includes('Ask')
            ? { calls: [{ name: 'Expert', arguments: { query: 'x' } }] }
            : { text: 'fine' },
        )
        return new Agent({ name: 'Worker', client, tools: [expert.asTool()] })
      },
      async play(session) {
        await session.start('Ask')
        await session.until('tool.started')
        await session.cancel()
        expect(await session.news()).toMatchObject({ status: 'cancelled' })
        expect(await session.send('Go on')).toMatchObject({ text: 'fine' })
      },
    },
  },
  {
    title: 'a conversation whose older turns are summarised',
    crashPoints: 40,
    scenario: {
      agent: createAgent({
        script: (request) => ({ text: `${countAnswers(request)} ${JSON.stringify(request.messages[0])}` }),
        agent: {
          compaction: summarize({
            client: new ScriptedModel((request) => ({
              text: `${lastQuestion(request).length} characters`,
            })),
            keepTurns: 1,
            everyTurns: 1,
          }),
        },
      }),
      async play(session) {
        await session.send('one')
        await session.send('two')
        await session.send('three')
        expect(await session.send('four')).toMatchObject({ text: expect.stringMatching(/^1 .*Summary/) })
      },
    },
  },
  {
    title: 'a conversation of which the model sees the newest turn',
    crashPoints: 40,
    scenario: {
      agent: createAgent({
        script: (request) => ({ text: `${countAnswers(request)} ${'x'.repeat(4000)}` }),
        agent: { compaction: slidingWindow({ maxTurns: 1 }) },
      }),
      async play(session) {
        for (const text of ['one', 'two', 'three']) await session.send(text)
        expect(await session.send('four')).toMatchObject({ text: expect.stringMatching(/^1 /) })
      },
    },
  },
  {
    title: 'two sessions at once',
    crashPoints: 25,
    scenario: {
      agent: createAgent({
        script: [callWork(1), { text: 'done' }],
        work: { idempotent: true },
      }),
      async play(session, { session: open }) {
        const other = open('session-2')
        await other.start('Work')
        expect(await session.send('Work')).toMatchObject({ text: 'done' })
        expect(await other.news()).toMatchObject({ text: 'done' })
      },
    },
  },
]
