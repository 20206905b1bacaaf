import { checkMessages } from '../core/check-messages.js'
import {
  checkFlag,
  checkFunction,
  checkObject,
  checkOptions,
  checkPairs,
  checkSignal,
  describeGiven,
  type OptionNames,
} from '../core/check-options.js'
import { AgentError } from '../core/errors.js'
import type { ChatMessage } from '../core/messages.js'
import type { AgentDefinition } from './agent-definition.js'
import { checkTools } from './agent-options.js'
import type { AgentRunOptions } from './agent-run-options.js'
import type { AgentSession } from './agent-session.js'
import { checkModelSettings, checkToolChoice } from './check-model-settings.js'

const runOptions: OptionNames<AgentRunOptions> = {
  session: true,
  history: true,
  tools: true,
  toolChoice: true,
  modelSettings: true,
  background: true,
  continuationToken: true,
  responseFormat: true,
  context: true,
  metadata: true,
  enableToolCalls: true,
  onApproval: true,
  onError: true,
  signal: true,
}

/** Refuses options that there are not, of a wrong type, or that exclude each other. @throws {AgentError} `invalid_configuration`, `invalid_request` */
export function checkRunOptions(agent: AgentDefinition, options: AgentRunOptions): void {
  checkOptions('run', options, runOptions)
  const { session, history = [], tools = [], context = {}, signal } = options
  if (session !== undefined) checkSession(session)
  checkMessages('history', history)
  if (session !== undefined && history.length > 0) {
    throw new AgentError('invalid_request', 'A run takes its history from its session: pass one of the two.')
  }
  checkTools(`a run of agent "${agent.name}"`, tools)
  checkToolChoice('toolChoice of run', options.toolChoice)
  checkModelSettings('modelSettings of run', options.modelSettings)
  checkFlag('background of run', options.background)
  checkFlag('enableToolCalls of run', options.enableToolCalls)
  checkObject('context of run', context)
  checkPairs('metadata of run', options.metadata)
  checkFunction('onApproval of run', options.onApproval)
  checkFunction('onError of run', options.onError)
  checkSignal('signal of run', signal)
}

/**
 * Refuses what nothing is asked with: a model answers all the same. Without input it is asked about what was said before, or
 * come back for an answer; but one that is `undefined` beside a session is a slip. @throws {AgentError} `invalid_request`
 */
export function checkInput(
  input: string | readonly ChatMessage[] | undefined,
  { session, history = [], continuationToken }: AgentRunOptions,
): void {
  if (typeof input !== 'string') checkMessages('input', input ?? [])
  if (continuationToken !== undefined) return
  if (typeof input === 'string' ? input.trim() !== '' : [...history, ...(input ?? [])].length > 0) return
  if (session !== undefined && Array.isArray(input)) return
  const message = `A run needs a message: a text that is not blank, or a list that is not empty. Given was ${describeGiven(input)}.`
  throw new AgentError('invalid_request', message)
}

function checkSession(session: AgentSession): void {
  if (typeof session?.afterOthers === 'function') return
  const message = 'The session of a run must be one that createSession() or AgentSession.fromJSON() gave.'
  throw new AgentError('invalid_request', message)
}

/** Refuses a token that is none of this client's, and one beside a question. @throws {AgentError} `invalid_request` */
export function checkContinuation(
  { name, client }: AgentDefinition,
  messages: readonly ChatMessage[],
  continuationToken: string | undefined,
): void {
  if (continuationToken === undefined) return
  if (messages.length > 0) {
    throw new AgentError('invalid_request', 'A run with a continuationToken asks nothing: pass no input.')
  }
  if (typeof continuationToken !== 'string') {
    throw new AgentError('invalid_request', 'continuationToken must be text, exactly as it came.')
  }
  if (client.cancel !== undefined) return
  throw new AgentError(
    'invalid_request',
    `The model client of agent "${name}" does not work in the background, so no continuationToken is its own.`,
  )
}
