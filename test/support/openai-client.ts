import OpenAI from 'openai'
import type { Response } from 'openai/resources/responses/responses'
import type { SpawnedHost } from './spawn-host.js'

/** The official client for an app's agents; tries nothing again by itself. `user` is whom the app takes the caller for. */
export function createOpenAiClient({ url }: Pick<SpawnedHost, 'url'>, user?: string): OpenAI {
  return new OpenAI({
    baseURL: `${url}/api/compatible-mode/v1`,
    apiKey: 'any',
    maxRetries: 0,
    ...(user === undefined ? {} : { defaultHeaders: { 'x-user': user } }),
  })
}

/** The error that a call of the client fails with, as far as tests look at it. @throws {Error} when it succeeds. */
export async function readFailure(call: Promise<unknown>) {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof OpenAI.APIError)) throw new Error(`The call did not fail as it should: ${error}`)
  const { status, param, code, type } = error
  return { status, param, code, type, message: error.message }
}

/** The types of what a response holds, in order. */
export function kindsOf({ output }: Pick<Response, 'output'>): readonly string[] {
  return output.map(({ type }) => type)
}

/** A stream's events, when it has ended. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const one of stream) all.push(one)
  return all
}
