import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../src/agent/agent.js'
import type { AgentOptions } from '../../src/agent/agent-options.js'
import type { AgentMiddleware } from '../../src/agent/middleware.js'
import { tool } from '../../src/agent/tools/tool.js'
import { AgentError } from '../../src/core/errors.js'
import type { JsonObject } from '../../src/core/json.js'
import { createTextMessage, toText } from '../../src/core/messages.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { fold } from '../../src/run/fold.js'
import { toOpenApprovals } from '../../src/run/waiting.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import { type ModelScript, ScriptedModel } from '../../src/testing/scripted-model.js'
import { EntityKit } from '../session/entity-kit.js'

const askPrice = { calls: [{ name: 'price', arguments: { sku: 'A1' } }] }

function createAgent(
  middleware: readonly AgentMiddleware[],
  script: ModelScript,
  execute = () => 5 as unknown,
) {
  const client = new ScriptedModel(script)
  const executions: string[] = []
  const price = tool({
    name: 'price',
    description: 'Looks up a price.',
    parameters: z.object({ sku: z.string() }),
    readOnly: true,
    execute: ({ sku }) => {
      executions.push(sku)
      return execute()
    },
  })
  const options: AgentOptions = {
    name: 'Shop',
    client,
    tools: [price],
    middleware,
    instructions: 'Be brief.',
  }
  return { client, executions, agent: new Agent(options) }
}

async function collect(run: AsyncIterable<{ readonly text: string }>): Promise<readonly string[]> {
  const texts: string[] = []
  for await (const { text } of run) texts.push(text)
  return texts
}

test('the first middleware is the outermost, at every level', async () => {
  const story: string[] = []
  const tell = (name: string): AgentMiddleware => ({
    beforeRun: () => void story.push(`${name} before run`),
    afterRun: () => void story.push(`${name} after run`),
    async callModel({ step }, next) {
      story.push(`${name} before model ${step}`)
      const answer = await next()
      story.push(`${name} after model ${step}`)
      return answer
    },
    async callTool({ tool: { name: called } }, next) {
      story.push(`${name} before ${called}`)
      const result = await next()
      story.push(`${name} after ${called}`)
      return result
    },
  })
  const { agent } = createAgent([tell('A'), tell('B')], [askPrice, { text: 'Five.' }])
  expect((await agent.run('?')).text).toBe('Five.')
  const around = (what: string) => [
    `A before ${what}`,
    `B before ${what}`,
    `B after ${what}`,
    `A after ${what}`,
  ]
  expect(story).toEqual([
    'A before run',
    'B before run',
    ...around('model 0'),
    ...around('price'),
    ...around('model 1'),
    'B after run',
    'A after run',
  ])
})

describe('around runs', () => {
  test('an answer ends the run: neither those further in nor the model are asked', async () => {
    const story: string[] = []
    const outer: AgentMiddleware = { afterRun: (_context, { text }) => void story.push(`outer saw ${text}`) }
    const guard: AgentMiddleware = {
      beforeRun: ({ values }) => (values.tenant === 'acme' ? undefined : { answer: 'Quota exhausted.' }),
      afterRun: () => void story.push('guard'),
    }
    const inner: AgentMiddleware = { beforeRun: () => void story.push('inner') }
    const { agent, client } = createAgent([outer, guard, inner], [{ text: 'hi' }])
    const session = agent.createSession()
    const run = agent.run('?', { session, context: { tenant: 'globex' } })
    expect(await collect(run)).toEqual(['Quota exhausted.'])
    expect(await run).toMatchObject({ text: 'Quota exhausted.', usage: { totalTokens: 0 } })
    expect(story).toEqual(['outer saw Quota exhausted.'])
    expect(client.requests).toEqual([])
    expect(session.messages.map(({ contents }) => toText(contents))).toEqual(['?', 'Quota exhausted.'])
    expect((await agent.run('?', { context: { tenant: 'acme' } })).text).toBe('hi')
  })

  test('an answer keeps providers out of the run', async () => {
    const story: string[] = []
    const client = new ScriptedModel([])
    const agent = new Agent({
      name: 'Shop',
      client,
      middleware: [{ beforeRun: () => ({ answer: 'no' }) }],
      contextProviders: [
        {
          name: 'p',
          beforeRun: () => void story.push('before'),
          afterRun: () => void story.push('after'),
        },
      ],
    })
    expect((await agent.run('?')).text).toBe('no')
    expect(story).toEqual([])
  })

  test('instructions and messages can be changed, and each sees what those before have made of them', async () => {
    const shout: AgentMiddleware = {
      beforeRun: ({ messages }) => ({
        messages: messages.map(({ contents }) => createTextMessage('user', toText(contents).toUpperCase())),
      }),
    }
    const rules: AgentMiddleware = {
      beforeRun: ({ instructions, messages }) => ({
        instructions: `${instructions} ${messages.length} message: ${toText(messages[0]?.contents ?? [])}.`,
      }),
    }
    const { agent, client } = createAgent([shout, rules], [{ text: 'ok' }])
    await agent.run('hello')
    expect(client.requests[0]?.messages.map(({ contents }) => toText(contents))).toEqual([
      'Be brief. 1 message: HELLO.',
      'HELLO',
    ])
  })

  test("a changed answer is the caller's and the conversation's", async () => {
    const redact: AgentMiddleware = {
      afterRun: (_context, { text }) => ({ text: text.replace(/\d+/, '***') }),
    }
    const { agent, client } = createAgent([redact], [{ text: 'The code is 1234.' }, { text: 'ok' }])
    const session = agent.createSession()
    const response = await agent.run('?', { session })
    expect(response.text).toBe('The code is ***.')
    expect(JSON.stringify([response.messages, session])).not.toContain('1234')
    await agent.run('Again?', { session })
    expect(JSON.stringify(client.requests[1])).not.toContain('1234')
  })

  test('a changed answer must still fit the schema', async () => {
    const spoil: AgentMiddleware = { afterRun: () => ({ text: 'no JSON' }) }
    const { agent } = createAgent([spoil], [{ text: '{"price":5}' }])
    const run = agent.run('?', { responseFormat: z.object({ price: z.number() }) })
    await expect(run).rejects.toMatchObject({ code: 'response_schema_unmet' })
  })

  test('what it throws fails the run', async () => {
    const stop: AgentMiddleware = {
      beforeRun: () => {
        throw new AgentError('budget_exhausted', 'Tenant acme is over its quota.')
      },
    }
    const { agent } = createAgent([stop], [])
    await expect(agent.run('?')).rejects.toMatchObject({ code: 'budget_exhausted' })
  })
})

describe('around model calls', () => {
  test('an answer can come from elsewhere, and is streamed like any other', async () => {
    const cache: AgentMiddleware = { callModel: async () => 'From the cache.' }
    const { agent, client } = createAgent([cache], [])
    const run = agent.run('?')
    expect(await collect(run)).toEqual(['From the cache.'])
    expect(await run).toMatchObject({ text: 'From the cache.', usage: { totalTokens: 0 } })
    expect(client.requests).toEqual([])
  })

  test('a call can be made again', async () => {
    const retry: AgentMiddleware = { callModel: (_context, next) => next().catch(() => next()) }
    const { agent } = createAgent(
      [retry],
      [{ error: new Error('down'), afterText: 'half ' }, { text: 'whole' }],
    )
    expect((await agent.run('?')).text).toBe('whole')
  })

  test('the request can be changed for those further in', async () => {
    const cool: AgentMiddleware = {
      callModel: ({ request }, next) => next({ ...request, temperature: 0 }),
    }
    const seen: unknown[] = []
    const look: AgentMiddleware = {
      callModel: ({ request }, next) => {
        seen.push(request.temperature)
        return next()
      },
    }
    const { agent, client } = createAgent([cool, look], [{ text: 'ok' }])
    await agent.run('?')
    expect([seen, client.requests[0]?.temperature]).toEqual([[0], 0])
  })

  test('an answer can be changed before anybody hears it', async () => {
    const redact: AgentMiddleware = {
      holdsDeltas: true,
      async callModel(_context, next) {
        const answer = await next()
        return { ...answer, message: createTextMessage('assistant', 'redacted') }
      },
    }
    const { agent } = createAgent([redact], [{ text: 'secret', chunks: ['sec', 'ret'] }])
    const run = agent.run('?')
    expect(await collect(run)).toEqual(['redacted'])
    expect(await run).toMatchObject({ text: 'redacted', usage: { totalTokens: 15 } })
  })

  test('what it throws fails the run', async () => {
    const { agent } = createAgent(
      [{ callModel: () => Promise.reject(new AgentError('rate_limited', 'Slow.')) }],
      [],
    )
    await expect(agent.run('?')).rejects.toMatchObject({ code: 'rate_limited' })
  })
})

describe('around tool calls', () => {
  const results = (client: ScriptedModel) => client.requests.at(-1)?.messages.at(-1)?.contents[0]

  test('a cache that hits keeps the tool, and those further in, out of it', async () => {
    const cached = new Map<string, unknown>()
    const cache: AgentMiddleware = {
      async callTool({ tool: { name, readOnly }, arguments: args }, next) {
        const key = JSON.stringify([name, args])
        if (!readOnly || cached.has(key)) return cached.get(key)
        const result = await next()
        cached.set(key, result)
        return result
      },
    }
    let inner = 0
    const count: AgentMiddleware = {
      callTool: (_context, next) => {
        inner += 1
        return next()
      },
    }
    const { agent, executions, client } = createAgent([cache, count], ({ messages }) =>
      messages.at(-1)?.role === 'tool' ? { text: 'Five.' } : askPrice,
    )
    for (const text of ['?', 'again?']) await agent.run(text)
    expect([executions, inner]).toEqual([['A1'], 1])
    expect(results(client)).toMatchObject({ result: 5 })
  })

  test('a tool that failed can be called again, and what it threw is known', async () => {
    const failures: unknown[] = []
    const retry: AgentMiddleware = {
      callTool: (_context, next) =>
        next().catch((error) => {
          failures.push(error.message)
          return next()
        }),
    }
    let calls = 0
    const { agent, client } = createAgent([retry], [askPrice, { text: 'ok' }], () => {
      calls += 1
      if (calls === 1) throw new Error('flaky')
      return 7
    })
    await agent.run('?')
    expect(failures).toEqual(['flaky'])
    expect(results(client)).toMatchObject({ result: 7 })
  })

  test('one that forgets to return what the tool gave fails the run, past the middleware outside it', async () => {
    const retry: AgentMiddleware = { callTool: (_context, next) => next().catch(() => next()) }
    const forgetful: AgentMiddleware = { callTool: async (_context, next) => void (await next()) }
    const { agent, executions } = createAgent([retry, forgetful], [askPrice])
    await expect(agent.run('?')).rejects.toThrow(
      expect.objectContaining({
        code: 'invalid_configuration',
        message: expect.stringContaining('returned nothing for tool "price"'),
      }),
    )
    expect(executions).toEqual(['A1'])
  })

  test('null is a result', async () => {
    const hide: AgentMiddleware = { callTool: async (_context, next) => (await next()) && null }
    const { agent, client } = createAgent([hide], [askPrice, { text: 'ok' }])
    await agent.run('?')
    expect(results(client)).toMatchObject({ result: null })
  })

  test('what it throws is what the model is told', async () => {
    const deny: AgentMiddleware = { callTool: () => Promise.reject(new Error('Not for tenant acme.')) }
    const { agent, client, executions } = createAgent([deny], [askPrice, { text: 'ok' }])
    expect((await agent.run('?')).text).toBe('ok')
    expect(executions).toEqual([])
    expect(results(client)).toMatchObject({ error: 'Not for tenant acme.' })
  })

  test('arguments and results can be changed, and changed arguments are checked', async () => {
    const change: AgentMiddleware = {
      callTool: async (_context, next) => [await next({ sku: 'B2' }), await next({ sku: 3 }).catch(String)],
    }
    const { agent, client, executions } = createAgent([change], [askPrice, { text: 'ok' }])
    await agent.run('?')
    expect(executions).toEqual(['B2'])
    expect(results(client)).toMatchObject({ result: [5, expect.stringContaining('not valid')] })
  })

  describe('that change what a human may have to agree to', () => {
    const small = { amount: 5 }
    const large = { amount: 500 }
    const misspelt = { amount: '500' }
    const repair: AgentMiddleware['callTool'] = ({ arguments: args }, next) =>
      next({ amount: Number((args as { amount: unknown }).amount) })
    const raise: AgentMiddleware['callTool'] = (_context, next) => next(large)
    const spoil: AgentMiddleware['callTool'] = ({ arguments: args }, next) => {
      Object.assign(args as object, large)
      return next()
    }
    const aboveTen = ({ amount }: { amount: number }) => amount > 10

    async function refund(
      callTool: AgentMiddleware['callTool'],
      approval: 'always' | typeof aboveTen,
      args: JsonObject,
    ) {
      const paid: number[] = []
      const asked: unknown[] = []
      const pay = tool({
        name: 'pay',
        description: '',
        parameters: z.object({ amount: z.number() }),
        approval,
        execute: ({ amount }) => void paid.push(amount),
      })
      const client = new ScriptedModel([{ calls: [{ name: 'pay', arguments: args }] }, { text: 'ok' }])
      const agent = new Agent({ name: 'Shop', client, tools: [pay], middleware: [{ callTool }] })
      await agent.run('?', {
        onApproval: (approval) => {
          asked.push(approval.arguments)
          return { decision: 'approve' }
        },
      })
      return { paid, asked, told: results(client) }
    }

    const unasked = { error: expect.stringContaining('a human has to agree to') }
    const invalid = { error: expect.stringContaining('are not valid. amount: ') }
    test.each([
      [
        'raised above what a policy lets pass',
        raise,
        aboveTen,
        small,
        { paid: [], asked: [], told: unasked },
      ],
      ['changed in place', spoil, aboveTen, small, { paid: [], asked: [], told: unasked }],
      [
        'repaired to what a policy asks about',
        repair,
        aboveTen,
        misspelt,
        { paid: [], asked: [], told: invalid },
      ],
      ['other than those agreed to', raise, 'always', small, { paid: [], asked: [small], told: unasked }],
      ['repaired to what a policy lets pass', repair, aboveTen, { amount: '5' }, { paid: [5], asked: [] }],
      ['left as they were agreed to', repair, 'always', large, { paid: [500], asked: [large] }],
      ['left as a policy asked about them', repair, aboveTen, large, { paid: [500], asked: [large] }],
    ] as const)('arguments that are %s', async (_how, callTool, approval, args, seen) => {
      expect(await refund(callTool, approval, { ...args })).toMatchObject(seen)
    })
  })

  test('a call of which nobody knows whether it took effect is not for it to repeat', async () => {
    const retry: AgentMiddleware = { callTool: (_context, next) => next().catch(() => next()) }
    let calls = 0
    const pay = tool({
      name: 'pay',
      description: '',
      onUnknownOutcome: 'fail',
      execute: () => {
        calls += 1
        throw new AgentError('outcome_unknown', 'The bank hung up.')
      },
    })
    const client = new ScriptedModel([{ calls: [{ name: 'pay', arguments: {} }] }, { text: 'ok' }])
    await new Agent({ name: 'Bank', client, tools: [pay], middleware: [retry] }).run('?')
    expect(calls).toBe(1)
    expect(results(client)).toMatchObject({ error: expect.stringContaining('unknown') })
  })

  test('a call that waits for a human leaves it, and comes back to it afterwards', async () => {
    const pay = tool({ name: 'pay', description: '', approval: 'always', execute: () => 'paid' })
    const expert = new Agent({
      name: 'Expert',
      client: new ScriptedModel([{ calls: [{ name: 'pay', arguments: {} }] }, { text: 'done' }]),
      tools: [pay],
    })
    const seen: unknown[] = []
    const look: AgentMiddleware = {
      async callTool({ attempt }, next) {
        seen.push(attempt)
        const result = await next()
        seen.push(result)
        return result
      },
    }
    const client = new ScriptedModel([
      { calls: [{ name: 'Expert', arguments: { query: '?' } }] },
      { text: 'ok' },
    ])
    const agent = new Agent({ name: 'Agent', client, tools: [expert.asTool()], middleware: [look] })
    const log = new MemoryRunLog()
    const entity = new EntityKit({ agent, log })
    const run = { agent: 'Agent', session: 's', run: 'a' }
    const messages = [createTextMessage('user', 'Pay')]
    await log.create(run, createRunRequest({ messages, options: { enableToolCalls: true } }))
    await entity.operate('run', { correlationId: 'a' })
    expect(seen).toEqual([1])
    const [approval] = toOpenApprovals(fold(await log.read(run)))
    await log.control(run, { type: 'decision', approvalId: approval?.approvalId ?? '', decision: 'approve' })
    await entity.operate('decide', { correlationId: 'a' })
    expect(seen).toEqual([1, 2, 'done'])
  })

  test('it knows the invocation values and the idempotency key', async () => {
    const seen: unknown[] = []
    const look: AgentMiddleware = {
      callTool: ({ values, idempotencyKey, callId }, next) => {
        seen.push(values.tenant, callId, idempotencyKey.length)
        return next()
      },
    }
    const { agent } = createAgent([look], [askPrice, { text: 'ok' }])
    await agent.run('?', { context: { tenant: 'acme' } })
    expect(seen).toEqual(['acme', 'call_0_0', 32])
  })

  test('another agent that works as a tool is a tool call too, with its tokens', async () => {
    const expert = new Agent({ name: 'Expert', client: new ScriptedModel([{ text: 'ten' }]) })
    const shout: AgentMiddleware = { callTool: async (_context, next) => String(await next()).toUpperCase() }
    const client = new ScriptedModel([
      { calls: [{ name: 'Expert', arguments: { query: '?' } }] },
      { text: 'done' },
    ])
    const agent = new Agent({ name: 'Boss', client, tools: [expert.asTool()], middleware: [shout] })
    expect((await agent.run('?')).usage.totalTokens).toBe(45)
    expect(results(client)).toMatchObject({ result: 'TEN' })
  })
})
