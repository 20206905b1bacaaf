import type { DatabaseSync } from 'node:sqlite'

/**
 * Opens a SQLite file. On Node versions that still call `node:sqlite` experimental, that one notice is not printed:
 * whoever runs the host has no use for it.
 */
export function openSqlite(file: string): DatabaseSync {
  return new (loadSqlite().DatabaseSync)(file)
}

/** The notice is given while the module loads, so it is held back for just that long; every other warning passes. */
function loadSqlite(): typeof import('node:sqlite') {
  const emitWarning = process.emitWarning
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).startsWith('SQLite is an experimental feature')) return
    Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}
