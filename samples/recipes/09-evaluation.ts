import { Agent, type ChatClient, tool } from 'durable-agent-functions'
import {
  type EvaluationResult,
  evaluateAgent,
  evaluator,
  keywordCheck,
  toolCalledCheck,
} from 'durable-agent-functions/evaluation'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const getWeather = tool({
  name: 'get_weather',
  description: 'Return the current weather for a city.',
  parameters: z.object({ location: z.string() }),
  readOnly: true,
  execute: ({ location }) => `The weather in ${location}: 22°C, clear`,
})

const mentionsCelsius = evaluator('mentions_celsius', ({ response }) => {
  const passed = response.text.includes('°C')
  return { passed, reason: passed ? 'the unit is there' : 'there is no °C' }
})

export async function evaluateWeather(client: ChatClient): Promise<EvaluationResult> {
  const agent = new Agent({
    name: 'Weather',
    client,
    instructions: 'You are a weather assistant; always cite °C.',
    tools: [getWeather],
  })
  return evaluateAgent({
    agent,
    queries: ["What's the weather in Amsterdam?", 'How is the weather in Cairo?'],
    evaluators: [keywordCheck('weather'), toolCalledCheck('get_weather'), mentionsCelsius],
  })
}

if (process.argv[1] === import.meta.filename) {
  const { counts, failures } = await evaluateWeather(createChatClientFromEnvironment())
  process.stdout.write(`passed=${counts.passed} failed=${counts.failed}\n${failures.join('\n')}\n`)
  process.exitCode = counts.failed === 0 ? 0 : 1
}
