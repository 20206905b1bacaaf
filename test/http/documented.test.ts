import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { AgentError, type AgentErrorCode } from '../../src/core/errors.js'
import { toProblem } from '../../src/core/problem.js'
import type { RunEventType } from '../../src/run/events.js'

const page = readFileSync(resolve(import.meta.dirname, '../../docs/http.md'), 'utf8')

/** The cells of a section's table, row by row. */
function readRows(section: string): readonly (readonly string[])[] {
  const [, text = ''] = page.split(`\n## ${section}\n`)
  const [own = ''] = text.split('\n## ')
  const rows = own.split('\n').filter((line) => line.startsWith('| '))
  return rows.slice(1).map((row) =>
    row
      .split('|')
      .map((cell) => cell.trim())
      .slice(1),
  )
}

/** What a cell has between backticks. */
function readWords(cell = ''): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)
}

test('every event of a run is told of, and no other', () => {
  const types: Record<RunEventType, true> = {
    'run.accepted': true,
    'run.started': true,
    'message.delta': true,
    'reasoning.delta': true,
    'step.reset': true,
    'step.completed': true,
    'answer.rejected': true,
    'tool.started': true,
    'tool.progress': true,
    'tool.pending': true,
    'tool.completed': true,
    'approval.requested': true,
    'approval.decided': true,
    'run.parked': true,
    'run.resumed': true,
    'run.alive': true,
    'run.steered': true,
    'run.joined': true,
    'history.summarized': true,
    'run.prepared': true,
    'state.changed': true,
    'step.continued': true,
    'run.completed': true,
    'run.failed': true,
    'run.cancelled': true,
  }
  expect(readRows('Events').flatMap(([names]) => readWords(names))).toEqual(Object.keys(types))
})

test('every error code is told of with its status, and no other', () => {
  const codes: Record<AgentErrorCode, true> = {
    invalid_request: true,
    conflicting_session_id: true,
    unauthorized: true,
    forbidden: true,
    not_found: true,
    session_busy: true,
    run_cancelled: true,
    run_joined: true,
    approval_already_decided: true,
    result_already_reported: true,
    request_closed: true,
    not_undoable: true,
    payload_too_large: true,
    unsupported_media_type: true,
    idempotency_conflict: true,
    response_schema_unmet: true,
    budget_exhausted: true,
    rate_limited: true,
    max_steps_exceeded: true,
    answer_cut_off: true,
    outcome_unknown: true,
    undo_failed: true,
    invalid_configuration: true,
    unsupported_state: true,
    fenced: true,
    internal: true,
    model_error: true,
    model_timeout: true,
    store_unavailable: true,
    tools_unavailable: true,
    answer_timeout: true,
  }
  const rows = readRows('Errors')
  expect(rows.flatMap(([, names]) => readWords(names))).toEqual(Object.keys(codes))
  for (const [statuses = '', names] of rows) {
    const told = readWords(names).map((code) => toProblem(new AgentError(code as AgentErrorCode, '')).status)
    expect([...new Set(told)].join(', ')).toBe(statuses)
  }
})
