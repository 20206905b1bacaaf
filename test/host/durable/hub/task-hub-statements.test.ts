import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EntityTable } from '../../../../src/host/durable/hub/entity-table.js'
import { InstanceTable } from '../../../../src/host/durable/hub/instance-table.js'
import {
  preparePatientReads,
  prepareStatements,
} from '../../../../src/host/durable/hub/prepare-statements.js'
import { openTaskHubDatabase } from '../../../../src/host/durable/hub/task-hub-schema.js'
import { hubReads, hubStatements } from '../../../../src/host/durable/hub/task-hub-statements.js'
import { createTempFolder } from '../../../support/temp-folder.js'

test('no limit has SQLite compile a statement again', () => {
  const database = openTaskHubDatabase(join(createTempFolder(), 'x.db'))
  const sql = prepareStatements(database, hubStatements)
  const reads = preparePatientReads(database, hubReads)
  const [entities, instances] = [new EntityTable(database), new InstanceTable(database)]
  const ask = (limit: number) => {
    sql.nextMessages.all('@e@k', 5, limit)
    sql.nextMessagesFrom.all('@e@k', 'i', limit)
    reads.waiting.all('entity', 5, '["e"]', limit)
    entities.list({ after: '', limit })
    instances.list({ statuses: ['Running'], limit })
  }
  let compiled = 0
  // SQLite asks it about everything that a statement touches, while it compiles the statement.
  database.setAuthorizer(() => {
    compiled += 1
    return 0
  })
  ask(1)
  const once = compiled
  ask(2)
  ask(2)
  expect([once > 0, compiled]).toEqual([true, once])
  database.close()
})
