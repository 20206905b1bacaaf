import { longestCorrelationId, longestSessionId } from '../../../../core/find-id-problem.js'
import type { RunKey } from '../../../../run/run-log.js'
import { parseId } from '../../../ids.js'
import { createFieldError } from '../../../request-errors.js'
import { parseOpaqueId, toOpaqueId } from '../opaque-id.js'

/**
 * Names a response: a run, or parts of it. A response ends where its run begins to wait for a human or its caller, and what
 * follows the answer is the next part. Where an answer got lost the next response tells several parts.
 */
export interface ResponseKey extends RunKey {
  /** The part that it begins with: 0 up to the first such wait, 1 up to the second, and so on. */
  readonly first: number
  /** The part that it ends with. */
  readonly part: number
}

/** What an item is: a message, reasoning, a call of the agent's, or one that the client is to carry out. */
export type ItemKind = 'msg' | 'rs' | 'mcp' | 'fc'

const prefix = 'resp_'

/** A response's id as clients get it: opaque to them, and all that is needed to find its run. */
export function toResponseId({ agent, session, run, part, first }: ResponseKey): string {
  const parts = first === part ? [part] : [part, first]
  const fields = part === 0 ? [agent, session, run] : [agent, session, run, ...parts]
  return toOpaqueId(prefix, fields)
}

/** Reads an id that {@link toResponseId} made. @throws {AgentError} `invalid_request` naming the field for any other text. */
export function parseResponseId(field: string, id: string): ResponseKey {
  const [agent, session, run, part = 0, first = part] = parseOpaqueId(prefix, id) ?? []
  if (typeof agent !== 'string' || typeof session !== 'string' || typeof run !== 'string')
    throw createIdError(field, id)
  if (!isPart(part) || !isPart(first) || first > part) throw createIdError(field, id)
  const key = {
    agent,
    session: parseId(field, session, longestSessionId),
    run: parseId(field, run, longestCorrelationId),
    first,
    part,
  }
  // Whatever names the same is not thereby the same id.
  if (toResponseId(key) !== id) throw createIdError(field, id)
  return key
}

/** The id of a response's item, which is `index` among all that were begun; `kind` as in OpenAI's ids. */
export function toItemId(kind: ItemKind, key: ResponseKey, index: number): string {
  return `${kind}_${toResponseId(key).slice(prefix.length)}_${index}`
}

/** Reads whose item an id names that {@link toItemId} made. @throws {AgentError} `invalid_request` naming the field for any other text. */
export function parseItemId(field: string, id: string): ResponseKey {
  const [, response] = /^(?:msg|rs|mcp|fc)_(.+)_\d+$/.exec(id) ?? []
  if (response === undefined) {
    const quoted = id.slice(0, 100)
    throw createFieldError(field, `must be the id of an item as this server gave it, not "${quoted}"`)
  }
  return parseResponseId(field, prefix + response)
}

function isPart(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function createIdError(field: string, id: string) {
  return createFieldError(field, `must be the id of a response of this server, not "${id.slice(0, 100)}"`)
}
