import { expect, test } from 'vitest'
import { crashEverywhere } from '../../src/testing/index.js'
import { seed } from '../support/crash-seed.js'
import { backgroundScenarios } from './background-scenarios.js'

test.each(backgroundScenarios)(
  'nothing is lost and nothing asked for twice with $title',
  async ({ scenario, options, crashPoints }) => {
    const report = await crashEverywhere(scenario, { ...options, seed, sample: 0.5, pairs: 3, shuffles: 3 })
    expect(report.crashPoints).toBeGreaterThan(crashPoints)
  },
)
