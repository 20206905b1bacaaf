import type { DurableClient } from 'durable-functions'
import { expect, test } from 'vitest'
import { beginRun } from '../../../../src/http/protocols/ag-ui/begin-run.js'
import type { ParsedInput } from '../../../../src/http/protocols/ag-ui/parse-input.js'
import type { Call } from '../../../../src/http/route.js'
import { MemoryRunLog } from '../../../../src/log/memory-run-log.js'
import { SessionClient } from '../../../../src/session/client/session-client.js'
import { createGate } from '../../../support/gate.js'

const session = { agent: 'A', session: 's' }

function toInput(run: string): ParsedInput {
  const shown = [{ id: 'u', role: 'user', content: 'Refund order 7' }]
  return {
    key: { ...session, run },
    shown,
    decisions: [],
    instructions: undefined,
    tools: undefined,
    context: [],
    metadata: undefined,
    replaces: undefined,
    isOlderClient: false,
  }
}

/** A log that takes no run before so many were brought to it: as many hosts have found none of them. */
class MeetingLog extends MemoryRunLog {
  readonly #gate = createGate()
  #missing: number

  constructor(count: number) {
    super()
    this.#missing = count
  }

  override async create(...run: Parameters<MemoryRunLog['create']>) {
    this.#missing -= 1
    if (this.#missing === 0) this.#gate.open()
    await this.#gate.opened
    return super.create(...run)
  }
}

test('a message that comes to several hosts at the same moment is worked on once, and told to all', async () => {
  const log = new MeetingLog(3)
  const signals: string[] = []
  const signalEntity = async (
    _entity: unknown,
    operation: string,
    { correlationId }: { correlationId: string },
  ) => void signals.push(`${operation} ${correlationId}`)
  const sessions = new SessionClient({ signalEntity } as unknown as DurableClient, log)
  const call = { log, sessions, owner: undefined } as unknown as Call
  const begun = await Promise.all(['r-1', 'r-2', 'r-3'].map((run) => beginRun(call, toInput(run))))
  expect(begun.map(({ key }) => key.run)).toEqual(['r-1', 'r-1', 'r-1'])
  expect(signals).toEqual(['run r-1'])
  expect((await log.runsAfter(session, 0)).map(({ run, status }) => `${run} ${status}`)).toEqual(['r-1 open'])
  const again = await beginRun(call, toInput('r-2'))
  expect([again.key.run, signals]).toEqual(['r-1', ['run r-1']])
})
