import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  agentNode,
  functionNode,
  requestNode,
  transformNode,
  workflowNode,
} from '../../../src/orchestration/workflow/nodes.js'
import { validateWorkflow } from '../../../src/orchestration/workflow/validate-workflow.js'
import { WorkflowBuilder } from '../../../src/orchestration/workflow/workflow-builder.js'
import type {
  WorkflowDefinition,
  WorkflowNode,
} from '../../../src/orchestration/workflow/workflow-definition.js'

const writer = { name: 'Writer' }
const text = functionNode('text', (input: string) => input)
const count = functionNode('count', (input: string) => input.length)
const plus = functionNode('plus', (input: number) => input + 1)
const sum = functionNode('sum', (all: readonly number[]) => all.length)

type Mistake = readonly [what: string, message: string, make: () => unknown]

const mistakes: readonly Mistake[] = [
  [
    'a name that is none',
    'its name must be a letter',
    () => new WorkflowBuilder({ name: '1', start: text }).build(),
  ],
  [
    'no steps at all',
    'maxIterations must be a whole number of at least 1, not 0',
    () => new WorkflowBuilder({ name: 'W', start: text, maxIterations: 0 }).build(),
  ],
  [
    'an id that is none',
    'the id of node "a b" must be a letter',
    () => new WorkflowBuilder({ name: 'W', start: functionNode('a b', () => 1) }).build(),
  ],
  [
    'two nodes with one id',
    'two nodes have the id "text"',
    () =>
      new WorkflowBuilder({ name: 'W', start: text })
        .edge(
          text,
          functionNode('text', () => 1),
        )
        .build(),
  ],
  [
    'ids that differ in case alone',
    'two nodes have the id "TEXT" (case does not count)',
    () =>
      new WorkflowBuilder({ name: 'W', start: text })
        .edge(
          text,
          functionNode('TEXT', () => 1),
        )
        .build(),
  ],
  [
    'a node that nothing leads to',
    'no edge leads from the start to node "plus"',
    () => new WorkflowBuilder({ name: 'W', start: text }).edge(plus, plus).build(),
  ],
  [
    'a fan-in of one',
    'the fan-in to node "done" must have at least two sources',
    () =>
      new WorkflowBuilder({ name: 'W', start: text })
        .fanIn(
          [text],
          transformNode('done', () => 1),
        )
        .build(),
  ],
  [
    'a fan-in that names a source twice',
    'the fan-in to node "done" names a source twice',
    () =>
      new WorkflowBuilder({ name: 'W', start: text })
        .fanIn(
          [text, text],
          transformNode('done', () => 1),
        )
        .build(),
  ],
  [
    'a branch without cases',
    'the branch after node "text" has no cases',
    () => new WorkflowBuilder({ name: 'W', start: text }).branch(text, []).build(),
  ],
  [
    'a retry that never begins',
    'retry.maxAttempts of node "f" must be a whole number of at least 1, not 0',
    () =>
      new WorkflowBuilder({
        name: 'W',
        start: functionNode('f', () => 1, { retry: { maxAttempts: 0 } }),
      }).build(),
  ],
  [
    'a retry that goes faster and faster',
    'retry.backoff of node "f" must be at least 1, not 0.5',
    () =>
      new WorkflowBuilder({
        name: 'W',
        start: functionNode('f', () => 1, { retry: { maxAttempts: 2, backoff: 0.5 } }),
      }).build(),
  ],
  ...[0, Number.NaN, Number.POSITIVE_INFINITY].map(
    (timeoutMs): Mistake => [
      `a time limit of ${timeoutMs}`,
      `timeoutMs of node "ask" must be from 1 to 10000000000000, not ${timeoutMs}; leave it out to wait without limit`,
      () =>
        new WorkflowBuilder({
          name: 'W',
          start: requestNode('ask', { response: z.string(), timeoutMs }),
        }).build(),
    ],
  ),
  [
    'a retry that never comes',
    'the delays of the retry of node "f" must be from 0 to 10000000000000',
    () => {
      const retry = { maxAttempts: 2, maxDelayMs: Number.POSITIVE_INFINITY }
      return new WorkflowBuilder({ name: 'W', start: functionNode('f', () => 1, { retry }) }).build()
    },
  ],
  [
    'an edge to a node that a definition does not have',
    'there is no node "gone"',
    () =>
      validateWorkflow({
        ...new WorkflowBuilder({ name: 'W', start: text }).build(),
        edges: [{ kind: 'edge', from: 'text', to: 'gone' }],
      }),
  ],
]

test.each(mistakes)('a workflow with %s is refused, and the message says where', (_what, message, build) => {
  expect(build).toThrow(message)
  expect(build).toThrow(expect.objectContaining({ code: 'invalid_configuration' }))
})

test('a node that was forgotten is told of', () => {
  const forgotten = { name: 'W' } as unknown as { name: string; start: typeof writer }
  expect(() => new WorkflowBuilder(forgotten)).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining('undefined') }),
  )
})

test('an agent may be named again and again, and a node object too', () => {
  const workflow = new WorkflowBuilder({ name: 'W', start: writer })
    .edge(writer, text)
    .edge(text, writer, { when: () => false })
    .build()
  expect(workflow.nodes.map(({ id }) => id)).toEqual(['Writer', 'text'])
})

test('nodes know the types of their messages', () => {
  expectTypeOf(agentNode(writer)).toEqualTypeOf<WorkflowNode<string, string>>()
  expectTypeOf(agentNode(writer, { responseFormat: z.object({ n: z.number() }) })).toEqualTypeOf<
    WorkflowNode<string, { n: number }>
  >()
  expectTypeOf(agentNode(writer, { prompt: (input: { a: string }) => input.a })).toEqualTypeOf<
    WorkflowNode<{ a: string }, string>
  >()
  expectTypeOf(functionNode('f', async (input: number) => String(input))).toEqualTypeOf<
    WorkflowNode<number, string>
  >()
  const ask = requestNode('ask', { response: z.boolean(), question: (input: number) => `${input}?` })
  expectTypeOf(ask).toEqualTypeOf<
    WorkflowNode<number, { readonly input: number; readonly answer: boolean }>
  >()
})

test('an edge needs nodes whose types fit', () => {
  const builder = new WorkflowBuilder({ name: 'W', start: text })
  builder.edge(text, count).edge(count, plus).edge(writer, count)
  // @ts-expect-error a number is no text
  builder.edge(count, text)
  // @ts-expect-error a number is no message to an agent
  builder.edge(count, writer)
  // @ts-expect-error a list of a text and a number is no list of numbers
  builder.fanIn([text, count], sum)
  // @ts-expect-error a text is no number
  builder.branch(text, [{ when: () => true, to: plus }])
  builder.fanOut(text, [count, writer, text])
  // @ts-expect-error one of them takes a number
  builder.fanOut(text, [count, plus])
  const anything = functionNode('anything', (input: unknown) => input)
  builder.branch(
    text,
    [
      { when: (output) => output.length > 1, to: count },
      { when: (output) => output === '', to: anything },
    ],
    writer,
  )
  // @ts-expect-error what is left is a text too
  builder.branch(text, [{ when: () => true, to: count }], plus)
  // @ts-expect-error the condition gets a number
  builder.edge(count, plus, { when: (output: string) => output === '' })
  // @ts-expect-error the node to start with takes a text
  new WorkflowBuilder({ name: 'W', start: text, input: z.number() })
})

test('a workflow knows what it takes and, when told which nodes give it, what it gives', () => {
  const plain = new WorkflowBuilder({ name: 'W', start: text }).edge(text, count).build()
  expectTypeOf(plain).toEqualTypeOf<WorkflowDefinition<string, unknown>>()
  const typed = new WorkflowBuilder({ name: 'W', start: text }).edge(text, count).output(count).build()
  expectTypeOf(typed).toEqualTypeOf<WorkflowDefinition<string, number>>()
  const either = new WorkflowBuilder({ name: 'W', start: text }).edge(text, count).output(text, count).build()
  expectTypeOf(either).toEqualTypeOf<WorkflowDefinition<string, string | number>>()
  const outer = new WorkflowBuilder({ name: 'Outer', start: workflowNode(typed) })
  outer.edge(workflowNode(typed, { id: 'two' }), plus)
  // @ts-expect-error it gives a number
  outer.edge(workflowNode(typed, { id: 'three' }), text)
})

test('options that there are not are named: a misspelt time limit would be waited out for ever', () => {
  const asked = { response: z.string(), timeout: 5 }
  expect(() => requestNode('ask', asked)).toThrow('requestNode "ask" has no option "timeout".')
  const options = { name: 'W', start: writer, maxSteps: 5 }
  expect(() => new WorkflowBuilder(options)).toThrow('WorkflowBuilder has no option "maxSteps".')
})

/** What a program without types may write. */
const untyped = { agentNode, functionNode, transformNode, requestNode, workflowNode } as unknown as Record<
  'agentNode' | 'functionNode' | 'transformNode' | 'requestNode' | 'workflowNode',
  (...given: readonly unknown[]) => typeof text
>
const build = (start: typeof text) => new WorkflowBuilder({ name: 'W', start }).build()
const from = () =>
  new WorkflowBuilder({ name: 'W', start: text }) as unknown as Record<
    'edge' | 'fanOut' | 'fanIn' | 'branch',
    (...given: readonly unknown[]) => { build(): unknown }
  >

const isOk = () => true

test.each([
  [() => untyped.agentNode(), 'it cannot be undefined.'],
  [() => untyped.agentNode('Writer'), 'it cannot be "Writer".'],
  [() => untyped.agentNode(writer, { promt: String }), 'agentNode "Writer" has no option "promt".'],
  [() => build(untyped.agentNode(writer, { id: 3 })), 'the id of node "3" must be a letter'],
  [() => build(untyped.agentNode(writer, { prompt: 'Hi' })), 'prompt of node "Writer" must be a function'],
  [
    () => build(untyped.agentNode(writer, { responseFormat: { type: 'object' } })),
    'The responseFormat of node "Writer" must be a schema',
  ],
  [() => build(untyped.functionNode('f')), 'execute of node "f" must be a function, not undefined.'],
  [() => build(untyped.functionNode(String, 'f')), 'must be a letter followed by'],
  [() => untyped.functionNode('f', String, { retries: 3 }), 'functionNode "f" has no option "retries".'],
  [() => build(untyped.functionNode('f', String, { retry: 3 })), 'retry of node "f" takes an object'],
  [
    () => build(untyped.functionNode('f', String, { retry: { maxAttempts: 3, delay: 5 } })),
    'retry of node "f" has no option "delay".',
  ],
  [
    () => build(untyped.functionNode('f', String, { retry: { maxAttempts: 3, delayMs: '5' } })),
    'the delays of the retry of node "f" must be from 0',
  ],
  [() => build(untyped.transformNode('t')), 'apply of node "t" must be a function, not undefined.'],
  [
    () => build(untyped.transformNode('t', String, { remember: {} })),
    'remember of node "t" must be a function, not an object.',
  ],
  [() => build(untyped.requestNode('r', {})), 'The response of node "r" must be a schema'],
  [
    () => build(untyped.requestNode('r', { response: z.string(), question: 'Ok?' })),
    'question of node "r" must be a function, not "Ok?".',
  ],
  [
    () => build(untyped.requestNode('r', { response: z.string(), timeoutMs: '5' })),
    'timeoutMs of node "r" must be from 1',
  ],
  [() => untyped.workflowNode(writer), 'it cannot be an object.'],
  [() => from().edge(text, count, isOk), 'An edge takes an object with options, not a function.'],
  [() => from().edge(text, count, { condition: isOk }), 'An edge has no option "condition". It has: when.'],
  [() => from().edge(text, count, { when: 'ok' }).build(), 'when of the edge from node "text" must be'],
  [() => from().fanOut(text, count), 'What is fanned out to must be a list'],
  [() => from().fanIn(text, count), 'What is fanned in must be a list'],
  [() => from().branch(text, { when: isOk, to: count }), 'The cases of a branch must be a list'],
  [() => from().branch(text, [{ if: isOk, to: count }]), 'A case of a branch has no option "if".'],
  [
    () =>
      from()
        .branch(text, [{ to: count }])
        .build(),
    'when of each case of the branch after node "text"',
  ],
])('what no node or edge can be made of is refused, also without types (%#)', (make, message) => {
  expect(make).toThrow(expect.objectContaining({ code: 'invalid_configuration' }))
  expect(make).toThrow(message)
})
