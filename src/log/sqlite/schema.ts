import type { DatabaseSync } from 'node:sqlite'
import { AgentError } from '../../core/errors.js'
import { openSqliteStore } from '../../core/sqlite.js'

/** Version of the tables below. A file with a higher number was written by a newer release and is refused. */
export const schemaVersion = 4

/** What version 2 has beyond version 1. */
const sinceVersion2 = `
  CREATE INDEX sessions_by_use ON sessions (agent, updated_at);
  CREATE TABLE attachments (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, digest TEXT NOT NULL, content TEXT NOT NULL,
    PRIMARY KEY (run, digest)
  ) STRICT;
`

/**
 * Version 3 has one index less than version 2, and one that runs enter only at their end: every index costs time with each
 * event. May be repeated: a process of an older release that is still at work marks the file with its own version.
 */
const toVersion3 = `
  DROP INDEX IF EXISTS runs_by_turn;
  DROP INDEX IF EXISTS runs_to_see_to;
  CREATE INDEX IF NOT EXISTS runs_ended ON runs (agent, session, turn) WHERE status = 'ended';
`

/** How many events a run may have: they are numbered within the events of all runs, `run * eventsPerRun + id`. */
export const eventsPerRun = 2 ** 24

/**
 * Events are added at the end of their table, of which SQLite then writes one page: with a key of two columns it is up to
 * four, and a look at the table of runs. A run takes its events along when it goes.
 */
const events = `
  CREATE TABLE IF NOT EXISTS run_events (
    id INTEGER PRIMARY KEY, type TEXT NOT NULL, data TEXT NOT NULL, at INTEGER NOT NULL
  ) STRICT;
  CREATE TRIGGER IF NOT EXISTS runs_deleted AFTER DELETE ON runs BEGIN
    DELETE FROM run_events
    WHERE id BETWEEN old.id * ${eventsPerRun} AND old.id * ${eventsPerRun} + ${eventsPerRun - 1};
  END;
`

/**
 * Moves the events of older versions. May be repeated, as above; what a process of an older release that is still at work
 * asks or writes from then on fails as `store_unavailable`.
 */
const toVersion4 = `
  ${events}
  CREATE TABLE IF NOT EXISTS events (run INTEGER, id INTEGER, type TEXT, data TEXT, at INTEGER);
  INSERT INTO run_events SELECT run * ${eventsPerRun} + id, type, data, at FROM events ORDER BY run, id;
  DROP TABLE events;
`

const schema = `
  CREATE TABLE sessions (
    agent TEXT NOT NULL, session TEXT NOT NULL, owner TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    PRIMARY KEY (agent, session)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_by_age ON sessions (agent, owner, updated_at DESC, session);
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY, agent TEXT NOT NULL, session TEXT NOT NULL, run TEXT NOT NULL,
    turn INTEGER NOT NULL DEFAULT 0, status TEXT NOT NULL DEFAULT 'open', next INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, due_at INTEGER,
    UNIQUE (agent, session, run)
  ) STRICT;
  CREATE INDEX runs_open ON runs (agent, session, id) WHERE status <> 'ended';
  CREATE INDEX runs_ended ON runs (agent, session, turn) WHERE status = 'ended';
  CREATE INDEX runs_by_end ON runs (updated_at) WHERE status = 'ended';
  CREATE TABLE controls (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, id TEXT NOT NULL, data TEXT NOT NULL,
    seq INTEGER NOT NULL, PRIMARY KEY (run, id)
  ) STRICT, WITHOUT ROWID;
  ${sinceVersion2}
  ${events}
`

/**
 * Opens the run log's file, making it and its folder when absent.
 * @throws {AgentError} `store_unavailable` naming the file when it cannot be written, is damaged, or was made by a newer release.
 */
export function openSqliteFile(path: string): DatabaseSync {
  const toMessage = (problem: string) => `The run log ${path} cannot be opened: ${problem}`
  return openSqliteStore(path, toMessage, (database) => migrate(database, path))
}

function migrate(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0)
  if (version > schemaVersion) {
    throw new AgentError(
      'store_unavailable',
      `The run log ${path} has schema version ${version}; this release knows ${schemaVersion}. Update the package, or choose another folder.`,
    )
  }
  if (version === 0) database.exec(schema)
  if (version === 1) database.exec(sinceVersion2)
  if (version === 1 || version === 2) database.exec(toVersion3)
  if (version > 0 && version < 4) database.exec(toVersion4)
  // Of a file that cannot be written SQLite only tells at the first write.
  database.exec(`PRAGMA user_version = ${schemaVersion}`)
}
