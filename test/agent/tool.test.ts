import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { tool } from '../../src/agent/tools/tool.js'
import type { ToolContext } from '../../src/agent/tools/tool-context.js'

const context: ToolContext = {
  agentName: 'A',
  sessionId: 's',
  correlationId: 'r',
  callId: 'c',
  idempotencyKey: 'k',
  attempt: 1,
  hasReadUntrusted: false,
  owner: undefined,
  metadata: {},
  values: {},
  signal: new AbortController().signal,
  reportProgress: () => {},
}

const weather = tool({
  name: 'get_weather',
  description: 'Get the weather.',
  parameters: z.object({ location: z.string(), days: z.number().int().default(1) }),
  execute: (args) => {
    expectTypeOf(args).toEqualTypeOf<{ location: string; days: number }>()
    return { ...args, sunny: true, ignored: undefined }
  },
})

test('declares itself to the model by the JSON Schema of its input', () => {
  expect(weather.declaration).toEqual({
    name: 'get_weather',
    description: 'Get the weather.',
    parameters: {
      type: 'object',
      properties: {
        location: { type: 'string' },
        days: { type: 'integer', default: 1, minimum: expect.any(Number), maximum: expect.any(Number) },
      },
      required: ['location'],
    },
  })
})

test('arguments that its schema throws at do not fit, and until it is known whether they do a human is asked', async () => {
  const parameters = z.object({ url: z.string().transform((text) => new URL(text)) })
  const approval = () => false
  const open = tool({ name: 'open', description: '', parameters, approval, execute: ({ url }) => url.host })
  expect(await open.invoke({ url: 'nowhere' }, context)).toEqual({
    error: 'The arguments are not valid. Invalid URL',
  })
  expect(await open.needsApproval({ url: 'nowhere' }, context)).toBe(true)
  expect(await open.needsApproval({ url: 5 }, context)).toBe(false)
})

test('says that it takes no arguments where its schema leaves that open, as those of MCP servers do', () => {
  const jsonSchema = () => ({ type: 'object', additionalProperties: true })
  const parameters = {
    '~standard': { ...z.object({})['~standard'], jsonSchema: { input: jsonSchema, output: jsonSchema } },
  }
  const ping = tool({ name: 'ping', description: 'Pings.', parameters, execute: () => 'pong' })
  expect(ping.declaration.parameters).toEqual({ type: 'object', properties: {}, additionalProperties: true })
  expect(ping.declaration.strict).toBeUndefined()
})

test('runs with parsed arguments and gives the result as JSON', async () => {
  expect(await weather.invoke({ location: 'Oslo' }, context)).toEqual({
    result: { location: 'Oslo', days: 1, sunny: true },
  })
})

test('arguments that do not fit become an error that names them, and the tool does not run', async () => {
  expect(await weather.invoke({ days: 'two' }, context)).toEqual({
    error: expect.stringMatching(/location: .*; days: /),
  })
  expect(await weather.invoke('{"location": "Os', context)).toEqual({
    error: 'The arguments are not valid. They must be a JSON object; this is none: {"location": "Os',
  })
})

test.each([
  ['an Error', new Error('no network'), 'no network'],
  ['text', 'just text', 'just text'],
])('%s that is thrown becomes the result', async (_name, thrown, error) => {
  const failing = tool({
    name: 'fail',
    description: '',
    execute: () => {
      throw thrown
    },
  })
  expect(await failing.invoke({}, context)).toEqual({ error })
})

test.each([
  ['undefined', undefined, null],
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['text', 'hi', 'hi'],
])('a result of %s is what JSON makes of it', async (_name, value, result) => {
  const plain = tool({ name: 'plain', description: '', execute: () => value })
  expect(await plain.invoke({}, context)).toEqual({ result })
})

test('a result that JSON cannot hold is an error, not a crash', async () => {
  const circular: { self?: unknown } = {}
  circular.self = circular
  const odd = tool({ name: 'odd', description: '', execute: () => circular })
  expect(await odd.invoke({}, context)).toEqual({
    error: expect.stringContaining('circular'),
    isUnknown: true,
  })
})

test('a tool that takes too long is told to stop, and the model hears of it', async () => {
  let aborted = false
  const slow = tool({
    name: 'slow',
    description: '',
    timeoutMs: 5,
    execute: (_args, { signal }) =>
      new Promise(() => {
        signal.addEventListener('abort', () => {
          aborted = true
        })
      }),
  })
  expect(await slow.invoke({}, context)).toEqual({
    error: 'The tool did not finish within 5 ms.',
    isUnknown: true,
  })
  expect(aborted).toBe(true)
})

test('a run that must stop takes its tools with it', async () => {
  const stop = new AbortController()
  const endless = tool({ name: 'endless', description: '', execute: () => new Promise(() => {}) })
  const outcome = endless.invoke({}, { ...context, signal: stop.signal })
  stop.abort(new Error('fenced'))
  await expect(outcome).rejects.toThrow('fenced')
})

test.each([
  [{}, 'ask'],
  [{ readOnly: true }, 'retry'],
  [{ idempotent: true }, 'retry'],
  [{ readOnly: true, onUnknownOutcome: 'fail' as const }, 'fail'],
  [{ onUnknownOutcome: 'retry' as const }, 'retry'],
])('with %j an unknown outcome means: %s', (options, policy) => {
  expect(tool({ name: 't', description: '', execute: () => 1, ...options }).onUnknownOutcome).toBe(policy)
})

test('names and schemas that no model takes are refused at once', () => {
  const make = (name: string) => () => tool({ name, description: '', execute: () => 1 })
  for (const name of ['', 'with space', 'x'.repeat(65), 'naïve'])
    expect(make(name)).toThrow(/must be 1-64 letters/)
  expect(() => tool({ name: 'text', description: '', parameters: z.string(), execute: () => 1 })).toThrow(
    /must be an object schema/,
  )
})

test.each([
  ['timeoutMs', { timeoutMs: Number.POSITIVE_INFINITY }],
  ['approvers', { approvers: 0 }],
  ['approvalTimeoutMs', { approvalTimeoutMs: Number.NaN }],
  ['maxResultLength', { maxResultLength: 0 }],
  ['retry.maxAttempts', { retry: { maxAttempts: 0 } }],
  ['retry.initialDelayMs', { retry: { maxAttempts: 2, initialDelayMs: -1 } }],
])('refuses a limit that is none: %s', (option, limits) => {
  const make = () => tool({ name: 'work', description: '', execute: () => 1, ...limits })
  const message = expect.stringContaining(`${option} of tool "work" must be a whole number of at least`)
  expect(make).toThrow(expect.objectContaining({ code: 'invalid_configuration', message }))
})

const options = { name: 'pay', description: 'Pays.', execute: () => 'paid' }

test.each([
  [{ aproval: 'always' }, 'tool has no option "aproval".'],
  [
    { approval: 'always_require' },
    `approval of tool "pay", when it is no function, must be one of 'always', 'never', not "always_require".`,
  ],
  [{ reconcile: true }, 'Tool "pay" needs a function as reconcile, which asks the destination.'],
  [
    { onUnknownOutcome: 'repeat' },
    `onUnknownOutcome of tool "pay" must be one of 'retry', 'ask', 'fail', not "repeat".`,
  ],
  [{ retry: 3 }, 'retry of tool "pay" takes an object with options, not 3.'],
  [{ retry: { maxAttempts: 2, delayMs: 5 } }, 'retry of tool "pay" has no option "delayMs".'],
  [{ readOnly: 'false' }, 'readOnly of tool "pay" must be true or false, not "false".'],
  [{ idempotent: 1 }, 'idempotent of tool "pay" must be true or false, not 1.'],
  [{ strict: 'no' }, 'strict of tool "pay" must be true or false, not "no".'],
  [{ timeoutMs: null }, 'timeoutMs of tool "pay" must be a whole number of at least 1, not null.'],
  [{ name: undefined }, 'Tool name "undefined" must be'],
  [{ description: undefined }, 'Tool "pay" needs a description'],
  [{ execute: undefined }, 'Tool "pay" needs a function execute'],
  [{ parameters: { amount: 'number' } }, 'The parameters of tool "pay" must be a schema'],
  [{ parameters: { type: 'object', properties: {} } }, 'Of this JSON Schema z.fromJSONSchema makes one.'],
  [{ parameters: { '~standard': { version: 1, vendor: 'valibot' } } }, 'toStandardJsonSchema of @valibot'],
  [
    { parameters: z.union([z.object({ a: z.string() }), z.object({})]) },
    'put a union, a list or a text into',
  ],
  [
    { parameters: z.object({ due: z.date() }) },
    'The parameters of tool "pay" cannot be told to a model: Date',
  ],
])('a program without types is told of %j', (slip, said) => {
  const make = () => tool({ ...options, ...slip } as unknown as typeof options)
  expect(make).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(said) }),
  )
})

test('a JSON Schema is one of zod by its fromJSONSchema', async () => {
  const parameters = z.fromJSONSchema({
    type: 'object',
    properties: { a: { type: 'number' } },
    required: ['a'],
  })
  const pay = tool({ ...options, parameters })
  expect(pay.declaration.parameters).toMatchObject({ properties: { a: { type: 'number' } } })
  expect(await pay.check({ a: 'much' })).toMatchObject([{ path: 'a' }])
})

test.each([undefined, null, 0, '', true])(
  'a policy that says %j asks a human, as only false does not',
  async (said) => {
    const approval = (() => said) as unknown as () => boolean
    expect(await tool({ ...options, approval }).needsApproval({}, context)).toBe(true)
  },
)
