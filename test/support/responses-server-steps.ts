import type { PageStep } from './chat-completions-server-steps.js'
import type { ScriptedError } from './model-server-http.js'

/** A function call that the scripted model makes. */
export interface ScriptedFunctionCall {
  readonly name: string
  /** An object, or the raw text for arguments that are no JSON. */
  readonly arguments: object | string
  /** @default one made of the response's number */
  readonly callId?: string
}

/** A response; with no member at all one with an empty output. */
export interface ResponseStep {
  /** The summary of what was thought, part by part. An empty list thinks without a summary. */
  readonly reasoning?: readonly string[]
  readonly text?: string
  readonly refusal?: string
  readonly phase?: 'commentary' | 'final_answer'
  readonly calls?: readonly ScriptedFunctionCall[]
  /** Items of other types, between the reasoning and what is said. */
  readonly otherItems?: readonly { readonly id: string; readonly type: string }[]
  /** @default about four characters a token */
  readonly usage?: { readonly input_tokens: number; readonly output_tokens: number }
  /** Why it stays incomplete; its last item is then cut off. */
  readonly incomplete?: 'max_output_tokens' | 'content_filter'
  /** What it fails with, after its output. */
  readonly failed?: { readonly code: string; readonly message: string }
  /** An `error` event comes after so many events, and nothing then. */
  readonly errorEvent?: { readonly after: number; readonly code: string; readonly message: string }
  /** Streams end with a response without output, as some servers send it. */
  readonly bareEnd?: boolean
  /** Breaks the connections of its readers one after the other, after so many events each; the rest goes through. */
  readonly hangUps?: readonly number[]
  /** Sends so many events, then nothing until {@link ResponsesServer.release} is called or the client goes away. */
  readonly holdAfterEvents?: number
  /** Background only: says so often that it is still at it, to those who ask without a stream. @default 0 */
  readonly polls?: number
  /** Wait before the answer begins. */
  readonly delayMs?: number
}

export type ResponsesStep = ResponseStep | { readonly error: ScriptedError } | PageStep

/** The parts of a request body that the server looks at. Wire: OpenAI API reference, "Create a model response". */
export interface ResponsesRequestBody {
  readonly model?: string
  readonly input?: string | readonly InputItem[]
  readonly instructions?: string
  readonly stream?: boolean
  readonly store?: boolean
  readonly background?: boolean
  readonly include?: readonly string[]
  readonly previous_response_id?: string
  readonly conversation?: unknown
  readonly tools?: readonly { readonly type: string; readonly name?: string; readonly strict?: boolean }[]
  readonly tool_choice?: string | { readonly type: string; readonly name?: string }
  readonly [member: string]: unknown
}

export interface InputItem {
  readonly type?: string
  readonly id?: string
  readonly role?: string
  readonly content?: unknown
  readonly call_id?: string
  readonly encrypted_content?: string
  readonly [member: string]: unknown
}

/** Chooses the step for a request; requests are counted from 1. */
export type ResponsesRule = (body: ResponsesRequestBody, requestNumber: number) => ResponsesStep

/** The items of a request's input. */
export function toInputItems({ input = [] }: ResponsesRequestBody): readonly InputItem[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : input
}

/** The text of an input message, its parts put together. */
export function readItemText({ content }: InputItem = {}): string {
  if (typeof content === 'string') return content
  return Array.isArray(content) ? content.map((part) => part.text ?? '').join('') : ''
}
