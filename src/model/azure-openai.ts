import type { TokenCredential } from '@azure/identity'
import { AgentError, toErrorMessage } from '../core/errors.js'
import type { ChatClient } from './chat-client.js'
import { parseEndpoint } from './endpoint.js'
import { createOpenAIChatClient, type OpenAIChatClientOptions } from './openai-chat-completions.js'

/** Who we are to Azure: a key, or an identity of Microsoft Entra ID. */
export type AzureOpenAIAuthentication =
  | { readonly apiKey: string; readonly credential?: undefined; readonly managedIdentityClientId?: undefined }
  | {
      readonly apiKey?: undefined
      /** @default `DefaultAzureCredential`: a managed identity in Azure, the signed-in developer elsewhere */
      readonly credential?: TokenCredential | undefined
      /** Client id of the user-assigned managed identity that `DefaultAzureCredential` takes. @default the system-assigned one */
      readonly managedIdentityClientId?: string | undefined
    }

export type AzureOpenAIChatClientOptions = AzureOpenAIAuthentication &
  Pick<OpenAIChatClientOptions, 'stream' | 'timeoutMs' | 'headers'> & {
    /** Address of the resource, e.g. `https://my-resource.openai.azure.com`. */
    readonly endpoint: string
    /** Name of the deployment. */
    readonly deployment: string
  }

/**
 * A chat client for a model deployed in Azure OpenAI. It asks once: wrap it in `withRetry` to ask again.
 * Without `apiKey` it signs in with Microsoft Entra ID and refreshes the token itself; the identity needs the role
 * "Cognitive Services OpenAI User".
 *
 * ```ts
 * createAzureOpenAIChatClient({ endpoint: 'https://my-resource.openai.azure.com', deployment: 'gpt-5.4-mini' })
 * ```
 *
 * Wire: Microsoft Learn, "Azure OpenAI in Microsoft Foundry Models v1 API".
 * @throws {AgentError} `invalid_configuration` when the endpoint is no https URL (http is allowed on this machine).
 */
export function createAzureOpenAIChatClient(options: AzureOpenAIChatClientOptions): ChatClient {
  const { endpoint, deployment, stream, timeoutMs, headers } = options
  const baseUrl = toV1Url(parseEndpoint(endpoint, 'endpoint', { secure: true }))
  const apiKey = options.apiKey ?? createTokenProvider(options)
  return createOpenAIChatClient({ model: deployment, baseUrl, apiKey, stream, timeoutMs, headers })
}

// The portal shows addresses with and without the API's own path.
function toV1Url(endpoint: URL): string {
  const path = endpoint.pathname.replace(/\/+$/, '').replace(/\/openai(\/v1)?$/, '')
  return `${endpoint.origin}${path}/openai/v1/`
}

const tokenScope = 'https://cognitiveservices.azure.com/.default'

type IdentityOptions = Extract<AzureOpenAIAuthentication, { readonly apiKey?: undefined }>

/** A function that gives a valid token each time it is called, from a cache as long as that one is fresh. */
function createTokenProvider(options: IdentityOptions): () => Promise<string> {
  let loading: Promise<() => Promise<string>> | undefined
  return async () => {
    loading ??= loadTokenProvider(options)
    try {
      const getToken = await loading
      return await getToken()
    } catch (error) {
      throw toTokenError(error)
    }
  }
}

async function loadTokenProvider({ credential, managedIdentityClientId }: IdentityOptions) {
  const { DefaultAzureCredential, getBearerTokenProvider } = await import('@azure/identity')
  const identity = managedIdentityClientId === undefined ? {} : { managedIdentityClientId }
  return getBearerTokenProvider(credential ?? new DefaultAzureCredential(identity), tokenScope)
}

function toTokenError(error: unknown): AgentError {
  const name = error instanceof Error ? error.name : toErrorMessage(error)
  // These two mean that nobody is signed in, which asking again does not change.
  const isPermanent = name === 'CredentialUnavailableError' || name === 'AggregateAuthenticationError'
  const hint = 'Sign in with "az login", give the app a managed identity, or set AZURE_OPENAI_API_KEY.'
  return new AgentError('model_error', `Microsoft Entra ID gave no token (${name}). ${hint}`, {
    retryable: !isPermanent,
  })
}
