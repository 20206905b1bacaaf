import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { EventRow, RunRow, SessionRow } from './rows.js'
import { eventsPerRun, schemaVersion } from './schema.js'

/** A prepared statement with the shape of its rows; SQLite itself does not know it. */
interface Query<Row> {
  get(...values: SQLInputValue[]): Row | undefined
  all(...values: SQLInputValue[]): Row[]
}

function withError<Row>(query: Query<Row>, toError: (cause: unknown) => Error): Query<Row> {
  const attempt = <T>(work: () => T): T => {
    try {
      return work()
    } catch (cause) {
      throw toError(cause)
    }
  }
  return {
    get: (...values) => attempt(() => query.get(...values)),
    all: (...values) => attempt(() => query.all(...values)),
  }
}

/** Every statement of the run log, prepared once. */
export type Statements = ReturnType<typeof prepareStatements>

/**
 * Prepares the run log's statements. Parameters stand in the order of the question marks. Limits are written `LIMIT +?`, as
 * SQLite compiles a statement anew for each value of a bare parameter there. Queries throw what `toError`
 * makes of a failure: unlike commands they are also used outside of transactions, which have an error handling of their own.
 */
export function prepareStatements(database: DatabaseSync, toError: (cause: unknown) => Error) {
  const query = <Row>(sql: string) => withError(database.prepare(sql) as unknown as Query<Row>, toError)
  const command = (sql: string): StatementSync => database.prepare(sql)
  const eventsOfRun = `
    SELECT run_events.id % ${eventsPerRun} AS id, type, data, at FROM runs, run_events
    WHERE agent = ? AND session = ? AND run = ?`
  const runId = '(SELECT id FROM runs WHERE agent = ? AND session = ? AND run = ?)'
  return {
    session: query<SessionRow>('SELECT * FROM sessions WHERE agent = ? AND session = ?'),
    sessions: query<SessionRow>(`
      SELECT * FROM sessions WHERE agent = ? AND owner IS ? AND updated_at <= ? AND (updated_at < ? OR session > ?)
      ORDER BY updated_at DESC, session LIMIT +?`),
    insertSession: command(
      'INSERT INTO sessions (agent, session, owner, created_at, updated_at) VALUES (?, ?, ?, ?, ?)',
    ),
    touchSession: command('UPDATE sessions SET updated_at = ? WHERE agent = ? AND session = ?'),
    run: query<RunRow>('SELECT * FROM runs WHERE agent = ? AND session = ? AND run = ?'),
    insertRun: command(
      'INSERT INTO runs (agent, session, run, accepted_at, updated_at, next) VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING',
    ),
    // Without the status, as naming it would rewrite indices even if it stays what it is.
    moveRun: command('UPDATE runs SET next = ?, turn = ?, due_at = ?, updated_at = ? WHERE id = ?'),
    moveRunTo: command(
      'UPDATE runs SET status = ?, next = ?, turn = ?, due_at = ?, updated_at = ? WHERE id = ?',
    ),
    endedAfter: query<RunRow>(
      "SELECT * FROM runs WHERE agent = ? AND session = ? AND status = 'ended' AND turn > ? AND NOT instr(run, '/') ORDER BY turn, id",
    ),
    endedUpTo: query<RunRow>(
      "SELECT * FROM runs WHERE agent = ? AND session = ? AND status = 'ended' AND turn <= ? AND NOT instr(run, '/') ORDER BY turn DESC, id DESC LIMIT +?",
    ),
    open: query<RunRow>(
      "SELECT * FROM runs WHERE agent = ? AND session = ? AND status <> 'ended' AND NOT instr(run, '/') ORDER BY id",
    ),
    scheduled: query<Pick<RunRow, 'run'>>(
      "SELECT run FROM runs WHERE agent = ? AND session = ? AND status <> 'ended' AND substr(run, 1, 1) = '/' ORDER BY id",
    ),
    firstEvent: query<EventRow>(`${eventsOfRun} AND run_events.id = runs.id * ${eventsPerRun}`),
    events: query<EventRow>(`
      ${eventsOfRun} AND run_events.id > runs.id * ${eventsPerRun} + ?
      AND run_events.id < (runs.id + 1) * ${eventsPerRun} ORDER BY run_events.id`),
    insertEvent: command('INSERT INTO run_events (id, type, data, at) VALUES (?, ?, ?, ?)'),
    insertAttachment: command('INSERT INTO attachments (run, digest, content) VALUES (?, ?, ?)'),
    attachment: query<{ readonly content: string }>(
      `SELECT content FROM attachments WHERE run = ${runId} AND digest = ?`,
    ),
    deleteRuns: command('DELETE FROM runs WHERE agent = ? AND session = ? AND accepted_at < ?'),
    deleteEndedRuns: command(`
      DELETE FROM runs WHERE agent = ? AND session = ? AND status = 'ended' AND accepted_at < ? AND turn <= ?
      AND NOT EXISTS (SELECT 1 FROM runs AS outermost
        WHERE outermost.agent = runs.agent AND outermost.session = runs.session AND outermost.status <> 'ended'
        AND outermost.run = substr(runs.run, 1, instr(runs.run, '/') - 1))`),
    deleteEndedBefore: command(`
      DELETE FROM runs WHERE id IN
        (SELECT id FROM runs WHERE status = 'ended' AND updated_at < ? ORDER BY updated_at LIMIT +?)`),
    insertControl: command(`
      INSERT INTO controls (run, id, data, seq) SELECT ?, ?, ?, COALESCE(MAX(seq), 0) + 1 FROM controls WHERE run = ?
      ON CONFLICT DO NOTHING`),
    controls: query<{ readonly data: string }>(`SELECT data FROM controls WHERE run = ${runId} ORDER BY seq`),
    makeDue: command("UPDATE runs SET due_at = ? WHERE id = ? AND status = 'parked'"),
    stalled: query<RunRow & { readonly agent: string; readonly session: string }>(`
      SELECT * FROM runs WHERE status <> 'ended' AND NOT instr(run, '/')
      AND ((status = 'open' AND updated_at < ?) OR (status = 'parked' AND due_at <= ?))
      ORDER BY updated_at LIMIT +?`),
    parked: query<RunRow & { readonly agent: string; readonly session: string }>(`
      SELECT * FROM runs WHERE status <> 'ended' AND NOT instr(run, '/') AND status = 'parked' AND accepted_at >= ?
      ORDER BY accepted_at, id LIMIT +?`),
    idleSessions: query<SessionRow>(
      'SELECT * FROM sessions WHERE agent = ? AND updated_at < ? ORDER BY updated_at LIMIT +?',
    ),
    deleteEmptySession: command(`
      DELETE FROM sessions WHERE agent = ? AND session = ?
      AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.agent = ? AND runs.session = ?)`),
    dataVersion: query<{ readonly data_version: number }>('PRAGMA data_version'),
    // Changes nothing and yet writes: SQLite does not compare.
    probe: command(`PRAGMA user_version = ${schemaVersion}`),
  }
}
