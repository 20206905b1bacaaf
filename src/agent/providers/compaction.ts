import { checkOptions } from '../../core/check-options.js'
import { AgentError } from '../../core/errors.js'
import { toJsonText } from '../../core/json.js'
import { toMediaType } from '../../core/media-type.js'
import { type ChatMessage, type Content, createTextMessage, toText, type Usage } from '../../core/messages.js'
import type { ChatClient } from '../../model/chat-client.js'
import { toResultText } from '../../model/prompt-parts.js'
import { withTelemetry } from '../../model/with-telemetry.js'

/** One finished turn of a conversation: what the user said, and everything that came of it. */
export interface HistoryTurn {
  /** Its place in the session, from 1; 0 for turns that were not run here. */
  readonly turn: number
  readonly messages: readonly ChatMessage[]
}

/** What older turns were boiled down to. */
export interface Summary {
  readonly text: string
  readonly usage: Usage
}

/**
 * Decides what of a conversation the model is shown. What the user sees and what is stored never changes. It works on
 * whole turns, so a tool call is never parted from its result.
 */
export interface CompactionStrategy {
  /** Most turns it ever shows as they are; older ones are not even read. `undefined` when it may show all. */
  readonly maxTurns: number | undefined
  /** The turns to show as they are, from those that there are (oldest first). */
  select(turns: readonly HistoryTurn[]): readonly HistoryTurn[]
  /** Present when older turns are summarised instead of left out. */
  readonly summarizer?: Summarizer | undefined
}

export interface Summarizer {
  /** How many of the newest turns are never summarised. */
  readonly keepTurns: number
  /** How many turns gather beyond those before they are summarised together. */
  readonly everyTurns: number
  /** Boils turns down, together with the summary of those before them; gives up when the signal aborts. */
  summarize(
    turns: readonly HistoryTurn[],
    previous: string | undefined,
    signal?: AbortSignal,
  ): Promise<Summary>
}

/** Shows the model the whole conversation. The default; a long conversation then costs more with each turn. */
export function keepAll(): CompactionStrategy {
  return { maxTurns: undefined, select: (turns) => turns }
}

export interface SlidingWindowOptions {
  /** Most turns to show. @default 20 */
  readonly maxTurns?: number | undefined
  /** Most tokens to show, counted as four characters each; the newest turn is always shown. @default no limit */
  readonly maxTokens?: number | undefined
}

/** Shows the model the newest turns only. A turn then costs the same however long the conversation is. */
export function slidingWindow(options: SlidingWindowOptions = {}): CompactionStrategy {
  checkOptions('slidingWindow', options, { maxTurns: true, maxTokens: true })
  const { maxTurns = 20, maxTokens } = options
  return {
    maxTurns,
    select(turns) {
      const { newest } = splitTurns(turns, maxTurns)
      if (maxTokens === undefined) return newest
      let tokens = 0
      const from = newest.findLastIndex((turn) => {
        tokens += countTokens(turn)
        return tokens > maxTokens
      })
      return newest.slice(Math.min(from + 1, newest.length - 1))
    },
  }
}

/** The newest turns, at most `count`, and those before them; `slice(-count)` would give all of them for 0. */
export function splitTurns(
  turns: readonly HistoryTurn[],
  count: number,
): { readonly older: readonly HistoryTurn[]; readonly newest: readonly HistoryTurn[] } {
  const at = Math.max(0, turns.length - count)
  return { older: turns.slice(0, at), newest: turns.slice(at) }
}

export interface SummarizeOptions {
  /** The model that summarises; a small one will do. */
  readonly client: ChatClient
  /** How many of the newest turns are shown as they are. @default 10 */
  readonly keepTurns?: number | undefined
  /** How many turns gather beyond those before they are summarised together. @default 10 */
  readonly everyTurns?: number | undefined
  /** What the summarising model is told. */
  readonly instructions?: string | undefined
}

const defaultInstructions =
  'Summarise this conversation for the assistant that will go on with it. Keep names, numbers, decisions, open questions and what tools have done. Be brief.'

/** Shows the model the newest turns, and a summary of all before them. The summary is made once and journalled with the run that made it. @throws {AgentError} `invalid_configuration` without a client. */
export function summarize(options: SummarizeOptions): CompactionStrategy {
  checkOptions('summarize', options, { client: true, keepTurns: true, everyTurns: true, instructions: true })
  const { client, keepTurns = 10, everyTurns = 10, instructions = defaultInstructions } = options
  if (typeof client?.stream !== 'function') {
    throw new AgentError('invalid_configuration', 'summarize needs a client, which makes the summaries.')
  }
  return {
    maxTurns: undefined,
    select: (turns) => turns,
    summarizer: {
      keepTurns,
      everyTurns,
      summarize: (turns, previous, signal) =>
        askForSummary(
          client,
          [
            createTextMessage('system', instructions),
            createTextMessage('user', toTranscript(turns, previous).toWellFormed()),
          ],
          signal,
        ),
    },
  }
}

/** What a model is shown of a conversation: the summary of what came before, if there is one, and whole turns. */
export function toHistory(
  summary: string | undefined,
  turns: readonly HistoryTurn[],
): readonly ChatMessage[] {
  const messages = turns.flatMap((turn) => turn.messages)
  if (summary === undefined) return messages
  return [createTextMessage('system', `Summary of the conversation so far: ${summary}`), ...messages]
}

async function askForSummary(
  client: ChatClient,
  messages: readonly ChatMessage[],
  signal: AbortSignal | undefined,
): Promise<Summary> {
  for await (const event of withTelemetry(client).stream({ messages }, { signal })) {
    if (event.type !== 'completed') continue
    const text = toText(event.message.contents)
    if (text.trim() !== '') return { text, usage: event.usage }
  }
  throw new AgentError('model_error', 'The summarising model gave no answer.')
}

function toTranscript(turns: readonly HistoryTurn[], previous: string | undefined): string {
  const lines = turns.flatMap(({ messages }) => messages).map(toLine)
  return previous === undefined
    ? lines.join('\n')
    : [`Summary of what came before: ${previous}`, ...lines].join('\n')
}

function toLine({ role, contents }: ChatMessage): string {
  return `${role}: ${contents.flatMap(toWords).join(' ')}`
}

/** Media are named, not shown. What a model thought, and what its provider keeps, is for no other. */
function toWords(content: Content): string | [] {
  switch (content.type) {
    case 'text':
      return content.text
    case 'error':
      return content.message
    case 'functionCall':
      return `[calls ${content.name} with ${toJsonText(content.arguments)}]`
    case 'functionResult':
      return `[result: ${toResultText(content)}]`
    case 'uri':
      return `[${content.mediaType}: ${content.uri}]`
    case 'data':
      return `[${toMediaType(content)}]`
    case 'reasoning':
    case 'provider':
      return []
  }
}

function countTokens({ messages }: HistoryTurn): number {
  return Math.ceil(JSON.stringify(messages).length / 4)
}
