import type { ScriptedError } from './model-server-http.js'

/** A tool call that the scripted model makes. */
export interface ScriptedToolCall {
  readonly name: string
  /** An object, or the raw text for arguments that are no JSON. */
  readonly arguments: object | string
  /** `null` for a server that gives none. @default one made of the call's number */
  readonly id?: string | null
}

/** The token counts that the wire calls `usage`. */
export interface ScriptedUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

/** An answer; with no member at all an empty one. */
export interface AnswerStep {
  readonly text?: string
  readonly reasoning?: string
  /** The member that carries the reasoning: `reasoning_content` at DeepSeek and Qwen, `reasoning` at others. @default 'reasoning_content' */
  readonly reasoningMember?: 'reasoning_content' | 'reasoning'
  readonly refusal?: string
  readonly toolCalls?: readonly ScriptedToolCall[]
  /** `null` for a server that sends none. @default about four characters a token */
  readonly usage?: ScriptedUsage | null
  /** `null` for an answer that ends without one. @default 'tool_calls' or 'stop' */
  readonly finishReason?: string | null
  /** Breaks the connection after so many chunks. */
  readonly hangUpAfterChunks?: number
  /** Sends so many chunks, then nothing until the client goes away. */
  readonly holdAfterChunks?: number
  /** Sends a chunk that is no JSON after the first one. */
  readonly malformedChunk?: boolean
  /** Wait before the answer begins. */
  readonly delayMs?: number
}

/** An HTTP error. */
export interface ErrorStep {
  readonly error: ScriptedError
  readonly delayMs?: number
}

/** A page with status 200, as proxies send it. */
export interface PageStep {
  readonly notJson: string
  readonly delayMs?: number
}

/** What the server does with one request. */
export type Step = AnswerStep | ErrorStep | PageStep

/** The parts of a request body that rules look at. Wire: OpenAI API reference, "Create chat completion". */
export interface ChatCompletionsRequestBody {
  readonly model: string
  readonly messages: readonly RequestMessage[]
  readonly stream?: boolean
  readonly stream_options?: { readonly include_usage?: boolean } | null
  readonly tools?: readonly RequestTool[]
  readonly [member: string]: unknown
}

export interface RequestMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool'
  readonly content?: string | readonly { readonly type: string; readonly text?: string }[] | null
  readonly tool_calls?: readonly {
    readonly id: string
    readonly type: string
    readonly function: { readonly name: string; readonly arguments: string }
  }[]
  readonly tool_call_id?: string
}

export interface RequestTool {
  readonly type: 'function'
  readonly function: {
    readonly name: string
    readonly description?: string
    readonly parameters?: { readonly required?: readonly string[] }
  }
}

/** Chooses the step for a request; calls are counted from 1. */
export type Rule = (body: ChatCompletionsRequestBody, callNumber: number) => Step

/** The text of a message, its parts put together. */
export function readMessageText(message: RequestMessage | undefined): string {
  const content = message?.content ?? ''
  return typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('')
}
