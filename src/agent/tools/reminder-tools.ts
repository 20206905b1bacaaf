import { z } from 'zod'
import { AgentError } from '../../core/errors.js'
import type { Tool } from '../agent-definition.js'
import type { ToolSchedule } from './durable-tools.js'
import { tool } from './tool.js'
import type { ToolContext } from './tool-context.js'

const minuteMs = 60_000

/**
 * Tools with which an agent of an app reminds itself, within a year: `set_reminder`, `list_reminders` and `cancel_reminder`. When its time has come
 * the session is sent the reminder like a message of its user, and the agent does what it says. They list and cancel whatever the session is to be sent.
 *
 * @example
 * new Agent({ name: 'Assistant', client, tools: [...createReminderTools()] })
 */
export function createReminderTools(): readonly Tool[] {
  const setReminder = tool({
    name: 'set_reminder',
    description:
      'Reminds you of something later: you are sent the text in this conversation, and can then do it.',
    parameters: z.object({
      text: z.string().min(1).describe('What is to be done then, with all that has to be known for it.'),
      inMinutes: z.number().positive().describe('How many minutes from now.'),
    }),
    idempotent: true,
    execute: async ({ text, inMinutes }, context) => {
      const sendAt = new Date(Date.now() + inMinutes * minuteMs)
      const id = await toSchedule(context).schedule(`It is time: ${text}`, sendAt)
      return { id, at: sendAt.toISOString() }
    },
    undo: (_args, { result }, context) => result && toSchedule(context).takeBack(result.id),
  })
  const listReminders = tool({
    name: 'list_reminders',
    description: 'Tells of what you will be reminded and when, and what time it is now, in UTC.',
    readOnly: true,
    execute: async (_args, context) => {
      const scheduled = await toSchedule(context).listScheduled()
      const reminders = scheduled.map(({ correlationId: id, sendAt: at, message: text }) => ({
        id,
        at,
        text,
      }))
      return { now: new Date().toISOString(), reminders }
    },
  })
  const cancelReminder = tool({
    name: 'cancel_reminder',
    description: 'Cancels a reminder.',
    parameters: z.object({ id: z.string().describe('As set_reminder or list_reminders gave it.') }),
    idempotent: true,
    execute: async ({ id }, context) =>
      (await toSchedule(context).takeBack(id)) ? 'cancelled' : 'there is no such reminder',
  })
  return [setReminder, listReminders, cancelReminder]
}

function toSchedule({ durable }: ToolContext): ToolSchedule {
  if (durable !== undefined) return durable
  throw new AgentError('invalid_configuration', 'Reminders need an app: without one nobody would send them.')
}
