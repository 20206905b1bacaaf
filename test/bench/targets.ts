import { type Answer, createHttpClient, type HttpClient } from './http-client.js'
import { agentName, instructions, modelName } from './names.js'
import type { Processes, ServerProcess } from './processes.js'

/** Something that answers messages, so that it can be timed. */
export interface Target {
  readonly pid: number
  /** Where it listens, without a slash at the end. */
  readonly url: string
  /** Sends one message and reads the whole answer. Returns the milliseconds that took. @throws {Error} when the answer is not the right one. */
  turn(session: string, message: string): Promise<number>
}

/** What is measured side by side. */
export interface Targets {
  /** The model itself, asked with no server in between. */
  readonly model: Target
  readonly plain: Target
  readonly ours: Target
}

/** Starts a model, a plain server and an embedded host that both ask that model, and runs `work` with them. */
export async function withTargets<T>(
  processes: Processes,
  work: (targets: Targets) => Promise<T>,
): Promise<T> {
  const model = await processes.startModel()
  const servers = [
    model,
    await processes.startPlain(model.url),
    await processes.startHost(model.url),
  ] as const
  const client = createHttpClient()
  try {
    return await work({
      model: createModelTarget(client, servers[0]),
      plain: createServerTarget(client, servers[1], 'run'),
      ours: createServerTarget(client, servers[2], `agents/${agentName}/run`),
    })
  } finally {
    client.close()
    await Promise.all(servers.map((server) => server.stop()))
  }
}

/** The scripted model's answer, known beforehand. */
function toExpectedAnswer(message: string): string {
  return `You said: ${message}`
}

function createServerTarget(client: HttpClient, { url, pid }: ServerProcess, path: string): Target {
  return {
    pid,
    url,
    async turn(sessionId, message) {
      const body = JSON.stringify({ message, sessionId })
      const { answer, ms } = await time(() => client.postJson(`${url}/${path}`, body))
      const { response } = answer.status === 200 ? JSON.parse(answer.text) : {}
      if (response !== toExpectedAnswer(message)) throw new Error(`${path} answered ${describe(answer)}`)
      return ms
    },
  }
}

/** Keeps the conversations itself, so that the model is asked just what the servers ask it. */
function createModelTarget(client: HttpClient, { url, pid }: ServerProcess): Target {
  const sessions = new Map<string, object[]>()
  return {
    pid,
    url,
    async turn(session, message) {
      const messages = sessions.get(session) ?? [{ role: 'system', content: instructions }]
      sessions.set(session, messages)
      messages.push({ role: 'user', content: message })
      const body = { model: modelName, messages, stream: true, stream_options: { include_usage: true } }
      const json = JSON.stringify(body)
      const { answer, ms } = await time(() => client.postJson(`${url}/chat/completions`, json))
      if (!answer.text.includes('data: [DONE]')) throw new Error(`The model answered ${describe(answer)}`)
      messages.push({ role: 'assistant', content: toExpectedAnswer(message) })
      return ms
    },
  }
}

async function time(ask: () => Promise<Answer>): Promise<{ readonly answer: Answer; readonly ms: number }> {
  const startedAt = performance.now()
  const answer = await ask()
  return { answer, ms: performance.now() - startedAt }
}

function describe({ status, text }: Answer): string {
  return `${status}: ${text.slice(0, 500)}`
}
