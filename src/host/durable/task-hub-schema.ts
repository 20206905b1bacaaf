import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { AgentError } from '../../core/errors.js'
import { openSqlite, toOpenProblem, useWriteAheadLog } from '../../core/sqlite.js'

/** Version of the tables below. A file with a higher number was written by a newer host and is refused. */
export const taskHubSchemaVersion = 1

/**
 * `entities` holds committed state. `messages` holds what is still to be handled, of any kind and for any instance, in
 * order of arrival. A row in `mailboxes` exists for as long as its instance has messages: it says which process works
 * on them, so that looking for work never reads more than what is unfinished. `hosts` are the running processes.
 */
const schema = `
  CREATE TABLE task_hub (schema_version INTEGER NOT NULL) STRICT;
  INSERT INTO task_hub VALUES (${taskHubSchemaVersion});

  CREATE TABLE hosts (
    id TEXT PRIMARY KEY, pid INTEGER NOT NULL, machine TEXT NOT NULL, start_marker TEXT, expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE entities (
    id TEXT PRIMARY KEY, entity_exists INTEGER NOT NULL, state TEXT, last_operation_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE messages (
    seq INTEGER PRIMARY KEY, target TEXT NOT NULL, kind TEXT NOT NULL, visible_at INTEGER NOT NULL,
    id TEXT NOT NULL, name TEXT NOT NULL, input TEXT, is_signal INTEGER NOT NULL, sender TEXT
  ) STRICT;
  CREATE INDEX messages_by_target ON messages (target);

  CREATE TABLE mailboxes (
    target TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, ready_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL, owner TEXT, claim INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX mailboxes_waiting ON mailboxes (kind, ready_at) WHERE owner IS NULL;
`

/**
 * How many pages (4 KiB each) the write-ahead log may hold before they are copied into the file. Entities in use are
 * written over and over, and only the last version of a page is copied: so fewer, larger copies are much cheaper.
 */
const checkpointPages = 4000

/** How long SQLite itself waits for another process, in milliseconds. */
export const busyTimeoutMs = 5000

/**
 * Opens a task hub's file, making folder, file and tables when they are absent.
 * @throws {AgentError} `store_unavailable` when the file cannot be used, `unsupported_state` when it is not a task hub of
 * a version that this host knows. Both name the file.
 */
export function openTaskHubDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(file), { recursive: true })
    database = openSqlite(file)
    prepare(database, file)
    return database
  } catch (error) {
    database?.close()
    if (error instanceof AgentError) throw error
    throw new AgentError(
      'store_unavailable',
      `Cannot use the task hub file '${file}': ${toOpenProblem(error)}`,
      { cause: error },
    )
  }
}

function prepare(database: DatabaseSync, file: string): void {
  database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
  useWriteAheadLog(database, busyTimeoutMs)
  database.exec(`PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${checkpointPages}`)
  database.exec('BEGIN IMMEDIATE')
  try {
    createOrCheck(database, file)
    // Of a file that cannot be written SQLite only tells at the first write.
    database.exec(`UPDATE task_hub SET schema_version = ${taskHubSchemaVersion}`)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

function createOrCheck(database: DatabaseSync, file: string): void {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
  if (tables.length === 0) {
    database.exec(schema)
    return
  }
  if (!tables.some((table) => table.name === 'task_hub')) {
    throw new AgentError(
      'unsupported_state',
      `'${file}' is a SQLite file, but not a task hub; choose another folder.`,
    )
  }
  const version = database.prepare('SELECT schema_version FROM task_hub').get()?.schema_version
  if (version === taskHubSchemaVersion) return
  throw new AgentError(
    'unsupported_state',
    `The task hub file '${file}' has schema version ${String(version)}; this host knows version ${taskHubSchemaVersion}. Use a newer host, or another hubName or folder.`,
  )
}
