import {
  checkChoice,
  checkList,
  checkOptions,
  checkPairs,
  checkText,
  type OptionNames,
  refuse,
} from '../core/check-options.js'
import type { AgentTrigger, BlobTrigger, QueueTrigger, ScheduleTrigger } from './agent-trigger.js'

const kinds = ['queue', 'blob', 'schedule'] as const

const sources: readonly NonNullable<BlobTrigger['source']>[] = ['EventGrid', 'LogsAndContainerScan']

const triggerOptions: OptionNames<QueueTrigger> & OptionNames<BlobTrigger> & OptionNames<ScheduleTrigger> = {
  queue: true,
  blob: true,
  schedule: true,
  connection: true,
  source: true,
  name: true,
  id: true,
  message: true,
  sessionId: true,
  owner: true,
  metadata: true,
  onAnswer: true,
}

/**
 * Refuses triggers that would fire for nothing, or for something else than is meant, and options that there are not.
 * @throws {AgentError} `invalid_configuration` naming what is wrong.
 */
export function checkTriggers(agent: string, triggers: readonly AgentTrigger[]): void {
  checkList(`triggers of agent "${agent}"`, triggers)
  for (const trigger of triggers) checkTrigger(`A trigger of agent "${agent}"`, trigger)
}

function checkTrigger(what: string, trigger: AgentTrigger): void {
  checkOptions(what, trigger, triggerOptions)
  const [kind, another] = kinds.filter((one) => trigger[one] !== undefined)
  if (kind === undefined || another !== undefined)
    refuse(`${what} must have one of queue, blob and schedule.`)
  checkText(`${kind} of a trigger`, trigger[kind])
  if ('source' in trigger && trigger.source !== undefined)
    checkChoice('source of a trigger', trigger.source, sources)
  checkPairs('metadata of a trigger', trigger.metadata)
  if (kind === 'schedule' && trigger.message === undefined)
    refuse(`${what} by a schedule must have a message.`)
  if (trigger.onAnswer !== undefined && typeof trigger.onAnswer !== 'function')
    refuse(`${what} must have a function as onAnswer.`)
}
