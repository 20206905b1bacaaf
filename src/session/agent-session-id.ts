import { EntityId } from 'durable-functions'
import { AgentError } from '../core/errors.js'
import { createHexId } from '../core/hex-id.js'

const entityPrefix = 'dafx-'

/** Names one conversation: the agent's name and the session's key. Its entity is `dafx-<name>`, as with the .NET and Python durable agents. */
export class AgentSessionId {
  readonly name: string
  readonly key: string

  /** @throws {AgentError} `invalid_request` when the name or the key is empty. */
  constructor(name: string, key: string) {
    if (!isGiven(name) || !isGiven(key)) {
      throw new AgentError(
        'invalid_request',
        'A session id needs a name and a key that are not empty: new AgentSessionId(name, key).',
      )
    }
    this.name = name
    this.key = key
  }

  /** A new session of the agent `name`; the key is 32 hexadecimal digits. */
  static withRandomKey(name: string): AgentSessionId {
    return new AgentSessionId(name, createHexId())
  }

  /** The session an entity holds. @throws {AgentError} `invalid_request` when the entity is not an agent's. */
  static fromEntityId(entityId: { readonly name: string; readonly key: string }): AgentSessionId {
    if (!entityId.name.toLowerCase().startsWith(entityPrefix)) {
      throw new AgentError(
        'invalid_request',
        `Entity "${entityId.name}" is not an agent's: its name does not start with "${entityPrefix}".`,
      )
    }
    return new AgentSessionId(entityId.name.slice(entityPrefix.length), entityId.key)
  }

  /** Reads the printed form, `@name@key`; the entity's name is understood too. @throws {AgentError} `invalid_request` when the text is neither. */
  static parse(text: string): AgentSessionId {
    const [, name, key] = /^@([^@]+)@(.+)$/s.exec(text) ?? []
    if (name === undefined || key === undefined) {
      throw new AgentError('invalid_request', `"${text}" is not a session id: it must look like "@name@key".`)
    }
    return new AgentSessionId(
      name.toLowerCase().startsWith(entityPrefix) ? name.slice(entityPrefix.length) : name,
      key,
    )
  }

  /** The entity that holds the session. Entity names are compared ignoring case, so they are written in lower case. */
  toEntityId(): EntityId {
    return new EntityId(toEntityName(this.name), this.key)
  }

  /** `@name@key` */
  toString(): string {
    return `@${this.name}@${this.key}`
  }

  toJSON(): string {
    return this.toString()
  }
}

/** The name of the entity that holds an agent's sessions. */
export function toEntityName(agentName: string): string {
  return `${entityPrefix}${agentName.toLowerCase()}`
}

function isGiven(part: unknown): boolean {
  return typeof part === 'string' && part !== ''
}
