import { describe, expect, test } from 'vitest'
import { SqliteRunLog } from '../../src/log/sqlite/sqlite-run-log.js'
import { crashEverywhere } from '../../src/testing/index.js'
import { seed } from '../support/crash-seed.js'
import { scenarios } from './scenarios.js'

describe('on a run log in SQLite, nothing is lost and nothing done twice in', () => {
  test.each(scenarios)('$title', { timeout: 90_000 }, async ({ scenario, options, crashPoints }) => {
    const report = await crashEverywhere(scenario, {
      ...options,
      log: (clock) => new SqliteRunLog({ path: ':memory:', clock }),
      seed,
      sample: 0.08,
      pairs: 2,
      shuffles: 2,
    })
    expect(report.crashPoints).toBeGreaterThan(crashPoints)
  })
})
