import type { Agent as OpenAIAgent } from '@openai/agents'
import {
  type Agent,
  type AgentResponseCallback,
  type AgentSession,
  type ChatClient,
  type ChatMessage,
  type Tool,
  transformNode,
} from 'durable-agent-functions'

// What the code blocks of the docs take for granted, by the names that they use.
export declare const client: ChatClient
export declare const agents: readonly Agent[]
export declare const agent: Agent
export declare const session: AgentSession
export declare const weatherAgent: Agent
export declare const mathAgent: Agent
export declare const expertAgent: Agent
export declare const supportAgent: Agent
export declare function verifyToken(header: string | null): Promise<string | undefined>
export declare const triageAgent: Agent
export declare const tutor: OpenAIAgent
export declare const writer: Agent
export declare const editor: Agent
export declare const physicist: Agent
export declare const chemist: Agent
export declare const triage: Agent
export declare const billing: Agent
export declare const technical: Agent
export declare const frontDesk: Agent
export declare const ann: Agent
export declare const bob: Agent
export declare const mathLogger: AgentResponseCallback
export declare const refundOrder: Tool
export declare const payments: { refund(order: number, amount: number, key: string): Promise<string> }
export declare const bank: {
  pay(invoice: number, key: string): Promise<string>
  find(key: string): Promise<string | undefined>
}
export declare const quota: { take(tenant: unknown): Promise<boolean> }
export declare const results: {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): Promise<unknown>
}
export declare const tokens: { for(owner: string | undefined): Promise<string> }
export declare const token: string
export declare const supervisors: ReadonlySet<string | undefined>
export declare const mailbox: { unread(): Promise<string> }
export declare function findLike(messages: readonly ChatMessage[]): Promise<readonly ChatMessage[]>
export declare const blog: { post(text: string, key: string): string }
export declare const otherFramework: { answer(messages: object, signal: AbortSignal): AsyncIterable<string> }
export declare function redact(text: string): string
export declare function readPrices(tenant: string): string
export declare function readAppointments(user: string): Promise<string>
export declare function createBookingTool(user: string): Tool
export declare function confirm(question: string): Promise<boolean>
export declare function archive(name: unknown, text: string): void
export declare function isBill(output: { ok: boolean }): boolean
export declare const name: string

const check = (_text: string) => ({ ok: true })
export const start = transformNode('start', check)
export const a = transformNode('a', check)
export const b = transformNode('b', ({ ok }: { ok: boolean }) => String(ok))
export const c = transformNode('c', ({ ok }: { ok: boolean }) => Number(ok))
export const d = transformNode('d', ([text, count]: readonly [string, number]) => text.length + count)
export const count = transformNode('count', (text: string) => text.length)
