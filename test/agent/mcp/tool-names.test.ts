import { expect, test } from 'vitest'
import { mcpStdio } from '../../../src/agent/mcp/index.js'
import { type McpApproval, toApproval } from '../../../src/agent/mcp/tool-approval.js'
import { toToolNames } from '../../../src/agent/mcp/tool-name.js'

const long = 'x'.repeat(80)

test('tools are named after their server', () => {
  expect([...toToolNames('fs', ['read_file', 'get-sum'])]).toEqual([
    ['read_file', 'fs_read_file'],
    ['get-sum', 'fs_get-sum'],
  ])
})

test('names that providers refuse become names that they take', () => {
  const names = toToolNames('fs', ['billing.refund', 'größe', long])
  expect(names.get('billing.refund')).toBe('fs_billing_refund')
  expect(names.get('größe')).toBe('fs_gr__e')
  expect(names.get(long)).toMatch(/^fs_x{52}_[0-9a-f]{8}$/)
  for (const name of names.values()) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
})

test('names that would become the same stay apart, and the plain one stays plain', () => {
  const names = toToolNames('fs', ['a.b', 'a_b', 'a/b', `${long}1`, `${long}2`])
  expect(new Set(names.values()).size).toBe(5)
  expect(names.get('a_b')).toBe('fs_a_b')
  expect(names.get('a.b')).toMatch(/^fs_a_b_[0-9a-f]{8}$/)
})

test.each(['', 'has space', 'under_score', 'x'.repeat(33)])('the server name "%s" is refused', (name) => {
  expect(() => mcpStdio({ name, command: 'none' })).toThrow(`MCP server name "${name}" must be`)
})

test.each<[McpApproval | undefined, string, 'always' | 'never' | undefined]>([
  [undefined, 'get', undefined],
  ['always', 'get', 'always'],
  ['never', 'get', 'never'],
  [{ always: ['refund'] }, 'refund', 'always'],
  [{ always: ['refund'] }, 'get', undefined],
  [{ never: ['get'] }, 'get', 'never'],
  [{ never: ['get'] }, 'added later', 'always'],
  [{ always: ['refund'], never: ['get', 'refund'] }, 'refund', 'always'],
  [{ always: ['refund'], never: ['get', 'refund'] }, 'get', 'never'],
  [{ always: ['billing.refund'] }, 'refund', 'always'],
  [{ always: ['billing_refund'] }, 'refund', 'always'],
])('with approval %j that of the tool "%s" is %s', (approval, name, expected) => {
  expect(toApproval(approval, [name, `billing_${name}`, `billing.${name}`])).toBe(expected)
})
