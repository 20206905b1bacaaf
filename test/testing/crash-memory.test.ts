import { describe, expect, test } from 'vitest'
import { crashEverywhere } from '../../src/testing/index.js'
import { scenarios } from './scenarios.js'

describe('on a run log in memory, nothing is lost and nothing done twice in', () => {
  test.each(scenarios)('$title', { timeout: 90_000 }, async ({ scenario, options, crashPoints }) => {
    const report = await crashEverywhere(scenario, { pairs: 10, shuffles: 10, ...options })
    expect(report.crashPoints).toBeGreaterThan(crashPoints)
  })
})
