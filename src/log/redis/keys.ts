import { isInnerRun } from '../../run/inner-run.js'
import type { RunKey, SessionKey } from '../../run/run-log.js'
import { toNamePart } from '../name-part.js'

/** The keys of a run log. Those of one session share a hash tag, `{agent/session}`, and so a node of a cluster. */
export class RedisKeys {
  readonly #prefix: string
  /** Runs that have not ended, by when they were accepted. */
  readonly open: string
  /** Runs that have ended, by when. */
  readonly ended: string
  readonly probe: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.open = `${prefix}:open`
    this.ended = `${prefix}:ended`
    this.probe = `${prefix}:probe`
  }

  /** An agent's sessions of one owner, by when they were used, newest first. */
  sessionsOf(agent: string, owner: string | undefined): string {
    const ownerPart = owner === undefined ? 'nobody' : `of:${toNamePart(owner)}`
    return `${this.#prefix}:sessions:${toNamePart(agent)}:${ownerPart}`
  }

  /** An agent's sessions, by when they were used. */
  sessions(agent: string): string {
    return `${this.#prefix}:active:${toNamePart(agent)}`
  }

  /** The session's own hash, and its runs: in order of acceptance until they end, by turn after that. */
  session(key: SessionKey) {
    const tag = `${this.#prefix}:{${toNamePart(key.agent)}/${toNamePart(key.session)}}`
    return {
      session: `${tag}:session`,
      open: `${tag}:open`,
      ended: `${tag}:ended`,
      // Runs that work for others, which no list is to show.
      innerOpen: `${tag}:inner-open`,
      innerEnded: `${tag}:inner-ended`,
      runs: `${tag}:run:`,
      logs: `${tag}:log:`,
      controls: `${tag}:controls:`,
      attachments: `${tag}:attachments:`,
      channels: `${tag}:news:`,
    }
  }

  run(key: RunKey) {
    const { session, runs, logs, controls, attachments, channels, ...lists } = this.session(key)
    return {
      session,
      open: isInnerRun(key) ? lists.innerOpen : lists.open,
      ended: isInnerRun(key) ? lists.innerEnded : lists.ended,
      run: `${runs}${toText(key.run)}`,
      log: `${logs}${toText(key.run)}`,
      controls: `${controls}${toText(key.run)}`,
      attachments: `${attachments}${toText(key.run)}`,
      channel: `${channels}${toText(key.run)}`,
    }
  }
}

/** A run as the member of a set. */
export function toMember({ agent, session, run }: RunKey): string {
  return JSON.stringify([agent, session, run])
}

export function parseMember(member: string): RunKey {
  const [agent = '', session = '', run = ''] = JSON.parse(member)
  return { agent, session, run }
}

/** A name as text that Redis keeps as it is: surrogates without their other half are escaped, as in JSON. */
export function toText(name: string): string {
  return JSON.stringify(name).slice(1, -1)
}

export function fromText(text: string): string {
  return JSON.parse(`"${text}"`)
}

/** Redis has no empty field: nobody is `''`, and somebody's name comes after `=`. */
export function toOwner(owner: string | undefined): string {
  return owner === undefined ? '' : `=${toText(owner)}`
}

export function fromOwner(text: string): string | undefined {
  return text === '' ? undefined : fromText(text.slice(1))
}
