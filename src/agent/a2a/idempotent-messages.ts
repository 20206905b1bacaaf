/** Named among the extensions in the card of agents that take a message once, however often it is sent under its id. */
export const idempotentMessages = 'urn:durable-agent-functions:a2a:idempotent-messages'
