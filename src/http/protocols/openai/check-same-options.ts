import { toCanonicalJson } from '../../../core/json.js'
import type { CallerTool, RunOptions } from '../../../run/events.js'
import { createFieldError } from '../../request-errors.js'

/**
 * What goes on is the run as it was begun. What it is asked to do otherwise cannot be honoured; which tool it must call is
 * over by then.
 * @throws {AgentError} `invalid_request` naming the field, which for the schema of the answer is `formatField`.
 */
export function checkSameOptions(asked: RunOptions, begun: RunOptions, formatField: string): void {
  if (asked.tools !== undefined && toSameTools(asked.tools) !== toSameTools(begun.tools))
    throw createFieldError('tools', 'must be left out, or be those that the run was begun with')
  if (begun.enableToolCalls && !asked.enableToolCalls)
    throw createFieldError('tool_choice', 'must not be none: the run was begun with tools')
  const { responseSchema: schema } = asked
  if (schema !== undefined && toCanonicalJson(schema) !== toCanonicalJson(begun.responseSchema))
    throw createFieldError(formatField, 'must be left out, or be the one that the run was begun with')
}

function toSameTools(tools: readonly CallerTool[] = []): string {
  return toCanonicalJson(tools.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
}
