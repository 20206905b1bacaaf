// An MCP server that writes each call of its tool into a book, and dies or falls silent in the middle of the first ones.
import { appendFileSync, readFileSync } from 'node:fs'
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

const [, , book, manner] = process.argv

// Does not end with its input, as servers should.
if (manner === 'stubborn') setInterval(() => {}, 60_000)

serveStdio(() => {
  const server = new McpServer({ name: 'mortal', version: '1' })
  const definition = {
    description: 'Works, and dies of it, or falls silent, as often as asked.',
    inputSchema: z.object({ deaths: z.number().default(0), silences: z.number().default(0) }),
    annotations: { idempotentHint: true },
  }
  server.registerTool('work', definition, ({ deaths, silences }, { mcpReq }) => {
    const key = mcpReq._meta?.['durable-agent-functions/idempotency-key']
    appendFileSync(book, `${process.pid} ${key}\n`)
    const calls = readFileSync(book, 'utf8').trim().split('\n').length
    if (calls <= deaths) process.exit(1)
    if (calls <= silences) return new Promise(() => {})
    return { content: [{ type: 'text', text: `done at call ${calls}` }] }
  })
  return server
})
