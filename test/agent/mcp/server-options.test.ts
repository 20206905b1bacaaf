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
])('a slip that would let tools run unasked is refused: %j', (slip, said) => {
  expect(() => mcpHttp({ name: 'bank', url, ...slip } as McpHttpOptions)).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(said) }),
  )
})

test('a program has its own options, and not those of a server on the web', () => {
  const slip = { name: 'bank', command: 'bank', headers: {} }
  expect(() => mcpStdio(slip)).toThrow('mcpStdio has no option "headers".')
})
