import { checkOptions, describeGiven, type OptionNames } from '../../core/check-options.js'
import { toJsonSchema } from '../../core/schema.js'
import type { NodeRetry } from './node-context.js'
import type { RequestSpec, WorkflowNode } from './workflow-definition.js'

/**
 * What of a node would fail when its turn comes, or be passed over without a word; programs without types make such.
 * @throws {AgentError} `invalid_configuration` naming what is no schema, and options that there are not.
 */
export function findNodeProblems({ id, spec }: WorkflowNode): readonly string[] {
  if (typeof id !== 'string' || !/^[A-Za-z][A-Za-z0-9_-]{0,39}$/.test(id)) {
    return [`the id of node "${id}" must be a letter followed by up to 39 letters, digits, "_" or "-"`]
  }
  const of = `of node "${id}"`
  switch (spec.kind) {
    case 'agent': {
      const { prompt, remember, responseFormat, enableToolCalls, retry } = spec
      if (responseFormat !== undefined) toJsonSchema(responseFormat, `The responseFormat ${of}`)
      if (typeof enableToolCalls !== 'boolean') return [`enableToolCalls ${of} must be true or false`]
      return [...findNoFunctions(of, { prompt }, { remember }), ...findRetryProblems(of, retry)]
    }
    case 'function':
      return [...findNoFunctions(of, { execute: spec.execute }), ...findRetryProblems(of, spec.retry)]
    case 'transform':
      return findNoFunctions(of, { apply: spec.apply }, { remember: spec.remember })
    case 'request':
      return findRequestProblems(of, spec)
    case 'workflow':
      return findRetryProblems(of, spec.retry)
  }
}

function findNoFunctions(
  of: string,
  needed: Readonly<Record<string, unknown>>,
  optional: Readonly<Record<string, unknown>> = {},
): readonly string[] {
  const given = Object.entries(optional).filter(([, value]) => value !== undefined)
  return [...Object.entries(needed), ...given]
    .filter(([, value]) => typeof value !== 'function')
    .map(([name, value]) => `${name} ${of} must be a function, not ${describeGiven(value)}`)
}

/** Some 300 years: later times are not the same to everybody. */
const longestTimeoutMs = 1e13

function findRequestProblems(of: string, spec: RequestSpec): readonly string[] {
  const { response, question, onTimeout, notify, timeoutMs = 1 } = spec
  toJsonSchema(response, `The response ${of}`)
  const problems = findNoFunctions(of, { question }, { onTimeout, notify })
  if (isWithin(timeoutMs, 1, longestTimeoutMs)) return problems
  const range = `from 1 to ${longestTimeoutMs}, not ${timeoutMs}`
  return [...problems, `timeoutMs ${of} must be ${range}; leave it out to wait without limit`]
}

const retryOptions: OptionNames<NodeRetry> = {
  maxAttempts: true,
  delayMs: true,
  backoff: true,
  maxDelayMs: true,
}

function findRetryProblems(of: string, retry: NodeRetry | undefined): readonly string[] {
  if (retry === undefined) return []
  checkOptions(`retry ${of}`, retry, retryOptions)
  const { maxAttempts, delayMs = 0, backoff = 1, maxDelayMs = 0 } = retry
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    return [`retry.maxAttempts ${of} must be a whole number of at least 1, not ${maxAttempts}`]
  }
  if (![delayMs, maxDelayMs].every((ms) => isWithin(ms, 0, longestTimeoutMs)))
    return [`the delays of the retry ${of} must be from 0 to ${longestTimeoutMs}`]
  if (!isWithin(backoff, 1, Number.MAX_VALUE))
    return [`retry.backoff ${of} must be at least 1, not ${backoff}`]
  return []
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}
