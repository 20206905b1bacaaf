import { join } from 'node:path'
import { toErrorMessage } from '../../core/errors.js'
import type { FunctionDefinition } from '../functions.js'
import { hasType } from '../has-type.js'
import type { ExtensionLog, HostExtension } from '../host-extension.js'
import { listenForEach } from '../listen-for-each.js'
import { ProcessLock } from '../process-lock.js'
import { findSetting } from '../settings/setting-names.js'
import { createStatusStore, type StatusStore } from './schedule-status.js'
import { createTimeZone, type TimeZone } from './time-zone.js'
import { parseTimerBinding, toTimerInput } from './timer-binding.js'
import { TimerListener } from './timer-listener.js'

export interface TimerExtensionOptions {
  readonly log: ExtensionLog
  /** Folder for what timers remember and for their locks, below `timers`; made when absent. Not on a network drive. */
  readonly dataDir: string
  /** IANA name of the zone that schedules mean. @default the app setting WEBSITE_TIME_ZONE, else the process's own */
  readonly timeZone?: string | undefined
}

const triggerType = 'timerTrigger'

/** Timer triggers: runs functions on their schedules, each in one of the host processes that share a data folder. */
export function createTimerExtension(options: TimerExtensionOptions): HostExtension {
  const { log, dataDir, timeZone = findSetting(process.env, 'WEBSITE_TIME_ZONE') } = options
  const zone = resolveTimeZone(timeZone, log)
  const toStore = (timer: FunctionDefinition): StatusStore =>
    createStatusStore(toFile(dataDir, timer, 'json'))
  return {
    name: 'timers',
    obeysRetry: true,
    check: (definition) => {
      if (hasType(definition.trigger, triggerType)) parseTimerBinding(definition, zone)
    },
    toManualInput: (definition) => {
      if (!hasType(definition.trigger, triggerType)) return undefined
      const { useMonitor } = parseTimerBinding(definition, zone)
      const status = useMonitor ? toStore(definition).read() : undefined
      return toTimerInput({ status, isPastDue: false }, zone)
    },
    ...listenForEach(triggerType, (definition, invoker) => {
      const binding = parseTimerBinding(definition, zone)
      const lock = new ProcessLock(toFile(dataDir, definition, 'lock'))
      const store = toStore(definition)
      return new TimerListener({ definition, binding, invoker, lock, store, zone, log })
    }),
  }
}

/** Function names are safe in file names, and the same in any casing. */
function toFile(dataDir: string, { name }: FunctionDefinition, extension: string): string {
  return join(dataDir, 'timers', `${name.toLowerCase()}.${extension}`)
}

function resolveTimeZone(name: string | undefined, log: ExtensionLog): TimeZone {
  if (name === undefined || name === '') return createTimeZone()
  try {
    return createTimeZone(name)
  } catch (error) {
    const hint = "Use an IANA name such as Europe/Berlin. Timers go by this machine's clock."
    log('warning', `WEBSITE_TIME_ZONE: ${toErrorMessage(error)}. ${hint}`)
    return createTimeZone()
  }
}
