/** What one room of `src` may lean on. */
export interface Room {
  /** Rooms it may import, besides itself. */
  readonly rooms: readonly string[]
  /** Packages it may import; `node:` stands for the built-in modules. */
  readonly packages: readonly string[]
}

/** Who may import whom: lower layers first, and nobody looks up. */
export const rooms: Readonly<Record<string, Room>> = {
  core: { rooms: [], packages: ['@standard-schema/spec', 'zod', 'node:'] },
  model: {
    rooms: ['core'],
    packages: [
      'openai',
      'eventsource-parser',
      '@ai-sdk/provider',
      '@azure/identity',
      '@opentelemetry/api',
      'node:',
    ],
  },
  run: { rooms: ['core'], packages: [] },
  log: {
    rooms: ['core', 'run'],
    packages: ['@azure/storage-blob', '@azure/identity', 'redis', 'node:'],
  },
  agent: {
    rooms: ['core', 'model', 'run'],
    packages: [
      'zod',
      'node:',
      '@modelcontextprotocol/client',
      '@modelcontextprotocol/server',
      '@openai/agents',
      '@opentelemetry/api',
      '@a2a-js/sdk',
    ],
  },
  session: { rooms: ['core', 'run', 'agent'], packages: ['durable-functions', 'zod', 'node:'] },
  orchestration: { rooms: ['core', 'session'], packages: ['durable-functions', 'node:'] },
  http: {
    rooms: ['core', 'run', 'session', 'orchestration', 'agent'],
    packages: ['zod', 'openai', 'node:'],
  },
  client: { rooms: ['core', 'run'], packages: ['eventsource-parser'] },
  web: { rooms: ['core'], packages: ['node:'] },
  app: {
    rooms: ['core', 'model', 'run', 'log', 'agent', 'session', 'orchestration', 'http', 'web'],
    packages: ['@azure/functions', 'durable-functions', 'node:'],
  },
  host: {
    rooms: ['core'],
    packages: ['@azure/identity', '@azure/storage-blob', '@azure/storage-queue', 'node:'],
  },
  testing: {
    rooms: ['core', 'model', 'run', 'log', 'agent', 'session'],
    packages: ['durable-functions', 'node:'],
  },
  cli: { rooms: ['core', 'client', 'host'], packages: ['zod', 'node:'] },
}
