import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSqlite } from '../../../../src/core/sqlite.js'
import type { MessageKind } from '../../../../src/host/durable/hub/hub-message.js'
import { TaskHub } from '../../../../src/host/durable/hub/task-hub.js'
import { createTempFolder } from '../../../support/temp-folder.js'

const version1 = `CREATE TABLE task_hub (schema_version INTEGER NOT NULL) STRICT;
  INSERT INTO task_hub VALUES (1);
  CREATE TABLE hosts (id TEXT PRIMARY KEY, pid INTEGER NOT NULL, machine TEXT NOT NULL, start_marker TEXT,
    expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE entities (id TEXT PRIMARY KEY, entity_exists INTEGER NOT NULL, state TEXT,
    last_operation_at INTEGER NOT NULL) STRICT;
  INSERT INTO entities VALUES ('@e@k', 1, '7', 1);
  CREATE TABLE messages (seq INTEGER PRIMARY KEY, target TEXT NOT NULL, kind TEXT NOT NULL,
    visible_at INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, input TEXT, is_signal INTEGER NOT NULL,
    sender TEXT) STRICT;
  CREATE INDEX messages_by_target ON messages (target);
  INSERT INTO messages VALUES (3, '@e@k', 'entity', 0, 'id-3', 'add', '1', 1, NULL),
    (5, '@e@a', 'entity', 0, 'id-5', 'add', NULL, 0, 'i'), (8, '@e@k', 'entity', 0, 'id-8', 'sub', '"ä"', 1, '@e@a');
  CREATE TABLE mailboxes (target TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, ready_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL, owner TEXT, claim INTEGER) STRICT, WITHOUT ROWID;
  CREATE INDEX mailboxes_waiting ON mailboxes (kind, ready_at) WHERE owner IS NULL;
  INSERT INTO mailboxes VALUES ('@e@k', 'entity', 'e', 1, 0, NULL, NULL), ('@e@a', 'entity', 'e', 2, 3, NULL, NULL);`

const version2 = `${version1}
  UPDATE task_hub SET schema_version = 2;
  ALTER TABLE messages ADD COLUMN execution TEXT;
  ALTER TABLE entities ADD COLUMN locked_by TEXT;
  CREATE TABLE instances (id TEXT PRIMARY KEY, execution TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
    status TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, input TEXT, output TEXT,
    custom_status TEXT, parent TEXT) STRICT;
  CREATE INDEX instances_by_time ON instances (created_at);
  INSERT INTO instances VALUES ('i', 'x', 'Flow', '', 'Running', 1, 2, NULL, NULL, NULL, NULL);
  CREATE TABLE history (seq INTEGER PRIMARY KEY, execution TEXT NOT NULL, type INTEGER NOT NULL, task INTEGER NOT NULL,
    name TEXT NOT NULL, event TEXT NOT NULL) STRICT;
  CREATE INDEX history_by_execution ON history (execution);
  INSERT INTO history VALUES (4, 'x', 12, -1, '', '{}');
  INSERT INTO messages VALUES (9, 'i', 'orchestration', 0, 'id-9', '', '{"a":1}', 1, NULL, NULL),
    (10, '@e@k', 'entity', 0, 'id-10', '', '{}', 2, 'i', NULL),
    (11, 'i', 'orchestration', 40, 'x:2', '', '{}', 1, NULL, 'x'),
    (12, 'x:1', 'activity', 0, 'id-12', 'Hello', '"Bob"', 0, 'i', 'x');
  INSERT INTO mailboxes VALUES ('i', 'orchestration', 'flow', 3, 0, NULL, NULL),
    ('x:1', 'activity', 'hello', 4, 0, NULL, NULL);`

/** A hub's file as an earlier release has left it. */
function createFile(sql: string): string {
  const dataDir = createTempFolder()
  const database = openSqlite(join(dataDir, 'MyHub.taskhub.db'))
  database.exec(sql)
  database.close()
  return dataDir
}

const names: Readonly<Record<MessageKind, string>> = { entity: 'e', orchestration: 'flow', activity: 'hello' }

function readWaiting(hub: TaskHub): string[] {
  const kinds = ['entity', 'orchestration', 'activity'] as const
  return kinds.flatMap((kind) => hub.readWaiting(kind, [names[kind]], 50, 10))
}

const entityMessages = [
  { id: 'id-3', name: 'add', input: '1', isSignal: true, sender: null },
  { id: 'id-8', name: 'sub', input: '"ä"', isSignal: true, sender: '@e@a' },
]

function readBatch(hub: TaskHub, target: string) {
  return hub.readBatch({ target, host: '', number: 0 }, 10, 50)
}

test.each([
  ['first', version1, ['@e@k', '@e@a']],
  ['second', version2, ['@e@k', '@e@a', 'i', 'x:1']],
])('a file of the %s version is lifted, with all that waits in it', (_, sql, waiting) => {
  const dataDir = createFile(sql)
  for (const _opening of ['lifts it', 'finds it lifted']) {
    const hub = TaskHub.open(dataDir, 'MyHub')
    expect(hub.entities.read('@e@k')).toEqual({ exists: true, state: '7' })
    expect(readWaiting(hub)).toEqual(waiting)
    expect(readBatch(hub, '@e@k').messages).toEqual(entityMessages)
    expect(readBatch(hub, '@e@a')).toMatchObject({ attempts: 3, messages: [{ id: 'id-5', isSignal: false }] })
    hub.close()
  }
})

test('messages of orchestrations and about locks are lifted as they were', async () => {
  const hub = TaskHub.open(createFile(version2), 'MyHub')
  expect(hub.instances.readHead('i')).toEqual({ id: 'i', execution: 'x', name: 'Flow', status: 'Running' })
  expect(hub.instances.readHistory('x')).toHaveLength(1)
  expect(hub.readMessages('i', 39)).toMatchObject([{ id: 'id-9', input: '{"a":1}' }])
  expect(hub.readMessages('i', 40).map(({ id, execution }) => [id, execution])).toEqual([
    ['id-9', undefined],
    ['x:2', 'x'],
  ])
  expect(hub.readMessages('x:1', 0)).toMatchObject([
    { id: 'id-12', name: 'Hello', input: '"Bob"', sender: 'i' },
  ])
  await hub.run(() => hub.consume(readBatch(hub, '@e@k')))
  expect(readBatch(hub, '@e@k').lock).toMatchObject({ id: 'id-10', request: 'acquire', sender: 'i' })
  hub.close()
})

test('what comes after the lifting stands behind what waited', async () => {
  const hub = TaskHub.open(createFile(version1), 'MyHub')
  const message = { target: '@e@k', kind: 'entity', functionName: 'e', input: null, isSignal: true } as const
  await hub.run(() => hub.post({ ...message, id: 'new', name: 'last', sender: null }, 50))
  expect(readBatch(hub, '@e@k').messages.map(({ name }) => name)).toEqual(['add', 'sub', 'last'])
  hub.close()
})
