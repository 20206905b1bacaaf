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
  /** Most tools that run at the same time. */
  readonly maxParallelTools: number
}
