import { describe, expect, test } from 'vitest'
import { crashEverywhere } from '../../src/testing/index.js'
import { seed } from '../support/crash-seed.js'
import { scenarios } from './scenarios.js'

describe('on a run log in memory, nothing is lost and nothing done twice in', () => {
  test.each(scenarios)('$title', { timeout: 90_000 }, async ({ scenario, options, crashPoints }) => {
    const report = await crashEverywhere(scenario, { ...options, seed, sample: 0.4, pairs: 5, shuffles: 5 })
    expect(report.crashPoints).toBeGreaterThan(crashPoints)
  })
})
