import { isJsonObject, type JsonValue } from '../../core/json.js'
import {
  type ChatMessage,
  type Content,
  type FunctionResultContent,
  toFunctionCalls,
  toText,
  type Usage,
} from '../../core/messages.js'
import { createCallId } from '../call-ids.js'
import type { ChatAnswer, ChatClient, ChatEvent, ChatOptions, ChatRequest } from '../chat-client.js'
import { chooseTool, extractArguments, findMissingName } from './offline-arguments.js'
import { createSample } from './schema-sample.js'

/** The name under which the offline model answers. */
export const offlineModel = 'offline-demo'

/**
 * A stand-in for a language model that needs no key and no network, so that an app can be tried at once. It knows
 * nothing: it calls the tool whose words the message shares, asks for a name when it has nothing but those, puts tool results into a sentence, quotes the
 * conversation, and fills a response format with the smallest values that fit. The same request always gets the
 * same answer. Usage counts about four characters as a token.
 */
export function createOfflineChatClient(): ChatClient {
  return { model: offlineModel, stream: streamAnswer }
}

async function* streamAnswer(request: ChatRequest, { signal }: ChatOptions = {}): AsyncGenerator<ChatEvent> {
  const answer = createAnswer(request)
  for (const word of toText(answer.message.contents).match(/\S+\s*/g) ?? []) {
    signal?.throwIfAborted()
    yield { type: 'text', text: word }
  }
  signal?.throwIfAborted()
  yield { type: 'completed', ...answer }
}

function createAnswer(request: ChatRequest): ChatAnswer {
  const contents = callTools(request) ?? [{ type: 'text', text: createText(request) } as const]
  const message: ChatMessage = { role: 'assistant', contents }
  const finishReason = toFunctionCalls(message).length > 0 ? 'tool_calls' : 'stop'
  return { message, usage: countUsage(request, contents), finishReason, model: offlineModel }
}

function callTools({ messages, tools = [], toolChoice }: ChatRequest): Content[] | undefined {
  if (toolChoice === 'none' || readResults(messages).length > 0) return undefined
  const text = readUserTexts(messages).at(-1) ?? ''
  const tool = chooseTool(tools, text, toolChoice)
  if (tool === undefined) return undefined
  const missing = toolChoice === undefined || toolChoice === 'auto' ? findMissingName(tool, text) : undefined
  if (missing !== undefined) return [{ type: 'text', text: `Tell me the ${missing} too. ${whatIAm}` }]
  return extractArguments(tool, text).map((values, index) => ({
    type: 'functionCall',
    callId: createCallId(messages, index),
    name: tool.name,
    arguments: values,
  }))
}

function createText({ messages, responseFormat }: ChatRequest): string {
  if (responseFormat !== undefined) return JSON.stringify(createSample(responseFormat.schema))
  const results = readResults(messages)
  return results.length > 0 ? results.map(describeResult).join(' ') : chat(readUserTexts(messages))
}

/** The tool results that came in since the user spoke last. */
function readResults(messages: readonly ChatMessage[]): FunctionResultContent[] {
  const spoken = messages.findLastIndex(({ role }) => role === 'user')
  const contents = messages.slice(spoken + 1).flatMap((message) => message.contents)
  return contents.filter((content) => content.type === 'functionResult')
}

function readUserTexts(messages: readonly ChatMessage[]): string[] {
  return messages.filter(({ role }) => role === 'user').map(({ contents }) => toText(contents))
}

function describeResult({ result, error }: FunctionResultContent): string {
  if (error !== undefined) return `The tool failed: ${error}`
  return describeWeather(result) ?? describeValue(result ?? 'The tool gave no result.')
}

function describeWeather(result: JsonValue | undefined): string | undefined {
  if (!isJsonObject(result)) return undefined
  const { location, temperature, conditions } = result
  if (typeof location !== 'string' || typeof conditions !== 'string') return undefined
  if (typeof temperature !== 'number') return undefined
  return `The weather in ${location} is currently ${temperature}°F and ${conditions.toLowerCase()}.`
}

function describeValue(value: JsonValue): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(describeValue).join('; ')
  if (!isJsonObject(value)) return `The result is ${value}.`
  const members = Object.entries(value).map(([name, member]) => `${name}: ${describeMember(member)}`)
  return `Here is what I found: ${members.join(', ')}.`
}

function describeMember(member: JsonValue | undefined): string {
  return typeof member === 'string' ? member : JSON.stringify(member ?? null)
}

function chat(said: readonly string[]): string {
  const last = said.at(-1) ?? ''
  const previous = said.at(-2)
  if (/\bmy name\b/i.test(last) && /\?|\bwhat\b/i.test(last)) return recallName(said)
  if (/\b(before|earlier|previous(ly)?|remember|did I (just )?(say|ask|tell))\b/i.test(last)) {
    return previous === undefined
      ? 'This is the first thing you have said to me.'
      : `Before that you said: ${quote(previous)}`
  }
  const memory =
    previous === undefined ? '' : ` That is message ${said.length}; before it came ${quote(previous)}.`
  return `You said ${quote(last)}.${memory} ${whatIAm}`
}

const whatIAm = 'I am an offline demo model; configure a real one for real answers.'

function recallName(said: readonly string[]): string {
  const names = said.map((text) => /\bmy name is (\p{L}[\p{L}'-]*)/iu.exec(text)?.[1])
  const name = names.findLast((found) => found !== undefined)
  return name === undefined ? 'You have not told me your name.' : `Your name is ${name}.`
}

function quote(text: string): string {
  return `"${text.length > 200 ? `${text.slice(0, 200)}…` : text}"`
}

function countUsage({ messages, tools }: ChatRequest, contents: readonly Content[]): Usage {
  const inputTokens = countTokens([messages.map((message) => message.contents), tools])
  const outputTokens = countTokens(contents)
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens }
}

function countTokens(value: unknown): number {
  return Math.ceil(JSON.stringify(value).length / 4)
}
