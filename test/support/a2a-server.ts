import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A call that the server got; by HTTP+JSON its method is the path, and its parameters are the body. */
export interface A2aCall {
  readonly method: string
  readonly params: { readonly id?: string; readonly message?: SentMessage; readonly metadata?: object }
  readonly headers: IncomingHttpHeaders
}

export interface SentMessage {
  readonly messageId: string
  readonly contextId?: string
  readonly taskId?: string
  readonly parts: readonly object[]
}

/** What the server does with a call: answers it, tells frames and closes, breaks the connection, refuses, or says something else. */
export type A2aStep =
  | { readonly result: object }
  | { readonly frames: readonly object[]; readonly stays?: boolean }
  | { readonly hangUp: true }
  | { readonly error: { readonly code: number; readonly message: string } }
  | { readonly status: number }
  | { readonly text: string; readonly type: string }

/** Members of the card that differ. */
export type CardChanges = (url: string) => object

/** An A2A agent that does as it is told. */
export interface A2aServer extends AsyncDisposable {
  readonly url: string
  readonly calls: readonly A2aCall[]
}

/** Starts an agent of A2A 1.0 whose script says what is done with each call, from 0 on. */
export async function startA2aServer(
  script: (call: A2aCall, index: number) => A2aStep,
  changes: CardChanges = () => ({}),
): Promise<A2aServer> {
  const calls: A2aCall[] = []
  const server = createServer(async (request, response) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    if (request.url?.includes('.well-known'))
      return void response.end(JSON.stringify({ ...toCard(url), ...changes(url) }))
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}')
    const { id, method, params } = 'jsonrpc' in body ? body : { method: request.url, params: body }
    const call = { method, params, headers: request.headers }
    calls.push(call)
    answer(response, id, script(call, calls.length - 1))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function toCard(url: string): object {
  return {
    name: 'Scripted',
    description: 'Does as it is told.',
    version: '1',
    supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: { streaming: true },
    defaultInputModes: [],
    defaultOutputModes: [],
    skills: [],
  }
}

function answer(response: ServerResponse, id: unknown, step: A2aStep): void {
  if ('hangUp' in step) {
    response.destroy()
  } else if ('status' in step) {
    response.writeHead(step.status).end('<html>')
  } else if ('text' in step) {
    response.writeHead(200, { 'content-type': step.type }).end(step.text)
  } else if ('frames' in step) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const result of step.frames)
      response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`)
    if (step.stays !== true) response.end()
  } else {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...step }))
  }
}

/** A task of that server. */
export function task(state: string, fields: object = {}): object {
  return { id: 'task-1', contextId: 'context-1', status: { state: `TASK_STATE_${state}` }, ...fields }
}

/** A task that has said something. */
export function says(state: string, text: string): object {
  return task(state, { artifacts: [{ artifactId: 'a', parts: [{ text }] }] })
}

/** A frame that adds to what a task says, or takes its place. */
export function adds(text: string, append = true): object {
  return {
    artifactUpdate: {
      taskId: 'task-1',
      contextId: 'context-1',
      artifact: { artifactId: 'a', parts: [{ text }] },
      append,
    },
  }
}

/** A frame that tells how far a task is. */
export function becomes(state: string): object {
  return {
    statusUpdate: { taskId: 'task-1', contextId: 'context-1', status: { state: `TASK_STATE_${state}` } },
  }
}
