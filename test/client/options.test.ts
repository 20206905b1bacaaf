import { afterEach, expect, test, vi } from 'vitest'
import { AgentsClient, clientTool } from '../../src/client/index.js'

/** What nothing listens at: what is refused here is never sent. */
const url = 'http://127.0.0.1:9/api'
afterEach(() => vi.restoreAllMocks())

test.each([
  [{}, 'url of AgentsClient must be given, as text'],
  [{ url, apiKey: 'k' }, 'AgentsClient has no option "apiKey". It has: url, key'],
  [{ url: 'localhost:7071/api' }, 'url of AgentsClient must begin with http:// or https://.'],
  [{ url: `${url}?code=k` }, 'url of AgentsClient must have no query: the option key takes a key.'],
  [{ url, key: '' }, 'key of AgentsClient must be given, as text, and not "".'],
  [{ url, headers: 'x: y' }, 'headers of AgentsClient takes an object with options, not "x: y".'],
  [{ url, headers: { 'x-user': 7 } }, 'headers of AgentsClient.x-user must be text, not 7.'],
  [
    { url, credentials: true },
    "credentials of AgentsClient must be one of 'same-origin', 'include', 'omit', not true.",
  ],
  [{ url, patienceMs: '5 s' }, 'patienceMs of AgentsClient must be a whole number of at least 0, not "5 s".'],
])('a client of %o is refused', (options, said) => {
  expect(() => new AgentsClient(options as { url: string })).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(said) }),
  )
})

test.each([
  [{ onAproval: () => {} }, 'run has no option "onAproval".'],
  [{ onApproval: 'approve' }, 'onApproval of run must be a function, not "approve".'],
  [{ signal: 5 }, 'signal of run must be the signal of an AbortController, not 5.'],
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

test('a misspelt option of what is read is named', async () => {
  const client = new AgentsClient({ url })
  const session = client.session('A', 's')
  const befor = { befor: 1 } as object
  const befour = { befour: 1 } as object
  await expect(client.listApprovals(befour)).rejects.toThrow('listApprovals has no option "befour".')
  await expect(client.listQuestions(befour)).rejects.toThrow('listQuestions has no option "befour".')
  await expect(client.listSessions('A', befor)).rejects.toThrow('listSessions has no option "befor".')
  await expect(session.read(befor)).rejects.toThrow('read has no option "befor".')
  await expect(session.follow('r', befor).next()).rejects.toThrow('follow has no option "befor".')
})

test.each(['', ' ', '.', '..', 'a/b', 7] as string[])(
  'what is no id is refused, as in an address it could name something else: %o',
  async (id) => {
    const client = new AgentsClient({ url })
    const session = client.session('A', 's')
    const refused = expect.objectContaining({ code: 'invalid_request' })
    expect(() => client.session('A', id)).toThrow(refused)
    expect(() => client.session(id)).toThrow(refused)
    expect(() => session.resume(id)).toThrow(refused)
    expect(() => session.run('Hi', { correlationId: id })).toThrow(refused)
    const decision = { decision: 'approve' } as const
    const calls = [session.cancel(id), session.report(id, 'c', { result: 1 }), session.decide(id, decision)]
    for (const call of calls) await expect(call).rejects.toEqual(refused)
    await expect(client.listSessions(id)).rejects.toEqual(refused)
  },
)

test('what a tool gives that JSON says nothing of is no result', async () => {
  const tool = clientTool({ name: 'read', description: '', execute: () => new Response('Sunny.') })
  const context = { callId: 'c', signal: new AbortController().signal }
  expect(await tool.execute({}, context)).toEqual({
    error: expect.stringContaining('of a value of type Response JSON says nothing'),
  })
})

test.each([
  [undefined, 'same-origin'],
  ['include' as const, 'include'],
])('a client whose credentials are %s has a browser send cookies as %s', async (credentials, sent) => {
  const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(Response.json({ agents: [] }))
  await new AgentsClient({ url, credentials }).listAgents()
  expect(fetched.mock.calls.map(([request]) => (request as Request).credentials)).toEqual([sent])
})
