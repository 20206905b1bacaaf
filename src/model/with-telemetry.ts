import { checkFlag, checkOptions } from '../core/check-options.js'
import type { ChatClient, ChatEvent, ChatOptions, ChatRequest } from './chat-client.js'
import { ChatCall, findChatCall } from './telemetry/chat-call.js'
import { capturesContent } from './telemetry/content-capture.js'
import { isMetering } from './telemetry/instruments.js'
import { bindIterable, isTracing } from './telemetry/tracing.js'
import { withStream } from './with-stream.js'

export interface TelemetryOptions {
  /**
   * Whether spans tell what is said: instructions, messages, tools with their arguments and results. Whoever can read the
   * traces can then read that.
   * @default the environment variable `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`, else false
   */
  readonly captureContent?: boolean | undefined
}

/**
 * The same client, but each call is a span `chat <model>` and is counted in `gen_ai.client.*` metrics, with the provider
 * that the app has registered with OpenTelemetry; without one it is the client itself that answers. Agents do this by
 * themselves: of wrappers around wrappers the outermost counts, so that no call is told of twice.
 *
 * ```ts
 * const client = withTelemetry(withRetry(createOpenAIChatClient({ model: 'gpt-5.4-mini' })))
 * ```
 *
 * Names: OpenTelemetry semantic conventions 1.41.0, "Generative client AI spans".
 * @throws {AgentError} `invalid_configuration` naming an option that there is not.
 */
export function withTelemetry(client: ChatClient, options: TelemetryOptions = {}): ChatClient {
  checkTelemetryOptions('withTelemetry', options)
  return withStream(client, (request, chatOptions) => observe(client, options, request, chatOptions))
}

/** Refuses options that there are not, and a text that would tell what is said whatever it says. @throws {AgentError} `invalid_configuration` */
export function checkTelemetryOptions(what: string, options: TelemetryOptions = {}): void {
  checkOptions(what, options, { captureContent: true })
  checkFlag(`captureContent of ${what}`, options.captureContent)
}

function observe(
  client: ChatClient,
  { captureContent }: TelemetryOptions,
  request: ChatRequest,
  options: ChatOptions | undefined,
): AsyncIterable<ChatEvent> {
  if (!isTracing() && !isMetering()) return client.stream(request, options)
  const outer = findChatCall()
  if (outer === undefined) {
    const start = { client, request, capturesContent: captureContent ?? capturesContent() }
    return streamObserved(client, start, options)
  }
  if (captureContent) outer.capture(request)
  return client.stream(request, options)
}

async function* streamObserved(
  client: ChatClient,
  start: ConstructorParameters<typeof ChatCall>[0],
  options: ChatOptions | undefined,
): AsyncGenerator<ChatEvent> {
  const call = new ChatCall(start)
  try {
    const events = bindIterable(
      (work) => call.run(work),
      () => client.stream(start.request, options),
    )
    for await (const event of events) {
      call.note(event)
      yield event
    }
  } catch (error) {
    call.fail(error)
    throw error
  } finally {
    call.leave(options?.signal)
  }
}
