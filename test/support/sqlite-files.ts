import { openSqlite } from '../../src/core/sqlite.js'

/** Looks into, or changes, a SQLite file that hosts may have open as well. */
export function withDatabase<T>(file: string, work: (database: ReturnType<typeof openSqlite>) => T): T {
  const database = openSqlite(file)
  try {
    database.exec('PRAGMA busy_timeout = 5000')
    return work(database)
  } finally {
    database.close()
  }
}
