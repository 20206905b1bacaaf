/** What the links in the durable client's payload are made of. */
export interface ClientPayloadOptions {
  readonly hubName: string
  /** Where people reach the host, e.g. `http://localhost:7071`. */
  readonly baseUrl: string
  /** Where the client library sends its calls; ends in `/`. */
  readonly rpcBaseUrl: string
}

/**
 * The value of a `durableClient` input, as JSON text: the links that the client library hands to callers and the address
 * that it calls itself (local-host-spec D.1). `INSTANCEID`, `{functionName}` and the like are placeholders it fills in.
 */
export function toClientPayload({ hubName, baseUrl, rpcBaseUrl }: ClientPayloadOptions): string {
  const root = `${baseUrl.replace(/\/+$/, '')}/runtime/webhooks/durabletask`
  // Nothing checks the key on a development host, but the library wants a non-empty parameter to pass on.
  const key = 'code=local'
  const hub = `taskHub=${hubName}&connection=AzureWebJobsStorage&${key}`
  const instance = `${root}/instances/INSTANCEID`
  const withReason = (verb: string) => `${instance}/${verb}?reason={text}&${hub}`
  return JSON.stringify({
    taskHubName: hubName,
    connectionName: null,
    creationUrls: {
      createNewInstancePostUri: `${root}/orchestrators/{functionName}[/{instanceId}]?${key}`,
      createAndWaitOnNewInstancePostUri: `${root}/orchestrators/{functionName}[/{instanceId}]?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${key}`,
    },
    managementUrls: {
      id: 'INSTANCEID',
      statusQueryGetUri: `${instance}?${hub}`,
      sendEventPostUri: `${instance}/raiseEvent/{eventName}?${hub}`,
      terminatePostUri: withReason('terminate'),
      rewindPostUri: withReason('rewind'),
      purgeHistoryDeleteUri: `${instance}?${hub}`,
      restartPostUri: `${instance}/restart?${hub}`,
      suspendPostUri: withReason('suspend'),
      resumePostUri: withReason('resume'),
    },
    baseUrl: root,
    requiredQueryStringParameters: key,
    rpcBaseUrl,
    httpBaseUrl: null,
  })
}
