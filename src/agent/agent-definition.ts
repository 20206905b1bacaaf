import type { ChatClient, ChatRequest } from '../model/chat-client.js'
import type { Tool } from './tool.js'

/** What every model call of an agent is made with, unless a run says otherwise. */
export type ModelSettings = Pick<
  ChatRequest,
  'temperature' | 'topP' | 'maxOutputTokens' | 'providerOptions' | 'toolChoice'
>

/** What carrying out a run needs to know of its agent. */
export interface AgentDefinition {
  readonly name: string
  readonly client: ChatClient
  readonly instructions: string | undefined
  readonly tools: readonly Tool[]
  readonly modelSettings: ModelSettings
  /** Most model calls one run may make. */
  readonly maxSteps: number
  /** Longest time of one model call; ms. */
  readonly stepTimeoutMs: number | undefined
  /** Longest time of one run from its acceptance on, not counting what it waited for approvals; ms. */
  readonly runTimeoutMs: number | undefined
  /** Most tokens one run may spend before it makes another model call. */
  readonly maxTokensPerRun: number | undefined
  /** Most tokens a session may spend, likewise. */
  readonly maxTokensPerSession: number | undefined
  /** Most tools that run at the same time. */
  readonly maxParallelTools: number
}
