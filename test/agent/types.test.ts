import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { evaluator } from '../../src/agent/evaluation/index.js'
import { mcpHttp } from '../../src/agent/mcp/index.js'
import {
  Agent,
  type AgentMiddleware,
  type AgentResponse,
  type AgentResponseUpdate,
  type AgentRun,
  type AgentSession,
  type ChatAnswer,
  type ChatClient,
  type ContextProvider,
  type FunctionCallContent,
  type FunctionResultContent,
  type JsonValue,
  type ProviderContext,
  type SchemaOutput,
  skill,
  type ToolContext,
  tool,
} from '../../src/index.js'

declare const client: ChatClient

// What is checked here is checked by the compiler; nothing of it runs.
const never = () => {
  const agent = new Agent({ name: 'A', client })
  const order = z.object({ id: z.number(), note: z.string().optional(), at: z.coerce.date() })
  return { agent, order }
}
type Given = ReturnType<typeof never>

test("a tool's arguments are what its schema gives", () => {
  const parameters = z.object({ sku: z.string(), count: z.number().default(1) })
  tool({
    name: 'order',
    description: '',
    parameters,
    approval: (args) => {
      expectTypeOf(args).toEqualTypeOf<{ sku: string; count: number }>()
      return args.count > 1
    },
    reconcile: (args) => {
      expectTypeOf(args).toEqualTypeOf<{ sku: string; count: number }>()
      return { outcome: 'unknown' }
    },
    execute: (args, context) => {
      expectTypeOf(args).toEqualTypeOf<{ sku: string; count: number }>()
      expectTypeOf(context).toEqualTypeOf<ToolContext>()
      expectTypeOf(context.values.tenant).toBeUnknown()
      return args.sku
    },
  })
  tool({
    name: 'ping',
    description: '',
    execute: (args) => {
      expectTypeOf(args).toEqualTypeOf<Record<string, never>>()
      return 1
    },
  })
  tool({
    name: 'scan',
    description: '',
    parameters,
    async *execute({ sku }) {
      expectTypeOf(sku).toEqualTypeOf<string>()
      yield sku
      return 1
    },
  })
})

test("a response's value is what the response format gives", () => {
  expectTypeOf<SchemaOutput<Given['order']>>().toEqualTypeOf<{
    id: number
    note?: string | undefined
    at: Date
  }>()
  const check = async ({ agent, order }: Given) => {
    const run = agent.run('?', { responseFormat: order })
    expectTypeOf(run).toExtend<AgentRun<{ id: number; note?: string | undefined; at: Date }>>()
    expectTypeOf((await run).value).toEqualTypeOf<SchemaOutput<Given['order']>>()
    expectTypeOf((await run.finalResponse()).value).toEqualTypeOf<SchemaOutput<Given['order']>>()
    expectTypeOf((await agent.run('?')).value).toBeUnknown()
    expectTypeOf((await agent.run('?')).value).not.toBeAny()
    for await (const update of run) expectTypeOf(update).toEqualTypeOf<AgentResponseUpdate>()
  }
  expectTypeOf(check).returns.resolves.toBeVoid()
})

test("a response's value may be missing when its answer may still be to come, or its schema is not sure", () => {
  type Order = SchemaOutput<Given['order']>
  const check = async ({ agent, order }: Given, token: string, isTyped: boolean) => {
    const inBackground = await agent.run('?', { responseFormat: order, background: true })
    expectTypeOf(inBackground.value).toEqualTypeOf<Order | undefined>()
    const continued = await agent.run([], { responseFormat: order, continuationToken: token })
    expectTypeOf(continued.value).toEqualTypeOf<Order | undefined>()
    const unsure = await agent.run('?', { responseFormat: isTyped ? order : undefined })
    expectTypeOf(unsure.value).toEqualTypeOf<Order | undefined>()
    const notInBackground = await agent.run('?', { responseFormat: order, background: false })
    expectTypeOf(notInBackground.value).toEqualTypeOf<Order>()
  }
  expectTypeOf(check).returns.resolves.toBeVoid()
})

test('options that do not exist, and values of wrong types, are refused', () => {
  const check = ({ agent }: Given) => {
    // @ts-expect-error there is no such option
    agent.run('?', { stream: true })
    // @ts-expect-error a session is made by createSession
    agent.run('?', { session: 'ann' })
    // @ts-expect-error a name is needed
    new Agent({ client })
    // @ts-expect-error a result of a tool that needs arguments without a schema for them
    tool({ name: 'x', description: '', execute: ({ sku }: { sku: string }) => sku })
    return agent.createSession({ id: 'ann' })
  }
  expectTypeOf(check).returns.toEqualTypeOf<AgentSession>()
})

test('middleware and providers are typed without being annotated', () => {
  const middleware: AgentMiddleware = {
    beforeRun: ({ instructions, messages, values }) => {
      expectTypeOf(instructions).toEqualTypeOf<string | undefined>()
      expectTypeOf(values).toEqualTypeOf<Readonly<Record<string, unknown>>>()
      return messages.length === 0 ? { answer: 'nothing' } : undefined
    },
    afterRun: (_context, response) => {
      expectTypeOf(response).toEqualTypeOf<AgentResponse>()
    },
    async callModel({ request }, next) {
      expectTypeOf(request.messages).not.toBeAny()
      const answer = await next({ ...request, temperature: 0 })
      expectTypeOf(answer).toEqualTypeOf<ChatAnswer>()
      return answer
    },
    async callTool({ tool: { readOnly } }, next) {
      expectTypeOf(readOnly).toEqualTypeOf<boolean>()
      const result = await next()
      expectTypeOf(result).toEqualTypeOf<JsonValue>()
      return result
    },
  }
  const provider: ContextProvider = {
    name: 'p',
    async beforeRun(context) {
      expectTypeOf(context).toEqualTypeOf<ProviderContext>()
      expectTypeOf(context.state.x).toEqualTypeOf<JsonValue | undefined>()
    },
  }
  expectTypeOf(middleware).not.toBeAny()
  expectTypeOf(provider.tools).not.toBeAny()
})

test('nothing that callers are handed is any', () => {
  const check = ({ agent }: Given) => {
    agent.run('?', {
      onApproval: (approval) => {
        expectTypeOf(approval.arguments).not.toBeAny()
        return { decision: 'approve' }
      },
    })
    agent.asTool({
      onUpdate: (update, context) => {
        expectTypeOf(update).toEqualTypeOf<AgentResponseUpdate>()
        expectTypeOf(context).toEqualTypeOf<ToolContext>()
      },
    })
    evaluator('short', ({ response, toolCalls }) => {
      expectTypeOf(response).toEqualTypeOf<AgentResponse>()
      expectTypeOf(toolCalls[0]?.arguments).not.toBeAny()
      return true
    })
    skill({
      name: 'prices',
      description: 'Prices.',
      content: '',
      resources: {
        matrix: ({ values }) => {
          expectTypeOf(values.tenant).toBeUnknown()
          return ''
        },
      },
    })
    return mcpHttp({
      name: 'billing',
      url: 'https://example.com',
      headers: ({ values }) => {
        expectTypeOf(values.token).toBeUnknown()
        return {}
      },
    })
  }
  expectTypeOf(check).returns.not.toBeAny()
  expectTypeOf<AgentSession['state'][string]>().not.toBeAny()
  expectTypeOf<FunctionResultContent['result']>().toEqualTypeOf<JsonValue | undefined>()
  expectTypeOf<FunctionCallContent['arguments']>().not.toBeAny()
})

test("the agent's own response format gives its runs' values their type, and one of the run's takes its place", () => {
  const check = async ({ order }: Given) => {
    type Order = SchemaOutput<typeof order>
    const agent = new Agent({ name: 'A', client, responseFormat: order })
    expectTypeOf((await agent.run('Hi')).value).toEqualTypeOf<Order | undefined>()
    expectTypeOf((await agent.run('Hi', { metadata: {} })).value).toEqualTypeOf<Order | undefined>()
    const city = z.object({ city: z.string() })
    expectTypeOf((await agent.run('Hi', { responseFormat: city })).value).toEqualTypeOf<{ city: string }>()
    expectTypeOf(agent).toExtend<Agent>()
  }
  expectTypeOf(check).toBeFunction()
})
