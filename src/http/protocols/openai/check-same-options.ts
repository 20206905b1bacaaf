import { toCanonicalJson } from '../../../core/json.js'
import type { CallerTool, RunOptions } from '../../../run/events.js'
import { createFieldError } from '../../request-errors.js'

/** Where a request has what dialects call differently. */
export interface OptionFields {
  /** The schema of the answer. */
  readonly format: string
  readonly instructions: string
}

/**
 * What goes on is the run as it was begun. What it is asked to do otherwise cannot be honoured; which tool it must call is
 * over by then, and instructions are passed over, as many clients make them anew each time.
 * @throws {AgentError} `invalid_request` naming the field, in a dialect's own words.
 */
export function checkSameOptions(asked: RunOptions, begun: RunOptions, fields: OptionFields): void {
  if (isHandedOver(asked, begun))
    throw createFieldError(
      fields.instructions,
      'must give the instructions that the run was begun with, or have its tools, too: a run cannot be handed over to another agent of its caller',
    )
  if (asked.tools !== undefined && toSameTools(asked.tools) !== toSameTools(begun.tools))
    throw createFieldError('tools', 'must be left out, or be those that the run was begun with')
  if (begun.enableToolCalls && !asked.enableToolCalls)
    throw createFieldError('tool_choice', 'must not be none: the run was begun with tools')
  const { responseSchema: schema } = asked
  if (schema !== undefined && toCanonicalJson(schema) !== toCanonicalJson(begun.responseSchema))
    throw createFieldError(fields.format, 'must be left out, or be the one that the run was begun with')
}

/** Whether what goes on is told otherwise, and has not the tools of the run: that is no client that makes the same instructions anew. */
function isHandedOver({ tools, instructions }: RunOptions, begun: RunOptions): boolean {
  if (instructions === undefined || instructions === begun.instructions) return false
  return tools === undefined && begun.tools !== undefined
}

function toSameTools(tools: readonly CallerTool[] = []): string {
  return toCanonicalJson(tools.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
}
