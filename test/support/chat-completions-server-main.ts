// Runs the scripted Chat Completions server as a process of its own, for end-to-end tests and benchmarks:
//   node dist/test/support/chat-completions-server-main.js --port 8080 --rules demo --latency-ms 20 --chunks 10
// Its first line of output is the base address for clients.
import { parseArgs } from 'node:util'
import { startChatCompletionsServer } from './chat-completions-server.js'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    rules: { type: 'string', default: 'demo' },
    'latency-ms': { type: 'string', default: '0' },
    chunks: { type: 'string', default: '10' },
    'chunk-delay-ms': { type: 'string', default: '0' },
  },
})

function readCount(option: 'port' | 'latency-ms' | 'chunks' | 'chunk-delay-ms'): number {
  const count = Number(values[option])
  if (!Number.isInteger(count) || count < 0) throw new Error(`--${option} must be a whole number.`)
  return count
}

if (values.rules !== 'demo') throw new Error('--rules must be demo: there are no others.')

const server = await startChatCompletionsServer({
  port: readCount('port'),
  latencyMs: readCount('latency-ms'),
  chunks: readCount('chunks'),
  chunkDelayMs: readCount('chunk-delay-ms'),
  // A benchmark sends more requests than memory holds.
  record: false,
})
process.stdout.write(`${server.url}\n`)
