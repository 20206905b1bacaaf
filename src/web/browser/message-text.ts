import type { JsonObject } from '../../core/json.js'
import { readObjects, readText } from './read-fields.js'
import type { RunRecord } from './run-record.js'

/** What stands in place of an image or a file. */
export const attachmentSign = '[attachment]'

/** What was said by an event that carries messages; empty for others. */
export function toSaid(data: JsonObject): string {
  return readObjects(data, 'messages')
    .map((message) => toText(readObjects(message, 'contents')))
    .join('\n')
}

/** Whether a file is among what was said by an event. */
export function hasFile(data: JsonObject): boolean {
  return readObjects(data, 'messages').some((message) => readObjects(message, 'contents').some(isFile))
}

/** What the user said in a run, with what joined it; `undefined` when there was a file among it. */
export function toWholeMessage(records: readonly RunRecord[]): string | undefined {
  const said = records.filter(({ type }) => type === 'run.accepted' || type === 'run.steered')
  return said.some(({ data }) => hasFile(data)) ? undefined : said.map(({ data }) => toSaid(data)).join('\n')
}

/** The text of a message's contents. */
export function toText(contents: readonly JsonObject[]): string {
  return contents.map(toContentText).join('')
}

function toContentText(content: JsonObject): string {
  if (content.type === 'text') return readText(content, 'text')
  if (content.type === 'error') return readText(content, 'message')
  return isFile(content) ? attachmentSign : ''
}

function isFile({ type }: JsonObject): boolean {
  return type === 'data' || type === 'uri'
}
