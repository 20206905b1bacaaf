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

test('handoff: whoever may hand over to nobody is not asked to whom, and answers', async () => {
  const prompts: string[] = []
  const workflow = handoff({ name: 'H', agents: [ann, bob], handoffs: { Bob: [] } })
  const { output } = await playWorkflow(workflow, 'How much?', {
    agents: (agent, prompt) => {
      prompts.push(prompt)
      return agent === 'Ann'
        ? { message: 'Bob knows.', handOffTo: 'Bob' }
        : { message: '42', handOffTo: null }
    },
  })
  expect(output).toBe('42')
  expect(prompts[1]).toMatch(/Answer it with handOffTo null\.$/)
  const [, spec] = workflow.nodes.flatMap((node) => (node.spec.kind === 'agent' ? [node.spec] : []))
  expect(spec?.responseFormat && toJsonSchema(spec.responseFormat)).toMatchObject({
    properties: { handOffTo: { type: 'null' } },
  })
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

/** What a program without types may write. */
const untyped = { sequential, concurrent, router, handoff, groupChat } as unknown as Record<
  'sequential' | 'concurrent' | 'router' | 'handoff' | 'groupChat',
  (options?: object) => unknown
>

test.each([
  [() => untyped.sequential({ name: 'W', steps: [ann], inputs: 1 }), 'sequential has no option "inputs"'],
  [() => untyped.sequential({ name: 'W', agents: [ann] }), 'sequential has no option "agents". It has: name'],
  [() => untyped.sequential(), 'sequential takes an object with options, not undefined.'],
  [() => untyped.sequential({ name: 'W' }), 'steps of sequential must be a list, not undefined.'],
  [() => untyped.sequential({ name: 'W', steps: [String] }), 'it cannot be a function.'],
  [() => untyped.sequential({ name: 'W', steps: [{}] }), 'it cannot be an object.'],
  [
    () => untyped.sequential({ name: 'W', steps: [sequential({ name: 'Inner', steps: [ann] })] }),
    'it cannot be workflow "Inner": use workflowNode().',
  ],
  [
    () => untyped.concurrent({ name: 'W', agents: [ann, bob] }),
    'concurrent has no option "agents". It has: name, description, input, workers, aggregate.',
  ],
  [
    () => untyped.concurrent({ name: 'W', workers: ann }),
    'workers of concurrent must be a list, not an object.',
  ],
  [() => untyped.concurrent({ workers: [ann, bob] }), 'its name must be a letter'],
  [
    () => untyped.concurrent({ name: 'W', workers: [ann, bob], aggregate: 'join' }),
    'execute of node "aggregate" must be a function, not "join"',
  ],
  [
    () => untyped.concurrent({ name: 'W', workers: [ann, bob], input: { type: 'string' } }),
    'The input of workflow "W" must be a schema',
  ],
  [() => untyped.router({ name: 'W', classify: ann }), 'routes of router takes an object'],
  [() => untyped.router({ name: 'W', routes: { ann } }), 'it cannot be undefined.'],
  [
    () => untyped.router({ name: 'W', classify: () => 'ann', routes: { ann, bob }, otherwise: 'zoe' }),
    `otherwise of router must be one of 'ann', 'bob', not "zoe".`,
  ],
  [
    () => untyped.handoff({ name: 'W', agents: [ann] }),
    'number of agents of handoff must be a whole number of at least 2',
  ],
  [() => untyped.groupChat({ name: 'W', participants: [] }), 'number of participants of groupChat must be'],
  [() => untyped.handoff({ name: 'W', agents: ['Ann', 'Bob'] }), 'it cannot be "Ann".'],
  [
    () => untyped.handoff({ name: 'W', agents: [ann, bob], handoffs: { Zoe: ['Ann'] } }),
    `Whoever hands over must be one of 'Ann', 'Bob', not "Zoe".`,
  ],
  [
    () => untyped.handoff({ name: 'W', agents: [ann, bob], handoffs: { Ann: 'Bob' } }),
    'handoffs of "Ann" must be a list, not "Bob".',
  ],
  [
    () => untyped.handoff({ name: 'W', agents: [ann, bob], maxHandoffs: -1 }),
    'maxHandoffs of handoff must be a whole number of at least 0, not -1.',
  ],
  [() => untyped.groupChat({ name: 'W', agents: [ann, bob] }), 'groupChat has no option "agents".'],
  [
    () => untyped.groupChat({ name: 'W', participants: [ann, bob], manager: 'roundrobin' }),
    `manager of groupChat must be one of 'roundRobin', not "roundrobin".`,
  ],
  [
    () => untyped.groupChat({ name: 'W', participants: [ann, bob], maxTurns: '4' }),
    'maxTurns of groupChat must be a whole number of at least 1, not "4".',
  ],
])('what a pattern cannot work with is refused by name, also without types (%#)', (build, message) => {
  expect(build).toThrow(expect.objectContaining({ code: 'invalid_configuration' }))
  expect(build).toThrow(message)
})
