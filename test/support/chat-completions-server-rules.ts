import {
  type ChatCompletionsRequestBody,
  type RequestTool,
  readMessageText,
  type Step,
} from './chat-completions-server-steps.js'

/**
 * A model that follows three rules: a user who mentions the weather makes it call the weather tool, if there is one;
 * tool results make it answer; anything else it echoes. The same request always gets the same answer.
 */
export function demoRule({ messages, tools = [] }: ChatCompletionsRequestBody): Step {
  const last = messages.at(-1)
  const text = readMessageText(last)
  if (last?.role === 'tool') return { text: describeResult(text) }
  const tool = tools.find((declared) => declared.function.name.toLowerCase().includes('weather')) ?? tools[0]
  if (last?.role !== 'user' || tool === undefined || !/weather/i.test(text))
    return { text: `You said: ${text}` }
  return { toolCalls: [{ name: tool.function.name, arguments: createArguments(tool, text) }] }
}

function createArguments(tool: RequestTool, text: string): object {
  const [parameter = 'location'] = tool.function.parameters?.required ?? []
  const place = /\bin ((?:[A-Z][\w.-]*)(?: [A-Z][\w.-]*)*)/.exec(text)?.[1] ?? 'Seattle'
  return { [parameter]: place }
}

function describeResult(content: string): string {
  const weather = /^\{.*"location":.*"temperature":.*"conditions":.*\}$/.test(content)
    ? JSON.parse(content)
    : undefined
  if (weather === undefined) return `The tool said: ${content}`
  const { location, temperature, conditions } = weather
  return `The weather in ${location} is currently ${temperature}°F and ${String(conditions).toLowerCase()}.`
}
