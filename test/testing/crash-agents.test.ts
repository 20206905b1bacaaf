import { describe, expect, test } from 'vitest'
import { SqliteRunLog } from '../../src/log/sqlite/sqlite-run-log.js'
import { type CrashOptions, crashEverywhere } from '../../src/testing/index.js'
import { seed } from '../support/crash-seed.js'
import { agentScenarios } from './agent-scenarios.js'

const logs: readonly [string, CrashOptions][] = [
  ['in memory', { sample: 0.5, pairs: 5, shuffles: 5 }],
  [
    'in SQLite',
    { log: (clock) => new SqliteRunLog({ path: ':memory:', clock }), sample: 0.2, pairs: 2, shuffles: 2 },
  ],
]

describe.each(logs)('on a run log %s, nothing is lost and nothing done twice with', (_name, given) => {
  test.each(agentScenarios)('$title', { timeout: 90_000 }, async ({ scenario, options, crashPoints }) => {
    const report = await crashEverywhere(scenario, { ...options, ...given, seed })
    expect(report.crashPoints).toBeGreaterThan(crashPoints)
  })
})
