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

/** Whether somebody holds the write lock of a file for longer than a write takes. */
export function isLocked(file: string): boolean {
  return withDatabase(file, (database) => {
    try {
      database.exec('PRAGMA busy_timeout = 200; BEGIN IMMEDIATE; ROLLBACK')
      return false
    } catch {
      return true
    }
  })
}
