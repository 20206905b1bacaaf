import { afterAll, describe, expect, test } from 'vitest'
import { AzureBlobRunLog } from '../../src/log/azure-blob/azure-blob-run-log.js'
import { crashEverywhere } from '../../src/testing/index.js'
import { startAzurite } from '../support/azurite.js'
import { seed } from '../support/crash-seed.js'
import { scenarios } from './scenarios.js'

describe('on a run log in Azure Blob, nothing is lost and nothing done twice in', async () => {
  const { connectionString, stop } = await startAzurite()
  let logs = 0
  afterAll(stop)

  test.each(scenarios)('$title', { timeout: 90_000 }, async ({ scenario, options, crashPoints }) => {
    const report = await crashEverywhere(scenario, {
      ...options,
      log: (clock) => new AzureBlobRunLog({ connectionString, container: `log-${logs++}`, clock }),
      seed,
      sample: 0.005,
      pairs: 0,
      shuffles: 1,
    })
    expect(report.crashPoints).toBeGreaterThan(crashPoints)
  })
})
