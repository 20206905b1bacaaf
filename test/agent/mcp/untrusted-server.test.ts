import { expect, test } from 'vitest'
import { mcpStdio } from '../../../src/agent/mcp/index.js'
import { createChangedTool, createMcpTool } from '../../../src/agent/mcp/mcp-tool.js'
import { tool } from '../../../src/agent/tools/tool.js'
import { Agent } from '../../../src/index.js'
import { ScriptedModel } from '../../../src/testing/scripted-model.js'

const definition = { name: 'fetch', inputSchema: { type: 'object' as const } }

test.each([true, false])('with untrusted: %s so is each of its tools, changed ones too', (untrusted) => {
  const named = { definition, name: 'web_fetch', server: { name: 'web', untrusted } }
  const connections = {} as Parameters<typeof createMcpTool>[1]
  expect(createMcpTool(named, connections)).toMatchObject({ untrusted, asksAfterUntrusted: true })
  expect(createChangedTool(named).untrusted).toBe(untrusted)
})

test('an agent that has an untrusted server is itself one as a tool', () => {
  const web = mcpStdio({ name: 'web', command: 'none', untrusted: true })
  const plain = tool({ name: 'plain', description: 'Plain.', execute: () => null })
  const create = (...tools: readonly (typeof web | typeof plain)[]) =>
    new Agent({ name: 'Reader', client: new ScriptedModel([]), tools }).asTool()
  expect([create(plain, web).untrusted, create(plain).untrusted]).toEqual([true, false])
})

test('a misspelt untrusted is refused', () => {
  const options = { name: 'web', command: 'none', untrusted: 'yes' as unknown as boolean }
  expect(() => mcpStdio(options)).toThrow('untrusted of MCP server "web"')
})
