import { expect, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../../src/agent/agent.js'
import {
  type CheckResult,
  type EvaluationItem,
  type Evaluator,
  type ExpectedToolCall,
  evaluateAgent,
  evaluator,
  keywordCheck,
  modelJudge,
  toolCallArgsMatch,
  toolCalledCheck,
  toolCallsPresent,
} from '../../../src/agent/evaluation/index.js'
import { tool } from '../../../src/agent/tools/tool.js'
import { noUsage, toText } from '../../../src/core/messages.js'
import type { ChatRequest } from '../../../src/model/chat-client.js'
import { type ModelStep, ScriptedModel } from '../../../src/testing/scripted-model.js'

const getWeather = tool({
  name: 'get_weather',
  description: 'Get the weather.',
  parameters: z.object({ location: z.string() }),
  execute: ({ location }, { values }) => `${location}: ${values.temperature ?? 22}°C`,
})

/** Looks the weather up for Amsterdam, guesses it for Cairo, and fails for the Moon. */
function answer({ messages }: ChatRequest): ModelStep {
  const query = toText(messages.find(({ role }) => role === 'user')?.contents ?? [])
  if (query.includes('Moon')) return { error: new Error('no weather there') }
  if (query.includes('Cairo')) return { text: 'It is warm in Cairo.' }
  const [result] = messages.at(-1)?.contents ?? []
  return result?.type === 'functionResult'
    ? { text: `The weather: ${result.result}` }
    : { calls: [{ name: 'get_weather', arguments: { location: 'Amsterdam' } }] }
}

const agent = new Agent({ name: 'Weather', client: new ScriptedModel(answer), tools: [getWeather] })
const mentionsCelsius = evaluator('mentions_celsius', ({ response }) => response.text.includes('°C'))

test('counts, reasons and items tell which answers are good, and what is wrong with the others', async () => {
  const { counts, failures, items } = await evaluateAgent({
    agent,
    queries: ['Amsterdam?', 'Cairo?', 'The Moon?'],
    evaluators: [keywordCheck('WEATHER'), toolCalledCheck('get_weather'), mentionsCelsius],
  })
  expect(counts).toEqual({ passed: 1, failed: 2 })
  expect(failures).toEqual([
    '"Cairo?": keyword_check: the answer lacks WEATHER',
    '"Cairo?": tool_called_check: not called: get_weather',
    '"Cairo?": mentions_celsius: mentions_celsius is false',
    expect.stringMatching(/^"The Moon\?": the run failed: /),
  ])
  expect(items.map(({ query, passed, checks }) => [query, passed, checks.length])).toEqual([
    ['Amsterdam?', true, 3],
    ['Cairo?', false, 3],
    ['The Moon?', false, 0],
  ])
  expect(items[0]?.response?.text).toBe('The weather: Amsterdam: 22°C')
})

test("evaluators see the tools' arguments and results, and tools the invocation context", async () => {
  const seen: EvaluationItem[] = []
  const watch = evaluator('watch', (item) => seen.push(item) > 0)
  const { failures } = await evaluateAgent({
    agent,
    queries: [{ query: 'Amsterdam?', expected: '30°C' }],
    evaluators: [watch],
    context: { temperature: 30 },
  })
  expect(failures).toEqual([])
  expect(seen).toMatchObject([
    {
      expected: '30°C',
      toolCalls: [{ name: 'get_weather', arguments: { location: 'Amsterdam' }, result: 'Amsterdam: 30°C' }],
    },
  ])
})

test('an evaluator that throws has found nothing good', async () => {
  const broken = evaluator('broken', () => {
    throw new Error('no dictionary')
  })
  const { failures } = await evaluateAgent({ agent, queries: ['Cairo?'], evaluators: [broken] })
  expect(failures).toEqual(['"Cairo?": broken: could not tell: no dictionary'])
})

test('no more queries are asked at once than allowed', async () => {
  let running = 0
  let most = 0
  const slow = tool({
    name: 'slow',
    description: '',
    execute: async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
    },
  })
  const script = ({ messages }: ChatRequest): ModelStep =>
    messages.length > 1 ? { text: 'ok' } : { calls: [{ name: 'slow', arguments: {} }] }
  const busy = new Agent({ name: 'Busy', client: new ScriptedModel(script), tools: [slow] })
  const { counts } = await evaluateAgent({
    agent: busy,
    queries: ['a', 'b', 'c', 'd', 'e'],
    evaluators: [keywordCheck('ok')],
    maxParallel: 2,
  })
  expect([counts, most]).toEqual([{ passed: 5, failed: 0 }, 2])
})

const toolCalls = [
  { name: 'search', arguments: { query: 'tides', options: { limit: 3, deep: true } } },
  { name: 'search', arguments: { query: 'moon' } },
  { name: 'note', arguments: 'not JSON' },
]

function judge(
  by: Evaluator,
  expectedToolCalls: readonly ExpectedToolCall[],
): Promise<CheckResult> | CheckResult {
  const response = { text: '', messages: [], usage: noUsage, responseId: 'r', value: undefined }
  return by.evaluate({ query: '', response, toolCalls, expectedToolCalls })
}

test.each<[readonly ExpectedToolCall[], present: boolean, match: boolean]>([
  [[], true, true],
  [[{ name: 'search' }, { name: 'note' }], true, true],
  [[{ name: 'search' }, { name: 'search' }, { name: 'search' }], false, false],
  [[{ name: 'search', arguments: { query: 'tides' } }], true, true],
  [[{ name: 'search' }, { name: 'search', arguments: { query: 'tides' } }], true, true],
  [[{ name: 'search', arguments: { options: { limit: 3 } } }], true, true],
  [[{ name: 'search', arguments: { options: { limit: 4 } } }], true, false],
  [[{ name: 'note', arguments: { text: 'x' } }], true, false],
  [[{ name: 'delete' }], false, false],
])(
  'of the expected calls %j all are present: %s, with their arguments: %s',
  async (expected, present, match) => {
    expect(await judge(toolCallsPresent(), expected)).toMatchObject({ passed: present })
    expect(await judge(toolCallArgsMatch(), expected)).toMatchObject({ passed: match })
  },
)

test('what is missing is said beside what was there', async () => {
  const { reason } = await judge(toolCallArgsMatch(), [{ name: 'note', arguments: { text: 'x' } }])
  expect(reason).toMatch(/^of the calls search\(.*\), note\("not JSON"\) none is note\(\{"text":"x"\}\)$/)
})

test.each([
  [3, false],
  [4, true],
])('a model judges: the grade %i passes: %s', async (score, passed) => {
  const client = new ScriptedModel([{ text: JSON.stringify({ reason: 'Vague.', score }) }])
  const { items } = await evaluateAgent({
    agent,
    queries: [{ query: 'Cairo?', expected: 'Warm.' }],
    evaluators: [modelJudge({ client, criterion: 'Says how warm it is.' })],
  })
  expect(items[0]?.checks).toEqual([
    { evaluator: 'model_judge', passed, score, reason: `${score} of 5: Vague.` },
  ])
  const [instructions, shown] = client.requests[0]?.messages.map(({ contents }) => toText(contents)) ?? []
  expect(instructions).toContain('Says how warm it is.')
  expect(JSON.parse(shown ?? '')).toMatchObject({
    query: 'Cairo?',
    expected: 'Warm.',
    answer: 'It is warm in Cairo.',
  })
})

test.each([
  ...[0, -1, 1.5, Number.NaN].map((maxParallel) => ({ maxParallel })),
  { queries: [] },
  { evaluators: [] },
  { evaluators: keywordCheck('warm') as never },
  { evaluator: keywordCheck('warm') as never },
  { queries: [{ query: 'Amsterdam?', expectedToolCall: [{ name: 'get_weather' }] }] },
  { queries: [{ query: ' ' }] },
])('an evaluation that could not fail is refused: %o', async (broken) => {
  const options = { agent, queries: ['Amsterdam?'], evaluators: [keywordCheck('warm')], ...broken }
  await expect(evaluateAgent(options)).rejects.toMatchObject({ code: 'invalid_configuration' })
})

test.each([keywordCheck, toolCalledCheck])(
  'a check that names nothing could not fail, and is refused (%#)',
  (check) => {
    expect(() => check()).toThrow(expect.objectContaining({ code: 'invalid_configuration' }))
  },
)
