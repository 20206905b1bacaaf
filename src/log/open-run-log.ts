import { join } from 'node:path'
import { AgentError } from '../core/errors.js'
import type { RunLog } from '../run/run-log.js'
import { SqliteRunLog } from './sqlite-run-log.js'

/**
 * The run log that the app's settings ask for. The embedded host names its data folder in `FUNCTIONS_EMBEDDED_DATA_DIR`;
 * with `func start` on a developer's machine the log is kept in `.data` below the app.
 * @throws {AgentError} `invalid_configuration` in Azure, where instances share no disk: pass `runLog` there.
 */
export function openRunLog(env: NodeJS.ProcessEnv = process.env): RunLog {
  if (env.WEBSITE_INSTANCE_ID !== undefined) {
    throw new AgentError(
      'invalid_configuration',
      'Instances in Azure share no disk, so this app needs a run log that they share: pass `runLog` to AgentFunctionApp.',
    )
  }
  const folder = env.FUNCTIONS_EMBEDDED_DATA_DIR ?? join(process.cwd(), '.data')
  return new SqliteRunLog({ path: join(folder, 'runs.db') })
}
