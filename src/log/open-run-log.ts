import { join } from 'node:path'
import { AgentError } from '../core/errors.js'
import type { RunLog } from '../run/run-log.js'
import { AzureBlobRunLog } from './azure-blob/azure-blob-run-log.js'
import { readConnection } from './azure-blob/connection.js'
import { SqliteRunLog } from './sqlite/sqlite-run-log.js'

/**
 * The run log that the app's settings ask for: a SQLite file under the embedded host, which names its data folder in
 * `FUNCTIONS_EMBEDDED_DATA_DIR`; otherwise, so in Azure and with `func start`, the storage account of the app itself,
 * `AzureWebJobsStorage` (`UseDevelopmentStorage=true` is Azurite). The account is not looked at before it is needed.
 * @throws {AgentError} `invalid_configuration` naming the settings when there are none, or they cannot be used.
 */
export function openRunLog(env: NodeJS.ProcessEnv = process.env): RunLog {
  const folder = env.FUNCTIONS_EMBEDDED_DATA_DIR
  if (folder !== undefined) return new SqliteRunLog({ path: join(folder, 'runs.db') })
  const connection = readConnection(env, 'AzureWebJobsStorage')
  if (connection !== undefined) return new AzureBlobRunLog(connection)
  throw new AgentError(
    'invalid_configuration',
    'There is no place for the run log. Start the app with "npx durable-agents start" or "func start", not with node alone; or set AzureWebJobsStorage to a connection string (UseDevelopmentStorage=true for Azurite), or AzureWebJobsStorage__accountName to an account that the app may use with its identity; or pass `runLog` to AgentFunctionApp.',
  )
}
