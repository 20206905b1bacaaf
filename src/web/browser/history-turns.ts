import type { JsonObject } from '../../core/json.js'
import { attachmentSign } from './message-text.js'
import { readNumber, readObject, readObjects, readOptionalText, readText } from './read-fields.js'
import { addCutOff } from './run-parts.js'
import { createRunView, type RunPart, type RunStatus, type RunView } from './run-view.js'

/** One turn of a conversation as its history tells it. */
export interface HistoryTurn {
  /** The correlation id of its run; `undefined` for what no run has said. */
  readonly run: string | undefined
  readonly view: RunView
  /** ISO 8601, UTC: when it was accepted. */
  readonly at: string
}

/**
 * The turns of a page of `conversation_history` (docs/http.md, What comes back), oldest first. What waits for its answer comes last:
 * a turn for each run, of which only the message is known.
 */
export function toHistoryTurns(entries: readonly JsonObject[]): readonly HistoryTurn[] {
  const turns: HistoryTurn[] = []
  let said: JsonObject[] = []
  for (const entry of entries) {
    if (entry.role === 'assistant') {
      turns.push(toEndedTurn(said, entry))
      said = []
    } else said.push(entry)
  }
  return [...turns, ...toOpenTurns(said)]
}

function toEndedTurn(said: readonly JsonObject[], answer: JsonObject): HistoryTurn {
  const response = readObject(answer, 'agent_response')
  const usage = readObject(response, 'usage')
  const error = readObject(response, 'error')
  const isFailed = response.kind === 'agent_error'
  const failure = error.code === 'run_cancelled' ? 'cancelled' : 'failed'
  return {
    run: toRun(answer),
    at: readText(said[0] ?? answer, 'timestamp'),
    view: {
      ...toView(said, isFailed ? failure : 'completed'),
      parts: toParts(readText(answer, 'content'), response),
      usage: {
        input: readNumber(usage, 'prompt_tokens'),
        output: readNumber(usage, 'completion_tokens'),
        total: readNumber(usage, 'total_tokens'),
      },
      model: readOptionalText(answer, 'model'),
      problem: isFailed ? toProblem(error) : undefined,
    },
  }
}

function toProblem(error: JsonObject): string {
  const message = readText(error, 'message')
  return error.code === 'run_cancelled' ? message : `${message} (${readText(error, 'code')})`
}

function toParts(text: string, response: JsonObject): readonly RunPart[] {
  const tools = readObjects(response, 'tool_calls').map(toTool)
  const parts: readonly RunPart[] = text === '' ? tools : [...tools, { kind: 'text', step: 0, text }]
  return addCutOff(parts, response.finishReason)
}

function toTool(call: JsonObject) {
  const error = readOptionalText(call, 'error')
  return {
    kind: 'tool',
    callId: readText(call, 'id'),
    name: readText(call, 'name'),
    arguments: call.arguments,
    state: error === undefined ? 'done' : 'failed',
    attempt: 1,
    result: call.result,
    error,
  } as const
}

function toOpenTurns(said: readonly JsonObject[]): readonly HistoryTurn[] {
  const runs = [...new Set(said.map(toRun))]
  return runs.map((run) => {
    const entries = said.filter((entry) => toRun(entry) === run)
    const view = toView(entries, run === undefined ? 'completed' : 'queued')
    return { run, at: readText(entries[0] ?? {}, 'timestamp'), view }
  })
}

function toRun(entry: JsonObject): string | undefined {
  return readOptionalText(entry, 'correlationId')
}

/** Of images and files the history tells no more than how many there were. */
function toView(said: readonly JsonObject[], status: RunStatus): RunView {
  const texts = said.map(
    (entry) => `${readText(entry, 'content')}${attachmentSign.repeat(readNumber(entry, 'files'))}`,
  )
  const hasFile = said.some((entry) => readNumber(entry, 'files') > 0)
  const undoes = said.map((entry) => readOptionalText(entry, 'undoes')).find((run) => run !== undefined)
  return { ...createRunView(texts.join('\n'), status), hasFile, undoes }
}
