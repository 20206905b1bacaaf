import type { DatabaseSync } from 'node:sqlite'
import { AgentError } from '../../../core/errors.js'
import { openSqliteStore } from '../../../core/sqlite.js'

/**
 * `entities` holds committed state. `messages` holds what is still to be handled, of any kind and for any instance, in
 * order of arrival. A row in `mailboxes` exists for as long as its instance has messages: it says which process works
 * on them, so that looking for work never reads more than what is unfinished. `hosts` are the running processes.
 */
const entityTables = `
  CREATE TABLE task_hub (schema_version INTEGER NOT NULL) STRICT;
  INSERT INTO task_hub VALUES (1);

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
 * `instances` are orchestrations, one row for the newest execution of an id; `history` holds the events of executions in
 * the order in which they were committed, and is only ever added to while one lasts. `execution` of a message says
 * which execution it is for, `locked_by` of an entity which orchestration alone may speak to it.
 */
const orchestrationTables = `
  ALTER TABLE messages ADD COLUMN execution TEXT;
  ALTER TABLE entities ADD COLUMN locked_by TEXT;

  CREATE TABLE instances (
    id TEXT PRIMARY KEY, execution TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, status TEXT NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    input TEXT, output TEXT, custom_status TEXT, parent TEXT
  ) STRICT;
  CREATE INDEX instances_by_time ON instances (created_at);

  CREATE TABLE history (
    seq INTEGER PRIMARY KEY, execution TEXT NOT NULL, type INTEGER NOT NULL, task INTEGER NOT NULL, name TEXT NOT NULL,
    event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX history_by_execution ON history (execution);
`

/**
 * Messages stand in the order in which they are read, without an index beside them that costs time with every message.
 * `seq` counts per instance, and from 1 again once nothing waits for it. A host of an older version that is still at work
 * goes on with what it has, but is refused each message that it sends.
 */
const messagesByTarget = `
  ALTER TABLE messages RENAME TO earlier_messages;
  CREATE TABLE messages (
    target TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, visible_at INTEGER NOT NULL,
    id TEXT NOT NULL, name TEXT NOT NULL, input TEXT, is_signal INTEGER NOT NULL, sender TEXT, execution TEXT,
    PRIMARY KEY (target, seq)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO messages SELECT target, seq, kind, visible_at, id, name, input, is_signal, sender, execution
    FROM earlier_messages ORDER BY target, seq;
  DROP TABLE earlier_messages;
`

/** Each step makes the tables of the next version out of those of the one before, the first out of an empty file. */
const steps = [entityTables, orchestrationTables, messagesByTarget] as const

/** Version of the tables above. A file with a higher number was written by a newer host and is refused; a lower one is lifted. */
const taskHubSchemaVersion = steps.length

/**
 * Opens a task hub's file, making folder, file and tables when they are absent and lifting those of an older host.
 * @throws {AgentError} `store_unavailable` when the file cannot be used, `unsupported_state` when it is not a task hub of
 * a version that this host knows. Both name the file.
 */
export function openTaskHubDatabase(file: string): DatabaseSync {
  const toMessage = (problem: string) => `Cannot use the task hub file '${file}': ${problem}`
  return openSqliteStore(file, toMessage, (database) => createOrLift(database, file))
}

function createOrLift(database: DatabaseSync, file: string): void {
  const version = readVersion(database, file)
  for (const step of steps.slice(version)) database.exec(step)
  // Of a file that cannot be written SQLite only tells at the first write.
  database.exec(`UPDATE task_hub SET schema_version = ${taskHubSchemaVersion}`)
}

/** 0 for a file without tables. @throws {AgentError} `unsupported_state` for what this host must not touch. */
function readVersion(database: DatabaseSync, file: string): number {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
  if (tables.length === 0) return 0
  if (!tables.some((table) => table.name === 'task_hub')) {
    throw new AgentError(
      'unsupported_state',
      `'${file}' is a SQLite file, but not a task hub; choose another folder.`,
    )
  }
  const version = Number(database.prepare('SELECT schema_version FROM task_hub').get()?.schema_version)
  if (version >= 1 && version <= taskHubSchemaVersion) return version
  throw new AgentError(
    'unsupported_state',
    `The task hub file '${file}' has schema version ${version}; this host knows version ${taskHubSchemaVersion}. Use a newer host, or another hubName or folder.`,
  )
}
