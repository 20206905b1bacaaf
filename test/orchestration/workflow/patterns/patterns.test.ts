import { expect, expectTypeOf, test } from 'vitest'
import { type Schema, toJsonSchema } from '../../../../src/core/schema.js'
import { functionNode } from '../../../../src/orchestration/workflow/nodes.js'
import { concurrent } from '../../../../src/orchestration/workflow/patterns/concurrent.js'
import { groupChat } from '../../../../src/orchestration/workflow/patterns/group-chat.js'
import { handoff } from '../../../../src/orchestration/workflow/patterns/handoff.js'
import { router } from '../../../../src/orchestration/workflow/patterns/router.js'
import { sequential } from '../../../../src/orchestration/workflow/patterns/sequential.js'
import type { WorkflowDefinition } from '../../../../src/orchestration/workflow/workflow-definition.js'
import { playWorkflow } from '../play-workflow.js'

const [ann, bob, cid] = [{ name: 'Ann' }, { name: 'Bob' }, { name: 'Cid' }]
const echo = (agent: string, prompt: string) => `${agent}(${prompt})`
const length = functionNode('length', (text: string) => text.length)

test('sequential: each gets what the one before gave', async () => {
  const workflow = sequential({ name: 'S', steps: [ann, bob, length] })
  expectTypeOf(workflow).toEqualTypeOf<WorkflowDefinition<string, number>>()
  const { output, rounds } = await playWorkflow(workflow, 'hi', { agents: echo })
  expect([output, rounds.flat()]).toEqual([
    'Bob(Ann(hi))'.length,
    ['agent Ann', 'agent Bob', 'function length'],
  ])
})

test('sequential: steps that do not fit are refused by the compiler', () => {
  // @ts-expect-error a number is no message to an agent
  sequential({ name: 'S', steps: [length, ann] })
})

test('concurrent: all get the input at the same time, and their outputs come in their order', async () => {
  const plain = concurrent({ name: 'C', workers: [ann, length] })
  expectTypeOf(plain).toEqualTypeOf<WorkflowDefinition<string, readonly [string, number]>>()
  const { output, rounds } = await playWorkflow(plain, 'hi', { agents: echo })
  expect([output, rounds]).toEqual([['Ann(hi)', 2], [['agent Ann', 'function length']]])
})

test('concurrent: an aggregator makes one output of them, as an activity', async () => {
  const workflow = concurrent({ name: 'C', workers: [ann, bob], aggregate: (texts) => texts.join(' | ') })
  expectTypeOf(workflow).toEqualTypeOf<WorkflowDefinition<string, string>>()
  const { output, rounds } = await playWorkflow(workflow, 'hi', { agents: echo })
  expect([output, rounds[1]]).toEqual(['Ann(hi) | Bob(hi)', ['function aggregate']])
})

test('router: an agent chooses among the names of the routes, and the one chosen gets the input', async () => {
  const workflow = router({ name: 'R', classify: cid, routes: { billing: ann, technical: bob } })
  const { output, rounds } = await playWorkflow(workflow, 'my invoice', {
    agents: (agent, prompt, { spec }) => {
      if (agent !== 'Cid') return echo(agent, prompt)
      expect(toJsonSchema(spec.responseFormat as Schema)).toMatchObject({
        properties: { route: { enum: ['billing', 'technical'] } },
      })
      return { route: 'billing' }
    },
  })
  expect([output, rounds.flat()]).toEqual(['Ann(my invoice)', ['agent Cid', 'agent Ann']])
})

test('router: a function chooses too; what it does not know goes the other way, or nowhere', async () => {
  const routes = { short: ann, long: bob }
  const classify = (text: string) => (text.length < 5 ? 'short' : 'none') as 'short'
  const guarded = router({ name: 'R', classify, routes, otherwise: 'long' })
  expect((await playWorkflow(guarded, 'hi', { agents: echo })).output).toBe('Ann(hi)')
  expect((await playWorkflow(guarded, 'hello', { agents: echo })).output).toBe('Bob(hello)')
  const { result } = await playWorkflow(router({ name: 'R', classify, routes }), 'hello')
  expect(result).toMatchObject({
    status: 'failed',
    error: { node: 'dispatch', message: expect.stringContaining('no route "none"; there are: short, long') },
  })
})

test('handoff: agents pass the request on until one answers', async () => {
  const prompts: string[] = []
  const workflow = handoff({ name: 'H', agents: [ann, { ...bob, description: 'knows bills' }, cid] })
  const answers = [
    { message: 'Not mine.', handOffTo: 'Bob' },
    { message: 'Nor mine.', handOffTo: 'Ann' },
    { message: 'Then it is 42.', handOffTo: null },
  ]
  const { output, rounds } = await playWorkflow(workflow, 'How much?', {
    agents: (_agent, prompt) => {
      prompts.push(prompt)
      return answers.shift()
    },
  })
  expect([output, rounds.flat()]).toEqual(['Then it is 42.', ['agent Ann', 'agent Bob', 'agent Ann']])
  expect(prompts[0]).toContain('- Bob: knows bills')
  expect(prompts[2]).toContain('Ann: Not mine.\nBob: Nor mine.')
})

test('handoff: only to those who are allowed, and not for ever', async () => {
  const workflow = handoff({ name: 'H', agents: [ann, bob, cid], handoffs: { Ann: ['Cid'] }, maxHandoffs: 3 })
  const cases = workflow.edges.map((edge) => (edge.kind === 'branch' ? edge.cases.map(({ to }) => to) : []))
  expect(cases).toEqual([['Cid'], ['Ann', 'Cid'], ['Ann', 'Bob']])
  const { result } = await playWorkflow(workflow, 'x', {
    agents: (agent) => ({ message: '', handOffTo: agent === 'Ann' ? 'Cid' : 'Ann' }),
  })
  expect(result).toMatchObject({ status: 'failed', error: { code: 'max_steps_exceeded' } })
})

test('group chat: one after the other, each told what was said since its last turn', async () => {
  const prompts: string[] = []
  const workflow = groupChat({ name: 'G', participants: [ann, bob], maxTurns: 3 })
  const { output } = await playWorkflow(workflow, 'Tea?', {
    agents: (agent, prompt) => {
      prompts.push(prompt)
      return `${agent} ${prompts.length}`
    },
  })
  expect(output).toEqual([
    { speaker: 'Ann', text: 'Ann 1' },
    { speaker: 'Bob', text: 'Bob 2' },
    { speaker: 'Ann', text: 'Ann 3' },
  ])
  expect(prompts[0]).toBe('You are Ann. The topic:\nTea?\n\nIt is your turn.')
  expect(prompts[1]).toBe('You are Bob. The topic:\nTea?\n\nSaid since:\nAnn: Ann 1\n\nIt is your turn.')
  expect(prompts[2]).toBe('Said since:\nBob: Bob 2\n\nIt is your turn.')
})

test('group chat: a function manages it, and ends it when all has been said', async () => {
  const workflow = groupChat({
    name: 'G',
    participants: [ann, bob],
    manager: ({ turns, topic }) => (turns.length === 0 && topic === 'Tea?' ? 'Bob' : null),
  })
  expect((await playWorkflow(workflow, 'Tea?', { agents: echo })).output).toMatchObject([{ speaker: 'Bob' }])
  const wrong = groupChat({ name: 'G', participants: [ann, bob], manager: () => 'Cid' })
  expect((await playWorkflow(wrong, 'Tea?')).result).toMatchObject({
    error: { node: 'manager', message: 'The manager chose "Cid"; the participants are: Ann, Bob.' },
  })
})

test('group chat: an agent manages it', async () => {
  const next: (string | null)[] = ['Bob', 'Ann', null]
  const workflow = groupChat({ name: 'G', participants: [ann, bob], manager: cid })
  const { output, rounds } = await playWorkflow(workflow, 'Tea?', {
    agents: (agent, prompt) => (agent === 'Cid' ? { next: next.shift() ?? null } : echo(agent, prompt)),
  })
  expect(rounds.flat()).toEqual(['agent Cid', 'agent Bob', 'agent Cid', 'agent Ann', 'agent Cid'])
  expect(output).toMatchObject([{ speaker: 'Bob' }, { speaker: 'Ann' }])
})

test('sequential: without any step there is no workflow', () => {
  const steps: readonly (typeof ann)[] = []
  expect(() => sequential({ name: 'S', steps: steps as readonly [typeof ann] })).toThrow(
    'Workflow "S" needs at least one step.',
  )
})

test.each([
  () => sequential({ name: 'W', steps: [ann], ...{ inputs: 1 } }),
  () => concurrent({ name: 'W', workers: [ann, bob], ...{ agregate: String } }),
  () => handoff({ name: 'W', agents: [ann, bob], ...{ maxHandofs: 1 } }),
  () => groupChat({ name: 'W', participants: [ann, bob], ...{ maxTurn: 1 } }),
  () => router({ name: 'W', classify: () => 'ann' as const, routes: { ann, bob }, ...{ otherwis: 'ann' } }),
])('a misspelt option would change nothing, and is refused by name (%#)', (build) => {
  expect(build).toThrow(/^Workflow "W" has no option "(inputs|agregate|maxHandofs|maxTurn|otherwis)"\.$/)
})
