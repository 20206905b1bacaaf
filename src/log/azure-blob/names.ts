import { isInnerRun } from '../../run/inner-run.js'
import type { RunKey, SessionKey } from '../../run/run-log.js'
import { isScheduledRun } from '../../run/scheduled-run.js'
import { toNamePart } from '../name-part.js'

/** As many as ten digits can count. */
export const maxTurn = 9_999_999_999

/** Where a session's run logs are. */
export function toSessionFolder({ agent, session }: SessionKey): string {
  return `runs/${toNamePart(agent)}/${toNamePart(session)}/`
}

function toRunPath(key: RunKey): string {
  return `${toNamePart(key.agent)}/${toNamePart(key.session)}/${toNamePart(key.run)}`
}

/** One append blob of a run's log; the first is 0. */
export function toSegmentName(key: RunKey, segment: number): string {
  return `${toRunFolder(key)}log-${String(segment).padStart(6, '0')}`
}

/** All that is kept of a run. */
export function toRunFolder(key: RunKey): string {
  return `runs/${toRunPath(key)}/`
}

/** An attachment of a run. */
export function toAttachmentName(key: RunKey, digest: string): string {
  return `${toRunFolder(key)}attachment-${digest}`
}

/** The wishes about a run. */
export function toControlsName(key: RunKey): string {
  return `${toRunFolder(key)}controls`
}

/** All markers of runs that have not ended. */
export const openFolder = 'open/'

/** The markers of a session's runs that have not ended. */
export function toOpenPrefix({ agent, session }: SessionKey): string {
  return `${openFolder}${toNamePart(agent)}/${toNamePart(session)}/`
}

/** The markers of a session's messages that are to be sent later, and have not been. */
export function toScheduledPrefix({ agent, session }: SessionKey): string {
  return `${scheduledFolder}${toNamePart(agent)}/${toNamePart(session)}/`
}

/** Listed elsewhere than the runs that somebody has to see to. */
const scheduledFolder = 'scheduled/'

/** A run's marker; those that work for others have none. */
export function toOpenName(key: RunKey): string {
  return `${isScheduledRun(key) ? scheduledFolder : openFolder}${toRunPath(key)}`
}

/** The index of a session's ended runs. */
export function toEndedPrefix({ agent, session }: SessionKey): string {
  return `ended/${toNamePart(agent)}/${toNamePart(session)}/`
}

/** The ended runs of a session that worked for others. */
export function toInnerPrefix({ agent, session }: SessionKey): string {
  return `inner/${toNamePart(agent)}/${toNamePart(session)}/`
}

/** Listed by name, the newest turn comes first. Runs that worked for others are listed elsewhere. */
export function toEndedName(key: RunKey, turn: number): string {
  if (isInnerRun(key)) return `${toInnerPrefix(key)}${toNamePart(key.run)}`
  return `${toEndedPrefix(key)}${toInvertedTurn(turn)}/${toNamePart(key.run)}`
}

/** Ten digits that sort the other way round. */
export function toInvertedTurn(turn: number): string {
  return String(maxTurn - turn).padStart(10, '0')
}

/** All ended runs, in order of their ends. */
export const retiredFolder = 'retired/'

export function toRetiredName(key: RunKey, endedAt: number): string {
  return `${retiredFolder}${String(endedAt).padStart(15, '0')}/${toRunPath(key)}`
}

/** The records of an agent's sessions. */
export function toSessionsPrefix(agent: string): string {
  return `sessions/${toNamePart(agent)}/`
}

export function toSessionName({ agent, session }: SessionKey): string {
  return `${toSessionsPrefix(agent)}${toNamePart(session)}`
}
