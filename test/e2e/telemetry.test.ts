import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Outcome } from '../support/api.js'
import type { ChatCompletionsServer } from '../support/chat-completions-server.js'
import { demoRule } from '../support/chat-completions-server-rules.js'
import { readEffects } from '../support/effects.js'
import { type RunningApp, repository, TestBed } from '../support/start-app.js'

/** A span as `test/fixtures/telemetry/register.js` writes it down. */
interface WrittenSpan {
  readonly scope: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parent?: string
  readonly linked: readonly string[]
  readonly attributes: Readonly<Record<string, unknown>>
  readonly pid: number
}

const bed = new TestBed()
afterAll(() => bed.end())

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const callersSpan = '00f067aa0ba902b7'
const request = { message: 'What is the weather in Paris?', sessionId: 'traced', waitForResponse: true }
const headers = {
  'idempotency-key': 'trip-1',
  traceparent: `00-${traceId}-${callersSpan}-01`,
  tracestate: 'vendor=state',
  authorization: 'Bearer sk-of-the-caller',
}

let model: ChatCompletionsServer
let dataDir: string
let killedPid: number
let app: RunningApp
let outcome: Outcome

const start = () => {
  const register = pathToFileURL(join(repository, 'test/fixtures/telemetry/register.js'))
  return bed.startApp({
    model,
    dataDir,
    env: {
      NODE_OPTIONS: `--import ${register}`,
      E2E_SPANS: join(dataDir, 'spans.jsonl'),
      E2E_EFFECTS: join(dataDir, 'effects.log'),
      E2E_TOOL_MS: '700',
    },
  })
}

async function readText(): Promise<string> {
  return readFile(join(dataDir, 'spans.jsonl'), 'utf8').catch(() => '')
}

async function readSpans(): Promise<readonly WrittenSpan[]> {
  const lines = (await readText()).split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line)).filter(({ scope }) => scope === 'durable-agent-functions')
}

const named = async (start: string) => (await readSpans()).filter(({ name }) => name.startsWith(start))

beforeAll(async () => {
  model = await bed.startModel({ script: demoRule })
  dataDir = await bed.createFolder()
  const first = await start()
  const cutOff = expect(first.api.run(request, headers)).rejects.toThrow()
  await vi.waitFor(async () => expect(await readEffects(join(dataDir, 'effects.log'))).toHaveLength(1), 5000)
  killedPid = first.pid
  await first.stop('SIGKILL')
  await cutOff
  app = await start()
  outcome = await app.api.waitForOutcome('traced', 'trip-1')
  await vi.waitFor(async () => expect(await named('invoke_agent')).toHaveLength(1), 5000)
})

test('a run that was cut off by kill -9 and gone on with is one trace: that of its caller', async () => {
  expect(outcome.status).toBe('success')
  const spans = await readSpans()
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]))
  expect(new Set(spans.map(({ pid }) => pid)).size).toBe(2)
  const [run] = await named('invoke_agent')
  expect(run?.parent).toBe(callersSpan)
  expect(run?.attributes).toMatchObject({
    'gen_ai.conversation.id': 'traced',
    'durable_agent.run.id': 'trip-1',
    'durable_agent.run.resumed': true,
    'durable_agent.run.attempt': 2,
    'durable_agent.run.outcome': 'completed',
  })
})

test('no recorded model call is told again', async () => {
  const calls = await named('chat')
  expect(calls).toHaveLength(model.stats().requests)
  expect(calls.map(({ pid }) => pid === killedPid)).toEqual([true, false])
  expect(calls[0]?.attributes).toMatchObject({
    'gen_ai.provider.name': 'openai',
    'gen_ai.response.id': expect.any(String),
  })
})

test('the execution is linked to the one that was cut off, below which the first model call stands', async () => {
  const [[run], [call]] = await Promise.all([named('invoke_agent'), named('chat')])
  expect(run?.linked).toContain(call?.parent)
})

test('a tool that ran again says so', async () => {
  const [tool, ...others] = await named('execute_tool')
  expect(others).toEqual([])
  expect(tool?.attributes).toMatchObject({
    'gen_ai.tool.name': 'slow_weather',
    'durable_agent.tool.attempt': 2,
  })
})

test('the same request from elsewhere is the same run, and does nothing that could be told', async () => {
  const before = (await readSpans()).length
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const { status, body } = await app.api.run(request, { ...headers, traceparent })
  expect([status, body.response]).toEqual([200, outcome.response])
  expect(await readSpans()).toHaveLength(before)
})

test('neither what was said nor any key is told', async () => {
  const text = await readText()
  expect(text).not.toMatch(/Paris|sunny|You are helpful|key-of-the-tests|sk-of-the-caller|Bearer/i)
})

test('who follows a run is not told where in a trace the app stands', async () => {
  const events = await (await app.api.events('traced', 'trip-1')).end()
  expect(JSON.stringify(events)).not.toContain(traceId)
})

test.each(['garbage', `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`, 'x'.repeat(5000)])(
  'a traceparent that is none (%.20s) hinders nobody',
  async (traceparent) => {
    const { status, body } = await app.api.run(
      { message: 'Hello' },
      { traceparent, tracestate: '=,;'.repeat(400) },
    )
    expect(status).toBe(200)
    await vi.waitFor(async () => {
      const runs = await named('invoke_agent')
      expect(runs.at(-1)?.attributes['durable_agent.run.id']).toBe(body.correlationId)
    }, 5000)
  },
)
