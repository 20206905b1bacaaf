import { isJsonObject, type JsonObject } from '../../../core/json.js'

/** What one participant said. */
export interface Turn {
  readonly speaker: string
  readonly text: string
}

/** The turns that a pattern keeps in the shared state under `transcript`, oldest first. */
export function readTranscript({ transcript }: JsonObject): readonly Turn[] {
  if (!Array.isArray(transcript)) return []
  return transcript.flatMap((turn) =>
    isJsonObject(turn) ? [{ speaker: String(turn.speaker), text: String(turn.text) }] : [],
  )
}

/** Turns as text for a model. */
export function toTranscript(turns: readonly Turn[]): string {
  return turns.map(({ speaker, text }) => `${speaker}: ${text}`).join('\n')
}

/** The change of the shared state that adds a turn. */
export function addTurn(state: JsonObject, turn: Turn): JsonObject {
  return { transcript: [...readTranscript(state), turn].map(({ speaker, text }) => ({ speaker, text })) }
}
