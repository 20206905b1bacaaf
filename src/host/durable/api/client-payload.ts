/** What the links in the durable client's payload are made of. */
export interface ClientPayloadOptions {
  readonly hubName: string
  /** Where people reach the host, e.g. `http://localhost:7071`. */
  readonly baseUrl: string
  /** Where the client library sends its calls; ends in `/`. */
  readonly rpcBaseUrl: string
  /** Undefined where nothing checks it. */
  readonly webhookKey?: string | undefined
}

type LinkOptions = Omit<ClientPayloadOptions, 'rpcBaseUrl'>

/** Where nothing checks the key, the library still wants a non-empty parameter to pass on. */
function toKeyParameter({ webhookKey = 'local' }: LinkOptions): string {
  return `code=${webhookKey}`
}

/** The placeholder that the client library fills in. */
const anyInstance = 'INSTANCEID'

/**
 * The value of a `durableClient` input, as JSON text: the links that the client library hands to callers and the address
 * that it calls itself. `INSTANCEID`, `{functionName}` and the like are placeholders it fills in.
 */
export function toClientPayload(options: ClientPayloadOptions): string {
  const root = toRoot(options)
  const key = toKeyParameter(options)
  return JSON.stringify({
    taskHubName: options.hubName,
    connectionName: null,
    creationUrls: {
      createNewInstancePostUri: `${root}/orchestrators/{functionName}[/{instanceId}]?${key}`,
      createAndWaitOnNewInstancePostUri: `${root}/orchestrators/{functionName}[/{instanceId}]?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${key}`,
    },
    managementUrls: { id: anyInstance, ...toInstanceLinks(options, anyInstance) },
    baseUrl: root,
    requiredQueryStringParameters: key,
    rpcBaseUrl: options.rpcBaseUrl,
    httpBaseUrl: null,
  })
}

/** Where an orchestration is read and steered. `{eventName}` and `{text}` are for the caller to fill in. */
export function toInstanceLinks(
  options: LinkOptions,
  instanceId: string,
): Readonly<Record<InstanceLink, string>> {
  const hub = `taskHub=${options.hubName}&connection=AzureWebJobsStorage&${toKeyParameter(options)}`
  // An id may hold letters that neither an address nor the header that tells it can.
  const instance = `${toRoot(options)}/instances/${encodeURIComponent(instanceId)}`
  const withReason = (verb: string) => `${instance}/${verb}?reason={text}&${hub}`
  return {
    statusQueryGetUri: `${instance}?${hub}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${hub}`,
    terminatePostUri: withReason('terminate'),
    rewindPostUri: withReason('rewind'),
    purgeHistoryDeleteUri: `${instance}?${hub}`,
    restartPostUri: `${instance}/restart?${hub}`,
    suspendPostUri: withReason('suspend'),
    resumePostUri: withReason('resume'),
  }
}

/** Names of the links, as the client library knows them. */
export type InstanceLink =
  | 'statusQueryGetUri'
  | 'sendEventPostUri'
  | 'terminatePostUri'
  | 'rewindPostUri'
  | 'purgeHistoryDeleteUri'
  | 'restartPostUri'
  | 'suspendPostUri'
  | 'resumePostUri'

function toRoot({ baseUrl }: Pick<ClientPayloadOptions, 'baseUrl'>): string {
  return `${baseUrl.replace(/\/+$/, '')}/runtime/webhooks/durabletask`
}
