import { expect, test } from 'vitest'
import { AgentsClient, clientTool } from '../../src/client/index.js'

/** What nothing listens at: what is refused here is never sent. */
const url = 'http://127.0.0.1:9/api'

test.each([
  [{}, 'url of AgentsClient must be given, as text'],
  [{ url, apiKey: 'k' }, 'AgentsClient has no option "apiKey". It has: url, key'],
  [{ url, patienceMs: '5 s' }, 'patienceMs of AgentsClient must be a whole number of at least 0, not "5 s".'],
])('a client of %o is refused', (options, said) => {
  expect(() => new AgentsClient(options as { url: string })).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(said) }),
  )
})

test.each([
  [{ onAproval: () => {} }, 'run has no option "onAproval".'],
  [{ onApproval: 'approve' }, 'onApproval of run must be a function, not "approve".'],
  [{ tools: [() => 1] }, 'Entry 0 in the tools of run is none: make it with clientTool({ ... }).'],
])('a run with %o is refused before it is sent', (options, said) => {
  const session = new AgentsClient({ url }).session('A', 's')
  expect(() => session.run('Hi', options as object)).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(said) }),
  )
})

test('a misspelt option of a tool or of a run that is come back to is named', () => {
  const tool = { name: 't', description: '', execute: () => 1, readOnly: true }
  expect(() => clientTool(tool)).toThrow('clientTool has no option "readOnly".')
  const session = new AgentsClient({ url }).session('A', 's')
  expect(() => session.resume('r', { tool: [] } as object)).toThrow('resume has no option "tool".')
})
