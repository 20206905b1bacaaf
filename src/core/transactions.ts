import type { DatabaseSync } from 'node:sqlite'

/** The transactions of one database connection. Each method throws what SQLite says, as an error with its `errcode`. */
export interface Transactions {
  /** Begins one that writes, and so waits for no lock later on. */
  begin(): void
  commit(): void
  rollback(): void
  /** Marks the beginning of a part that can be undone by itself. Parts do not contain each other. */
  beginPart(): void
  /** Makes the part belong to the whole. */
  endPart(): void
  /** Undoes what was written since {@link beginPart}. */
  undoPart(): void
}

/** The transactions of a connection as statements prepared once: SQLite would parse their text each time otherwise. */
export function prepareTransactions(database: DatabaseSync): Transactions {
  const prepare = (sql: string) => {
    const statement = database.prepare(sql)
    return () => void statement.run()
  }
  const endPart = prepare('RELEASE part')
  const undo = prepare('ROLLBACK TO part')
  return {
    begin: prepare('BEGIN IMMEDIATE'),
    commit: prepare('COMMIT'),
    rollback: prepare('ROLLBACK'),
    beginPart: prepare('SAVEPOINT part'),
    endPart,
    undoPart: () => {
      undo()
      endPart()
    },
  }
}
