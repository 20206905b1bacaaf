import { checkCount } from '../../core/check-count.js'
import { checkFlag, checkOptions, checkText, type OptionNames } from '../../core/check-options.js'
import type { ConnectionSource } from './openai-connection.js'

/** How a model of OpenAI's kind is asked, whichever API it is asked by. */
export interface OpenAICallOptions {
  /** Name of the model, as the server knows it. */
  readonly model: string
  /** Whether to ask for the answer in chunks; `false` for servers that cannot stream. @default true */
  readonly stream?: boolean | undefined
  /**
   * Longest silence of the server: before the first chunk, and between two. Without `stream`, longest time for the
   * whole answer. Node's own `fetch`, where it makes the calls, gives up after 300,000.
   * @default 300_000
   */
  readonly timeoutMs?: number | undefined
}

type CommonOptions = ConnectionSource<unknown> & OpenAICallOptions

const commonOptions: OptionNames<CommonOptions> = {
  model: true,
  apiKey: true,
  baseUrl: true,
  organization: true,
  headers: true,
  fetch: true,
  client: true,
  stream: true,
  timeoutMs: true,
}

/**
 * Refuses options that there are not: what was meant for another server would go to OpenAI if its `baseUrl` were
 * overlooked. `own` are those of the one client. @throws {AgentError} `invalid_configuration` naming the option.
 */
export function checkOpenAIOptions<Options extends CommonOptions>(
  what: string,
  options: Options,
  own: OptionNames<Omit<Options, keyof CommonOptions>>,
): void {
  checkOptions<CommonOptions>(what, options, { ...commonOptions, ...own })
  checkText('model', options.model)
  checkFlag('stream', options.stream)
  checkCount('timeoutMs', options.timeoutMs)
}
