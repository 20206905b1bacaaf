import { expect, test } from 'vitest'
import { z } from 'zod'
import { Agent, type AgentOptions, type ToolOptions, tool } from '../../src/index.js'
import { conversation, crashEverywhere, type ModelStep, ScriptedModel } from '../../src/testing/index.js'

/** What a scripted step is said to have cost. */
const stepTokens = 15

let done = new Set<number>()

const numbers = z.object({ n: z.number() })

/** An agent that has to ask for more tokens after each step; `done` has what its tool did. */
function createClerk(
  steps: readonly ModelStep[],
  { tools = [], ...options }: Partial<AgentOptions> = {},
  toolOptions: Pick<ToolOptions<typeof numbers, string>, 'approval' | 'approvers' | 'idempotent'> = {},
): Agent {
  const work = tool({
    name: 'work',
    description: 'Works.',
    parameters: numbers,
    idempotent: true,
    execute({ n }) {
      done.add(n)
      return `worked on ${n}`
    },
    ...toolOptions,
  })
  const client = new ScriptedModel(conversation(steps))
  const budget = { maxTokensPerRun: stepTokens, onMaxTokens: 'ask' } as const
  return new Agent({ name: 'Clerk', client, tools: [work, ...tools], ...budget, ...options })
}

const readMail = tool({
  name: 'read_mail',
  description: 'Reads the mail.',
  readOnly: true,
  untrusted: true,
  execute: () => 'Work, work!',
})

const read: ModelStep = { calls: [{ name: 'read_mail', arguments: {} }] }

function work(...all: readonly number[]): ModelStep {
  return { calls: all.map((n) => ({ name: 'work', arguments: { n } })) }
}

const overBudget = { status: 'waiting', approvals: [{ name: 'work', reason: 'budget_exhausted' }] }

test('a run that has spent its tokens waits for more before it does anything else, wherever a crash comes', () =>
  crashEverywhere({
    agent: () => createClerk([work(1), work(2, 3), { text: 'Done.' }]),
    async play(session) {
      done = new Set()
      expect(await session.send('Work.')).toMatchObject({
        ...overBudget,
        approvals: [{ arguments: { n: 1 } }],
      })
      expect(done).toEqual(new Set())
      expect(await session.approve()).toMatchObject({ ...overBudget, approvals: [{ arguments: { n: 2 } }] })
      expect(done).toEqual(new Set([1]))
      expect(await session.approve()).toMatchObject({ status: 'completed', text: 'Done.' })
      expect(done).toEqual(new Set([1, 2, 3]))
    },
  }))

test('one person grants more tokens, where two have to agree to the call', () =>
  crashEverywhere({
    agent: () => createClerk([work(1), { text: 'Done.' }], {}, { approval: 'always', approvers: 2 }),
    async play(session) {
      done = new Set()
      const { approvals } = await session.send('Work.')
      expect(approvals).toMatchObject([{ reason: 'budget_exhausted' }])
      expect(approvals[0]?.approvers).toBeUndefined()
      for (const approvedBy of [undefined, ['']]) {
        const asked = { status: 'waiting', approvals: [{ reason: 'policy', approvers: 2, approvedBy }] }
        expect(await session.approve()).toMatchObject(asked)
      }
      expect(done).toEqual(new Set())
      expect(await session.approve()).toMatchObject({ status: 'completed' })
      expect(done).toEqual(new Set([1]))
    },
  }))

test('to reject ends it, with nothing more done; the next message goes on', () =>
  crashEverywhere({
    agent: () => createClerk([work(1, 2), { text: 'Done.' }]),
    async play(session) {
      done = new Set()
      expect(await session.send('Work.')).toMatchObject(overBudget)
      expect(await session.reject('Too dear.')).toMatchObject({ status: 'failed', code: 'budget_exhausted' })
      expect(await session.send('Then do not.')).toMatchObject({ status: 'completed', text: 'Done.' })
      expect(done).toEqual(new Set())
    },
  }))

test.each([
  ['policy', { approval: 'always' }, {}],
  ['untrusted_content', { idempotent: true }, { tools: [readMail] }],
] as const)('who grants tokens has not agreed to the call: %s', async (reason, toolOptions, options) => {
  await crashEverywhere({
    agent: () =>
      createClerk(
        [...(reason === 'policy' ? [] : [read]), work(1, 2), { text: 'Done.' }],
        options,
        toolOptions,
      ),
    async play(session) {
      done = new Set()
      let news = await session.send('Work.')
      while (news.approvals[0]?.reason === 'budget_exhausted') {
        expect(done).toEqual(new Set())
        news = await session.approve()
      }
      expect(news).toMatchObject({ status: 'waiting', approvals: [{ reason }, { reason }] })
      expect(done).toEqual(new Set())
      await session.approve()
      expect(await session.approve()).toMatchObject({ status: 'completed' })
      expect(done).toEqual(new Set([1, 2]))
    },
  })
})

test('nobody is asked where the session has no more to give', () =>
  crashEverywhere({
    agent: () => createClerk([work(1)], { maxTokensPerSession: stepTokens }),
    async play(session) {
      done = new Set()
      expect(await session.send('Work.')).toMatchObject({ status: 'failed', code: 'budget_exhausted' })
      expect(done).toEqual(new Set([1]))
    },
  }))

/** An agent that has another one work for it. */
function createChief(clerk: Agent, maxTokensPerRun: number): Agent {
  const client = new ScriptedModel(({ messages }) => {
    const content = messages.at(-1)?.contents.at(-1)
    if (content?.type !== 'functionResult')
      return { calls: [{ name: 'Clerk', arguments: { query: 'Work.' } }] }
    return { text: JSON.stringify(content.result ?? content.error) }
  })
  return new Agent({ name: 'Chief', client, tools: [clerk.asTool()], maxTokensPerRun, onMaxTokens: 'ask' })
}

test.each([
  ['approve', 'worked on 1'],
  ['reject', 'granted no more'],
] as const)('an agent that works for another one asks for its own: %s', async (decision, told) => {
  await crashEverywhere({
    agent: () => {
      const clerk = createClerk([work(1), ...(decision === 'approve' ? [{ text: 'worked on 1' }] : [])])
      return createChief(clerk, 10 * stepTokens)
    },
    async play(session) {
      done = new Set()
      const inner = { agent: 'Clerk' }
      expect(await session.send('Have it done.')).toMatchObject({
        ...overBudget,
        approvals: [{ name: 'work', inner }],
      })
      const news = await session[decision]()
      expect(news).toMatchObject({ status: 'completed', text: expect.stringContaining(told) })
      expect(done.size).toBe(decision === 'approve' ? 1 : 0)
    },
  })
})

test('an agent that works for another one asks for no more tokens because that one would', () =>
  crashEverywhere({
    agent: () => {
      const steps = [work(1), work(2), { text: 'Done.' }]
      return createChief(
        createClerk(steps, { maxTokensPerRun: undefined, onMaxTokens: 'fail' }),
        2 * stepTokens,
      )
    },
    async play(session) {
      done = new Set()
      expect(await session.send('Have it done.')).toMatchObject({
        status: 'failed',
        code: 'budget_exhausted',
      })
      expect(done).toEqual(new Set([1, 2]))
    },
  }))

test('a run in memory asks whoever can be asked', async () => {
  done = new Set()
  const asked: string[] = []
  const clerk = createClerk([work(1), work(2), { text: 'Done.' }])
  const onApproval = ({ reason }: { reason: string }) => {
    asked.push(reason)
    return { decision: 'approve' as const }
  }
  expect((await clerk.run('Work.', { onApproval })).text).toBe('Done.')
  expect(asked).toEqual(['budget_exhausted', 'budget_exhausted'])
  const refused = clerk.run('Work.', { onApproval: () => ({ decision: 'reject' }) })
  await expect(refused).rejects.toMatchObject({ code: 'budget_exhausted' })
  const edited = clerk.run('Work.', { onApproval: () => ({ decision: 'approve', arguments: { n: 2 } }) })
  await expect(edited).rejects.toThrow('make no sense with a grant of tokens')
})

test('what cannot be is refused', () => {
  const client = new ScriptedModel([])
  const create = (options: object) => new Agent({ name: 'A', client, ...options })
  expect(() => create({ onMaxTokens: 'ask' })).toThrow('has onMaxTokens and no maxTokensPerRun')
  expect(() => create({ onMaxTokens: 'pause', maxTokensPerRun: 1 })).toThrow('onMaxTokens of agent "A"')
})
