import { checkCount } from '../../core/check-count.js'
import {
  checkChoice,
  checkFlag,
  checkFunction,
  checkOptions,
  type OptionNames,
} from '../../core/check-options.js'
import { AgentError } from '../../core/errors.js'
import { toHexId } from '../../core/hex-id.js'
import { createTextMessage, toText } from '../../core/messages.js'
import type { AgentResponse } from '../../core/response.js'
import type { ContextProvider } from '../agent-definition.js'
import type { ProviderContext, RunInfo } from '../providers/provider-context.js'
import type { Memory, MemoryStore } from './memory-store.js'
import { createMemoryTools } from './memory-tools.js'

/** Whose memories a run sees and adds to; `undefined` for a run without any. */
export type MemoryScope = 'owner' | 'session' | ((run: RunInfo) => string | undefined)

export interface MemoryProviderOptions {
  readonly store: MemoryStore
  /** @default 'owner': the signed-in user's, over all sessions; in a session of nobody that session's */
  readonly scope?: MemoryScope | undefined
  /** How many memories that fit the message a run is told of; 0 for none. @default 5 */
  readonly limit?: number | undefined
  /** Whether the model has tools to remember, recall and forget. @default true */
  readonly tools?: boolean | undefined
  /** What to keep of a run that has its answer: each text becomes a memory. @default nothing but what the model remembers */
  readonly remember?:
    | ((context: ProviderContext, response: AgentResponse) => readonly string[] | Promise<readonly string[]>)
    | undefined
  /** Names it among the agent's providers. @default 'memory' */
  readonly name?: string | undefined
}

const memoryOptions: OptionNames<MemoryProviderOptions> = {
  store: true,
  scope: true,
  limit: true,
  tools: true,
  remember: true,
  name: true,
}

/**
 * Lets an agent remember beyond the conversation: what fits a message is shown to the model before it, and the model
 * can keep, look for and forget things.
 * Security: memories are what users and models have said, so the model is shown them as such, never as instructions.
 *
 * @example
 * const memory = createMemoryProvider({ store: new SqliteMemoryStore({ path: './memories.db' }) })
 * const agent = new Agent({ name: 'Butler', client, contextProviders: [memory] })
 */
export function createMemoryProvider(options: MemoryProviderOptions): ContextProvider {
  checkOptions('createMemoryProvider', options, memoryOptions)
  const { store, scope = 'owner', limit = 5, tools = true, remember, name = 'memory' } = options
  if (typeof store?.search !== 'function') {
    throw new AgentError(
      'invalid_configuration',
      'createMemoryProvider needs a store, such as SqliteMemoryStore.',
    )
  }
  if (typeof scope !== 'function') {
    checkChoice('scope of createMemoryProvider, when it is no function,', scope, ['owner', 'session'])
  }
  checkCount('limit of createMemoryProvider', limit, 0)
  checkFlag('tools of createMemoryProvider', options.tools)
  checkFunction('remember of createMemoryProvider', remember)
  const toScope = (run: RunInfo) => findScope(scope, run)
  return {
    name,
    async beforeRun(context) {
      const own = toScope(context)
      if (own === undefined || limit === 0) return
      const query = context.messages.map(({ contents }) => toText(contents)).join(' ')
      const found = await store.search(own, query, limit)
      return found.length === 0 ? undefined : { messages: [createTextMessage('user', toNote(found))] }
    },
    tools(context) {
      const own = toScope(context)
      return own === undefined || !tools ? [] : createMemoryTools(store, own)
    },
    async afterRun(context, response) {
      const own = toScope(context)
      if (own === undefined || remember === undefined) return
      const texts = await remember(context, response)
      for (const [index, text] of texts.entries())
        await store.add(own, { id: toMemoryId(context, index), text })
    },
  }
}

/** The same when a run is told of again; correlation ids are unique in their session only. */
function toMemoryId({ agentName, sessionId, correlationId }: RunInfo, index: number): string {
  return toHexId(JSON.stringify([agentName, sessionId, correlationId, index]))
}

/** Security: a session's memories outlive it, and its id may then be taken by somebody else; so its owner is part of their scope. */
function findScope(scope: MemoryScope, run: RunInfo): string | undefined {
  if (typeof scope === 'function') return scope(run)
  const { agentName, sessionId, owner } = run
  if (scope === 'owner' && owner !== undefined) return `owner/${owner}`
  if (sessionId === undefined) return undefined
  return ['session', agentName, sessionId, ...(owner === undefined ? [] : [owner])].join('/')
}

function toNote(found: readonly Memory[]): string {
  const lines = found.map(({ text, createdAt }) => `- (${createdAt.slice(0, 10)}) ${text}`)
  return ['Notes from earlier conversations that may help with what follows:', ...lines].join('\n')
}
