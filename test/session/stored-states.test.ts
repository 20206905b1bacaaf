import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AgentState } from '../../src/session/state/agent-state.js'
import { toHistoryEntries, toLastResponse } from '../../src/session/state/history-entries.js'
import { schemaVersion } from '../../src/session/state/stored-state.js'

const folder = join(import.meta.dirname, '../fixtures/states')

interface Fixture {
  /** What an entity of that release had stored. */
  readonly stored: object
  readonly expected: {
    readonly messageCount: number
    readonly lastResponse: string
    readonly lines: readonly unknown[]
  }
}

const fixtures = readdirSync(folder).map((name) => [name, readFixture(name)] as const)

function readFixture(name: string): Fixture {
  return JSON.parse(readFileSync(join(folder, name), 'utf8'))
}

test.each(fixtures)(
  'the state stored in %s is still read and lifted, and nothing in it is lost',
  (_name, { stored, expected }) => {
    const state = new AgentState()
    state.restoreState(stored)
    expect(state.messageCount).toBe(expected.messageCount)
    expect(toLastResponse(state.entries)).toBe(expected.lastResponse)
    expect(
      toHistoryEntries(state.entries, { runs: true }).map(({ role, content }) => [role, content]),
    ).toEqual(expected.lines)
    expect(state.getState()).toMatchObject({ ...stored, schemaVersion })
  },
)

test('there is a stored state of this release and of the .NET and Python agents', () => {
  expect(fixtures.map(([name]) => name).sort()).toEqual(['dotnet-1.1.0.json', 'release-0.1.0.json'])
})
