import { afterAll } from 'vitest'
import { AzureBlobRunLog } from '../../src/log/azure-blob-run-log.js'
import { describeRunLog } from '../contract/run-log-contract.js'
import { startAzurite } from '../support/azurite.js'

const azurite = await startAzurite()
afterAll(() => azurite.stop())

describeRunLog(
  'Azure Blob',
  async () => new AzureBlobRunLog({ connectionString: azurite.connectionString, pollIntervalMs: 20 }),
)
