import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { McpServer } from '@modelcontextprotocol/server'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { evaluateWeather } from '../../samples/recipes/09-evaluation.js'
import { research } from '../../samples/recipes/11-mcp-servers.js'
import { createBillingAgent, serveTenant } from '../../samples/recipes/12-tenant-mcp.js'
import { Agent } from '../../src/agent/agent.js'
import { mcpStdio } from '../../src/agent/mcp/index.js'
import type { ChatRequest } from '../../src/model/chat-client.js'
import { createOfflineChatClient } from '../../src/model/offline/offline.js'
import { conversation, ScriptedModel } from '../../src/testing/scripted-model.js'
import { serveMcp } from '../agent/mcp/servers.js'
import { createTempFolder } from '../support/temp-folder.js'

/** A server with tools of these names, which tell whose request they serve. */
function serveTools(...names: readonly string[]) {
  return serveMcp(({ requestInfo }) => {
    const server = new McpServer({ name: 'test', version: '1' })
    for (const name of names) {
      const definition = { description: name, inputSchema: z.object({}) }
      const text = `${name} for ${requestInfo?.headers.get('x-tenant-id')} with ${requestInfo?.headers.get('authorization')}`
      server.registerTool(name, definition, () => ({ content: [{ type: 'text', text }] }))
    }
    return server
  })
}

function readResults({ messages }: ChatRequest): string {
  const contents = messages.flatMap((message) => message.contents)
  return contents
    .flatMap((content) => (content.type === 'functionResult' ? [JSON.stringify(content.result)] : []))
    .join('; ')
}

test('9: the offline model passes, and what fails has a reason', async () => {
  expect(await evaluateWeather(createOfflineChatClient())).toMatchObject({
    counts: { passed: 2, failed: 0 },
    failures: [],
  })
  const silent = await evaluateWeather(new ScriptedModel(() => ({ text: 'Who knows.' })))
  expect(silent.counts).toEqual({ passed: 0, failed: 2 })
  expect(silent.failures).toContainEqual(expect.stringContaining('mentions_celsius: there is no °C'))
})

test('11: tools of a local and of a remote server work side by side', async () => {
  const folder = createTempFolder()
  await writeFile(join(folder, 'note.txt'), '')
  const { url } = await serveTools('search')
  const model = new ScriptedModel((request) =>
    request.messages.some(({ role }) => role === 'tool')
      ? { text: readResults(request) }
      : {
          calls: [
            { name: 'fs_list_directory', arguments: { path: folder } },
            { name: 'learn_search', arguments: {} },
          ],
        },
  )
  const answer = await research(model, folder, { name: 'learn', url, allowPrivateNetwork: true })
  expect(answer).toContain('note.txt')
  expect(answer).toContain('search for')
})

test('12: each tenant has headers of its own, and what changes something waits for a human', async () => {
  const { url } = await serveTools('list_invoices', 'refund')
  const server = { url, allowPrivateNetwork: true }
  const list = new ScriptedModel((request) =>
    request.messages.at(-1)?.role === 'tool'
      ? { text: readResults(request) }
      : { calls: [{ name: 'billing_list_invoices', arguments: {} }] },
  )
  const agent = createBillingAgent(list, server)
  expect(await serveTenant(agent, { id: 'acme', token: 'tk-1' }, 'List my open invoices.')).toContain(
    'list_invoices for acme with Bearer tk-1',
  )
  expect(await serveTenant(agent, { id: 'globex', token: 'tk-2' }, 'And mine?')).toContain(
    'list_invoices for globex with Bearer tk-2',
  )
  const refund = new ScriptedModel([{ calls: [{ name: 'billing_refund', arguments: {} }] }])
  const refunds = serveTenant(createBillingAgent(refund, server), { id: 'acme', token: 'tk-1' }, 'Refund it!')
  await expect(refunds).rejects.toThrow('"billing_refund" waits for an approval')
})

test('16: another agent asks the served one over stdio', async () => {
  const sample = resolve(import.meta.dirname, '../../dist/samples/recipes/16-agent-over-mcp.js')
  await using docs = mcpStdio({ name: 'docs', command: process.execPath, args: [sample], stderr: 'ignore' })
  const client = new ScriptedModel(
    conversation([
      { calls: [{ name: 'docs_docs_agent', arguments: { query: 'Where are the keys?' } }] },
      { text: 'done' },
    ]),
  )
  const { messages } = await new Agent({ name: 'Asker', client, tools: [docs] }).run('Ask the docs')
  expect(messages.flatMap(({ contents }) => contents)).toContainEqual(
    expect.objectContaining({
      type: 'functionResult',
      result: expect.stringContaining('Where are the keys?'),
    }),
  )
})
