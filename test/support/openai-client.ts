import OpenAI from 'openai'
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
