import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { openSqliteFile } from '../../../src/log/sqlite/schema.js'
import { prepareStatements } from '../../../src/log/sqlite/statements.js'
import { createTempFolder } from '../../support/temp-folder.js'

const folder = createTempFolder(afterAll)
const database = openSqliteFile(join(folder, 'runs.db'))
afterAll(() => {
  database.close()
})

/** The text of every statement. */
function listStatements(): readonly string[] {
  const texts: string[] = []
  const prepare = (sql: string) => {
    texts.push(sql)
    return database.prepare(sql)
  }
  prepareStatements({ prepare } as unknown as DatabaseSync, () => new Error('not used'))
  return texts.filter((sql) => !sql.startsWith('PRAGMA')).map((sql) => sql.replace(/\s+/g, ' ').trim())
}

function explain(sql: string): readonly string[] {
  const values = Array.from(sql.matchAll(/\?/g), () => 1)
  const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values)
  return rows.map(({ detail }) => String(detail))
}

test.each(listStatements())('finds its rows through an index: %s', (sql) => {
  const scans = explain(sql).filter((line) => line.startsWith('SCAN'))
  // Holds nothing but the runs that have not ended.
  expect(scans.filter((line) => line !== 'SCAN runs USING INDEX runs_open')).toEqual([])
})

test('sorts nothing but what belongs to one run, or has not ended', () => {
  const sorting = listStatements().filter((sql) => explain(sql).some((line) => line.includes('TEMP B-TREE')))
  expect(sorting).toEqual([
    expect.stringMatching(/^SELECT data FROM controls WHERE run =/),
    expect.stringMatching(/^SELECT \* FROM runs WHERE status <> 'ended'/),
    expect.stringMatching(/^SELECT \* FROM runs WHERE status <> 'ended'/),
  ])
})
