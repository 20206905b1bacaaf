import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, describe, expect, test } from 'vitest'
import type { FlowStatus } from '../host/durable/flow-client.js'
import { AgentScopeApi, toText } from '../support/agentscope-api.js'
import { AguiClient } from '../support/agui-client.js'
import { AgentApi } from '../support/api.js'
import { findFreePort } from '../support/free-port.js'
import { createOpenAiClient } from '../support/openai-client.js'
import { waitFor } from '../support/run-scene.js'
import { ScriptBook } from '../support/script-book.js'
import { type RunningApp, type StartAppOptions, TestBed } from '../support/start-app.js'
import { startStorageApp } from '../support/storage-app.js'
import { UiChat } from '../support/ui-chat.js'

const bed = new TestBed()
afterAll(() => bed.end())

// On the offline demo model, as their READMEs say, unless a test needs a model to say something certain.

function start(sample: string, options: StartAppOptions = {}): Promise<RunningApp> {
  return bed.startApp({ entry: `samples/${sample}`, ...options })
}

interface Started {
  readonly instanceId: string
  readonly statusQueryGetUri: string
  readonly topic?: string
}

async function post<Body>(app: RunningApp, path: string, body?: unknown) {
  const isText = typeof body === 'string'
  return app.api.call<Body>(path, {
    method: 'POST',
    headers: { 'content-type': isText ? 'text/plain' : 'application/json' },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
  })
}

/** Starts an orchestration by the sample's route, and follows the link that it gives until it is over. */
async function runToEnd(app: RunningApp, path: string, body?: unknown): Promise<FlowStatus> {
  const started = await post<Started>(app, path, body)
  expect(started.status).toBe(202)
  expect(started.body).toMatchObject({ instanceId: expect.any(String) })
  return waitForStatus(started.body, ({ runtimeStatus }) => /Completed|Failed/.test(runtimeStatus))
}

function waitForStatus(
  { statusQueryGetUri }: Started,
  isThere: (status: FlowStatus) => boolean,
): Promise<FlowStatus> {
  return waitFor(async () => {
    const status = (await (await fetch(statusQueryGetUri)).json()) as FlowStatus
    return isThere(status) ? status : undefined
  }, 20_000)
}

test('04 several agents: one answers, the other need not be waited for, and its callback is told', async () => {
  const app = await start('04-several-agents')
  const weather = new AgentApi(app.url, 'WeatherAgent')
  const asked = await weather.run('What is the weather like in Seattle?')
  expect(asked).toMatchObject({ status: 200, body: { status: 'success' } })
  expect(asked.body.response).toContain('Seattle')
  const math = new AgentApi(app.url, 'MathAgent')
  const accepted = await math.run({
    message: 'Calculate the tip for a bill of 50 at 20 percent',
    sessionId: 'bob',
    correlationId: 'tip-1',
    waitForResponse: false,
  })
  expect([accepted.status, accepted.body]).toMatchObject([
    202,
    { status: 'accepted', sessionId: 'bob', correlationId: 'tip-1' },
  ])
  expect((await math.waitForOutcome('bob', 'tip-1')).response).toContain('tip: 10, total: 60')
  await app.waitForOutput(/\[MathAgent\] .*tip/)
  expect((await app.api.call('/agents')).body).toMatchObject({ agent_count: 2 })
})

test('05 streaming: whoever was cut off reads on where it stopped, also after the server was killed', async () => {
  const dataDir = await bed.createFolder()
  const options = { dataDir, agent: 'TravelPlanner', env: { DAY_MS: '150' } }
  const first = await start('05-streaming', options)
  const request = { message: 'Plan a trip to Lisbon', sessionId: 'ann', correlationId: 'trip' }
  expect((await first.api.run({ ...request, waitForResponse: false })).status).toBe(202)
  const reader = await first.api.events('ann', 'trip')
  expect(reader.headers.get('content-type')).toMatch(/^text\/event-stream/)
  await reader.waitForType('tool.started')
  await first.stop('SIGKILL')
  const seen = reader.events
  const second = await start('05-streaming', options)
  const rest = await (await second.api.eventsAfter('ann', 'trip', seen.at(-1)?.id ?? -1)).end()
  const all = [...seen, ...rest]
  expect(all.map(({ id }) => id)).toEqual(all.map((_event, index) => index))
  expect(all.at(-1)).toMatchObject({ type: 'run.completed' })
  expect(JSON.stringify(all.at(-1)?.data)).toContain('the harbour of Lisbon')
  expect(await (await second.api.events('ann', 'trip')).end()).toEqual(all)
  expect((await second.api.outcome('ann', 'nobody')).status).toBe(404)
})

test('06 chaining: two messages to one agent are one conversation', async () => {
  const app = await start('06-chaining', { agent: 'Writer' })
  const { runtimeStatus, output } = await runToEnd(app, '/singleagent/run')
  const { first, refined, sessionId } = output as { first: string; refined: string; sessionId: string }
  expect([runtimeStatus, first]).toEqual(['Completed', expect.stringContaining('inspiring sentence')])
  // The demo model quotes what came before.
  expect(refined).toContain('before it came')
  expect((await app.api.state(sessionId)).body.message_count).toBe(2)
})

test('07 concurrency: both experts answer', async () => {
  const app = await start('07-concurrency')
  const { output } = await runToEnd(app, '/multiagent/run', 'What is temperature?')
  const quoted = expect.stringContaining('What is temperature?')
  expect(output).toEqual({ physicist: quoted, chemist: quoted })
})

describe('08 conditionals', () => {
  const mail = { emailId: 'mail-1', emailContent: 'Shall we meet on Friday at 10?' }

  test('mail is answered', async () => {
    const app = await start('08-conditionals')
    const { output } = await runToEnd(app, '/spamdetection/run', mail)
    expect(output).toMatch(/^Email sent: /)
    expect((await post(app, '/spamdetection/run', {})).status).toBe(400)
  })

  test('spam is not', async () => {
    const verdict = { isSpam: true, reason: 'It sells watches.' }
    const model = await bed.startModel({ script: () => ({ text: JSON.stringify(verdict) }) })
    const { output } = await runToEnd(await start('08-conditionals', { model }), '/spamdetection/run', mail)
    expect(output).toBe('Email marked as spam: It sells watches.')
    expect(model.requests).toHaveLength(1)
  })
})

describe('09 human in the loop', () => {
  const isAsking = (round: number) => (status: FlowStatus) =>
    (status.customStatus as { round?: number } | null)?.round === round

  test('a rejected article comes back changed, over a restart, until it is approved', async () => {
    const dataDir = await bed.createFolder()
    const first = await start('09-human-in-the-loop', { dataDir })
    const { status, body } = await post<Started>(first, '/hitl/run', { topic: 'the tides' })
    expect([status, body.topic]).toEqual([202, 'the tides'])
    const waiting = await waitForStatus(body, isAsking(1))
    expect(waiting).toMatchObject({
      runtimeStatus: 'Running',
      customStatus: { waitingFor: 'decision', draft: { content: expect.any(String) } },
    })
    await first.stop('SIGKILL')
    const second = await start('09-human-in-the-loop', { dataDir, port: first.port })
    const decide = (decision: object) => post(second, `/hitl/decide/${body.instanceId}`, decision)
    expect((await decide({ feedback: 'no' })).status).toBe(400)
    expect((await decide({ approved: false, feedback: 'Make it shorter.' })).status).toBe(202)
    await waitForStatus(body, isAsking(2))
    expect((await decide({ approved: true })).status).toBe(202)
    const ended = await waitForStatus(body, ({ runtimeStatus }) => runtimeStatus === 'Completed')
    expect(ended.output).toMatchObject({ content: expect.any(String), rounds: 2 })
  })

  test('what makes no sense is refused, and an article that nobody decides on fails', async () => {
    const app = await start('09-human-in-the-loop')
    expect((await post(app, '/hitl/run', {})).status).toBe(400)
    expect((await post(app, '/hitl/run', { topic: 'x', waitSeconds: 1e99 })).status).toBe(400)
    expect((await post(app, '/hitl/decide/nobody', { approved: true })).status).toBe(404)
    const ended = await runToEnd(app, '/hitl/run', { topic: 'the tides', waitSeconds: 0.3 })
    expect([ended.runtimeStatus, ended.output]).toEqual([
      'Failed',
      expect.stringMatching(/Nobody decided in time/),
    ])
  })
})

test('10 long-running tools: a post waits for its editor over a restart, and the agent says how it stands', async () => {
  const dataDir = await bed.createFolder()
  const options = { dataDir, agent: 'Publisher' }
  const first = await start('10-long-running-tools', options)
  const message = 'Publish a post that says "The tide is high"'
  const run = { message, sessionId: 'ann', correlationId: 'post-1', waitForResponse: false }
  expect((await first.api.run(run)).status).toBe(202)
  const [, postId = ''] = await first.waitForOutput(/Post (\w+) waits for an editor/)
  await first.stop('SIGKILL')
  const second = await start('10-long-running-tools', options)
  expect((await second.api.outcome('ann', 'post-1')).status).toBe(202)
  const check = `Check the status of the post with the number "${postId}"`
  expect((await second.api.run({ message: check })).body.response).toContain('Running')
  expect((await post(second, `/posts/${postId}/decision`, 'perhaps')).status).toBe(400)
  expect((await post(second, '/posts/unknown/decision', true)).status).toBe(404)
  expect((await post(second, `/posts/${postId}/decision`, true)).status).toBe(202)
  expect((await second.api.waitForOutcome('ann', 'post-1')).response).toContain('The tide is high')
  expect((await second.api.run({ message: check })).body.response).toContain('Completed')
})

test('11 agents as MCP tools: those that are tools are found and answer, the others are not', async () => {
  const app = await start('11-mcp-tool', { agent: 'StockAdvisor' })
  expect((await app.api.run('What is a share?')).status).toBe(404)
  expect((await new AgentApi(app.url, 'Joker').run('Tell a joke')).status).toBe(200)
  expect((await app.api.call('/health')).body).toMatchObject({
    agents: [
      { name: 'Joker', http_endpoint_enabled: true, mcp_tool_enabled: false },
      { name: 'StockAdvisor', http_endpoint_enabled: false, mcp_tool_enabled: true },
      { name: 'PlantAdvisor', http_endpoint_enabled: true, mcp_tool_enabled: true },
    ],
  })
  const client = new Client({ name: 'tests', version: '1.0.0' })
  await client.connect(new StreamableHTTPClientTransport(new URL(`${app.url}/runtime/webhooks/mcp`)))
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name).sort()).toEqual(['PlantAdvisor', 'StockAdvisor'])
  for (const name of ['PlantAdvisor', 'StockAdvisor']) {
    const { content } = await client.callTool({ name, arguments: { query: 'What grows in the shade?' } })
    expect(content).toMatchObject([{ type: 'text', text: expect.stringContaining('shade') }])
  }
  await client.close()
})

test('12 compaction: what lies outside the window is forgotten by the model, and by nobody else', async () => {
  const { api } = await start('12-compaction', { agent: 'Forgetful' })
  const say = async (message: string) => (await api.run({ message, sessionId: 's' })).body.response
  await say('My name is Ann.')
  expect(await say('What is my name?')).toContain('Ann')
  for (const message of ['One.', 'Two.', 'Three.']) await say(message)
  expect(await say('What is my name?')).toContain('not told me')
  const { body } = await api.state('s')
  expect(body.message_count).toBe(6)
  expect(body.conversation_history[0]?.content).toBe('My name is Ann.')
})

test('12 compaction: a summary stands for what is older, and is made once', async () => {
  const book = new ScriptBook()
  const model = await bed.startModel({ script: book.rule })
  const { api } = await start('12-compaction', { model, agent: 'Thorough' })
  const messages = Array.from({ length: 7 }, (_, index) => `message ${index}`)
  for (const message of messages) await api.run({ message, sessionId: 's' })
  const last = model.requests.findLast(({ body }) => body.messages.at(-1)?.content === 'message 6')
  const shown = JSON.stringify(last?.body.messages)
  expect(shown).toContain('Summary of the conversation so far')
  expect(shown).not.toContain('"message 0"')
  expect(model.stats().requests).toBe(messages.length + 1)
})

test('13 queue and timer: messages of a queue and the clock run the agent', async () => {
  const entry = 'samples/13-queue-and-timer'
  const { app, send } = await startStorageApp(bed, { entry, agent: 'Triage' })
  const messageId = await send('tickets', '{"customer":"ann","text":"My order never came."}')
  await app.waitForOutput(/ann: .*My order never came/, 20_000)
  expect((await app.api.outcome('ann', messageId)).body.status).toBe('success')
  const runByHand = (name: string, body: object) =>
    fetch(`${app.url}/admin/functions/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  await runByHand('queue-Triage', { input: '{"customer":"bob","text":"So did mine."}' })
  await app.waitForOutput(/bob: .*So did mine/)
  await runByHand('schedule-Triage', {})
  await app.waitForOutput(/Report: .*yesterday/)
  expect((await app.api.state('daily-report')).body.message_count).toBe(1)
})

test('14 OpenAI clients: those of AgentScope Runtime are served as well', async () => {
  const api = new AgentScopeApi((await start('14-openai-clients')).url)
  const { status, body } = await api.ask('What is the weather like in Seattle?')
  expect([status, body.status]).toEqual([200, 'completed'])
  expect(toText(body)).toContain('72°F')
})

test('14 OpenAI clients: the official client has a conversation with the agent', async () => {
  const client = createOpenAiClient(await start('14-openai-clients'))
  const model = 'WeatherAgent'
  expect((await client.models.list()).data).toMatchObject([{ id: model, object: 'model' }])
  const first = await client.responses.create({ model, input: 'What is the weather like in Seattle?' })
  expect(first.output_text).toContain('72°F')
  const stream = client.responses.stream({ model, input: 'And in Paris?', previous_response_id: first.id })
  let text = ''
  stream.on('response.output_text.delta', ({ delta }) => {
    text += delta
  })
  const last = await stream.finalResponse()
  expect(last.output_text).toBe(text)
  expect(last.conversation).toEqual(first.conversation)
})

test('16 front ends: pages made with the AI SDK and for AG-UI show one conversation', async () => {
  const { url } = await start('16-front-ends')
  const chat = new UiChat({ url, agent: 'WeatherAgent', id: 'chat-1' })
  expect(await chat.say('What is the weather like in Seattle?')).toContain('72°F')
  const agent = new AguiClient({ url: `${url}/api/ag-ui/WeatherAgent`, threadId: 'chat-1' })
  expect(await agent.say('And in Paris?')).not.toBe('')
  const response = await fetch(`${url}/api/ai-sdk/WeatherAgent/chat-1`)
  const { messages } = (await response.json()) as { messages: { role: string }[] }
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
})

test("15 telemetry: a run is printed as spans of its caller's trace", async () => {
  const app = await start('15-telemetry', { agent: 'WeatherAgent' })
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
  expect((await app.api.run('What is the weather like in Seattle?', { traceparent })).status).toBe(200)
  await app.waitForOutput(/name: 'invoke_agent WeatherAgent'/)
  const output = app.output()
  for (const name of ['chat offline-demo', 'read thermometer', 'execute_tool get_weather'])
    expect(output).toContain(`name: '${name}'`)
  expect(new Set(output.match(/traceId: '\w+'/g))).toEqual(new Set([`traceId: '${traceId}'`]))
})

test('17 agent to agent: a question of the agent there is an approval here', async () => {
  const port = await findFreePort()
  const env = { BILLING_URL: `http://localhost:${port}/api/a2a/Billing` }
  const app = await start('17-agent-to-agent', { port, env, agent: 'Desk' })
  const asked = { message: 'please refund order 7', sessionId: 'ann', correlationId: 'refund-1' }
  const { status, body } = await app.api.run(asked)
  expect([status, body.approvals]).toMatchObject([
    202,
    [{ arguments: { tool: 'refund_order', arguments: { order: 7 } } }],
  ])
  await app.api.decide('ann', body.approvals?.[0]?.approvalId ?? '', { decision: 'approve' })
  expect((await app.api.waitForOutcome('ann', 'refund-1')).response).toContain('receipt')
})

test('19 reminders: the agent does what it was to remind itself of, after a crash as well', async () => {
  const options = { agent: 'Assistant', dataDir: await bed.createFolder() }
  const app = await start('19-reminders', options)
  const message = 'Set a reminder "What is the weather in Oslo?" in 0.03 minutes.'
  expect((await app.api.run({ message, sessionId: 'ann' })).status).toBe(200)
  expect((await app.api.state('ann', '?scheduled=true')).body.scheduled).toHaveLength(1)
  await app.stop('SIGKILL')
  const { api } = await start('19-reminders', options)
  const readLast = async () => (await api.state('ann')).body.last_response
  await expect.poll(readLast, { timeout: 15_000 }).toContain('The weather in Oslo')
  expect((await api.state('ann', '?scheduled=true')).body).toMatchObject({ message_count: 2, scheduled: [] })
})
