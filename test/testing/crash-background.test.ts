import { expect, test } from 'vitest'
import { crashEverywhere } from '../../src/testing/index.js'
import { backgroundScenarios } from './background-scenarios.js'

test.each(backgroundScenarios)(
  'nothing is lost and nothing asked for twice with $title',
  async ({ scenario, options, crashPoints }) => {
    const report = await crashEverywhere(scenario, { pairs: 5, shuffles: 5, ...options })
    expect(report.crashPoints).toBeGreaterThan(crashPoints)
  },
)
