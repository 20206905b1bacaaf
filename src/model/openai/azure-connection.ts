import type { TokenCredential } from '@azure/identity'
import { AgentError, toErrorMessage } from '../../core/errors.js'
import { parseEndpoint } from '../endpoint.js'
import type { OpenAIConnectionOptions } from './openai-connection.js'

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

/** A deployment of Azure OpenAI, and who we are to it. */
export type AzureOpenAIConnectionOptions = AzureOpenAIAuthentication & {
  /** Address of the resource, e.g. `https://my-resource.openai.azure.com`. */
  readonly endpoint: string
  /** Name of the deployment. */
  readonly deployment: string
  /** Makes the HTTP calls to the deployment. @default as for {@link OpenAIConnectionOptions} */
  readonly fetch?: OpenAIConnectionOptions['fetch']
}

/**
 * Azure OpenAI's v1 API, which speaks as OpenAI's own does. Without `apiKey` each call signs in with Microsoft Entra ID.
 * Wire: Microsoft Learn, "Azure OpenAI in Microsoft Foundry Models v1 API".
 * @throws {AgentError} `invalid_configuration` when the endpoint is no https URL (http is allowed on this machine).
 */
export function toOpenAIConnection(options: AzureOpenAIConnectionOptions): OpenAIConnectionOptions {
  const baseUrl = toV1Url(parseEndpoint(options.endpoint, 'endpoint', { secure: true }))
  return { baseUrl, apiKey: options.apiKey ?? createTokenProvider(options), fetch: options.fetch }
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
