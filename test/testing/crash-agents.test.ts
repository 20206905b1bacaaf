import { describe, expect, test } from 'vitest'
import { crashEverywhere } from '../../src/testing/index.js'
import { agentScenarios } from './agent-scenarios.js'

describe('nothing is lost and nothing done twice with', () => {
  test.each(agentScenarios)('$title', async ({ scenario, options, crashPoints }) => {
    const report = await crashEverywhere(scenario, { pairs: 10, shuffles: 10, ...options })
    expect(report.crashPoints).toBeGreaterThan(crashPoints)
  })
})
