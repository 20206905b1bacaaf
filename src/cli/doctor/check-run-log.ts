import type { RunLogDescription } from '../../core/app-survey.js'
import { type Finding, ok, warning } from './finding.js'

const about = 'run log'

/** Where runs are journalled, here and in Azure; `folder` is where `start` keeps what lasts. */
export function checkRunLog(log: RunLogDescription, folder: string): readonly Finding[] {
  if (log.from === 'settings') {
    const message = `Runs are journalled in SQLite (${folder}) by npx durable-agents start, in the storage account AzureWebJobsStorage by func start and in Azure.`
    return [ok(about, message)]
  }
  switch (log.kind) {
    case 'memory':
      return [
        warning(
          about,
          'runLog is a MemoryRunLog: every run is lost with its process. Leave it out, but for tests.',
        ),
      ]
    case 'sqlite':
      return [
        warning(
          about,
          'runLog is a SqliteRunLog, a file: in Azure each instance has a disk of its own. Leave runLog out there, or share a RedisRunLog.',
        ),
      ]
    case 'other':
      return [ok(about, `Runs are journalled in the app's own runLog (${log.name}).`)]
  }
}
