import { expect, test } from 'vitest'
import { type McpHttpOptions, mcpHttp, mcpStdio } from '../../../src/agent/mcp/index.js'

const url = 'https://mcp.example.com'

test.each([
  [{ approval: 'allways' }, `approval of MCP server "bank" must be one of 'always', 'never', not "allways".`],
  [
    { approval: { always_require_approval: ['refund'] } },
    'approval of MCP server "bank" has no option "always_require_approval". It has: always, never.',
  ],
  [{ aproval: 'always' }, 'mcpHttp has no option "aproval".'],
  [
    { approval: { always: 'refund' } },
    'always in approval of MCP server "bank" must be a list, not "refund".',
  ],
  [{ allowedTools: 'balance' }, 'allowedTools of MCP server "bank" must be a list, not "balance".'],
  [
    { trustAnnotations: 'false' },
    'trustAnnotations of MCP server "bank" must be true or false, not "false".',
  ],
  [
    { onUnknownOutcome: 'repeat' },
    `onUnknownOutcome of MCP server "bank" must be one of 'retry', 'ask', 'fail', not "repeat".`,
  ],
  [
    { onChangedTool: 'ask' },
    `onChangedTool of MCP server "bank" must be one of 'refuse', 'allow', not "ask".`,
  ],
])('a slip that would let tools run unasked is refused: %j', (slip, said) => {
  expect(() => mcpHttp({ name: 'bank', url, ...slip } as McpHttpOptions)).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(said) }),
  )
})

test.each([
  [{ allowPrivateNetwork: 'false' }, 'allowPrivateNetwork of MCP server "bank" must be true or false'],
  [{ requestTimeoutMs: '5000' }, 'requestTimeoutMs of MCP server "bank" must be a whole number'],
  [{ approvers: '2' }, 'approvers of MCP server "bank" must be a whole number'],
  [{ maxConnections: 0 }, 'maxConnections of MCP server "bank" must be a whole number of at least 1, not 0.'],
  [{ onWarning: true }, 'onWarning of MCP server "bank" must be a function, not true.'],
])('what is of another type is refused: %j', (slip, said) => {
  expect(() => mcpHttp({ name: 'bank', url, ...slip } as McpHttpOptions)).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(said) }),
  )
})

test('a program has its own options, and not those of a server on the web', () => {
  const slip = { name: 'bank', command: 'bank', headers: {} }
  expect(() => mcpStdio(slip)).toThrow('mcpStdio has no option "headers".')
})
