import { idempotentMessages } from '../../../agent/a2a/idempotent-messages.js'
import type { Agent } from '../../../agent/agent.js'
import { toStaticTools } from '../../../agent/agent-definition.js'
import { type Answer, createJsonAnswer } from '../../answers.js'
import { refuseUnknown } from '../../parse-query.js'
import type { Call } from '../../route.js'
import { isNewest, knownParameters } from './a2a-version.js'
import { requireCalledAgent } from './called-agent.js'
import { canPush } from './push-webhook.js'

/**
 * `GET a2a/{agent}/.well-known/agent-card.json`: who an agent is and where it is called. Clients of 0.3 get a card in their
 * form, which also names the interface of 1.0.
 */
export async function handleAgentCard(call: Call): Promise<Answer> {
  refuseUnknown(call.url.searchParams, knownParameters)
  const agent = requireCalledAgent(call)
  const url = toInterfaceUrl(call.url, agent)
  const isSecured = call.authLevel !== 'anonymous'
  const capabilities = { ...common, pushNotifications: canPush(call.settings) }
  const given = { agent, url, isSecured, capabilities }
  const card = isNewest(call) ? createCard(given) : createLegacyCard(given)
  // The address in it is the one that this caller used.
  return createJsonAnswer(card, 200, { 'cache-control': 'no-store', vary: 'a2a-version' })
}

/** Security: the origin comes from the request, so it is told to nobody but who made that. */
function toInterfaceUrl({ origin, pathname }: URL, { name }: Agent): string {
  return `${origin}${pathname.replace(/\/a2a\/[^/]+\/\.well-known\/.*$/i, '')}/a2a/${name}`
}

const keyHeader = 'x-functions-key'

const common = {
  streaming: true,
  extensions: [
    {
      uri: idempotentMessages,
      description: 'A message that is sent again under its messageId is the same task.',
      required: false,
    },
  ],
}

interface CardParts {
  readonly agent: Agent
  readonly url: string
  readonly isSecured: boolean
  readonly capabilities: object
}

/** Source: A2A 1.0, `AgentCard`. */
function createCard({ agent, url, isSecured, capabilities }: CardParts): object {
  const scheme = { apiKeySecurityScheme: { location: 'header', name: keyHeader } }
  const security = {
    securitySchemes: { functionKey: scheme },
    securityRequirements: [{ schemes: { functionKey: { list: [] } } }],
  }
  return {
    ...toCommon(agent),
    supportedInterfaces: toInterfaces(url),
    capabilities: { ...capabilities, extendedAgentCard: false },
    ...(isSecured ? security : {}),
  }
}

/** Source: A2A 0.3.0, section 5.5, `AgentCard`. */
function createLegacyCard({ agent, url, isSecured, capabilities }: CardParts): object {
  const scheme = { type: 'apiKey', in: 'header', name: keyHeader }
  const security = { securitySchemes: { functionKey: scheme }, security: [{ functionKey: [] }] }
  return {
    ...toCommon(agent),
    protocolVersion: '0.3.0',
    url,
    preferredTransport: 'JSONRPC',
    supportedInterfaces: toInterfaces(url),
    capabilities: { ...capabilities, stateTransitionHistory: false },
    ...(isSecured ? security : {}),
  }
}

function toInterfaces(url: string): readonly object[] {
  return ['1.0', '0.3'].map((protocolVersion) => ({ url, protocolBinding: 'JSONRPC', protocolVersion }))
}

/** What an agent can do: talk, and use its tools; its instructions are its own. */
function toCommon(agent: Agent) {
  const { name, description = `The agent ${name}.` } = agent
  const talk = { id: name, name, description, tags: ['agent'] }
  const uses = toStaticTools(agent).map(({ name: tool, declaration }) => {
    return { id: `${name}.${tool}`, name: tool, description: declaration.description, tags: ['tool'] }
  })
  return {
    name,
    description,
    version: '1.0.0',
    defaultInputModes: ['text/plain', 'application/json', 'image/*', 'application/octet-stream'],
    defaultOutputModes: ['text/plain', 'application/json'],
    skills: [talk, ...uses],
  }
}
