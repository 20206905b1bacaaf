/** Which conversation is meant. */
export interface SessionAddress {
  readonly agent: string
  readonly session: string
}

/** Which run of it; its id is the `Idempotency-Key` of its message. */
export interface RunAddress extends SessionAddress {
  readonly run: string
}

/** Where an agent is, with its sessions, below the app's address (README, HTTP; so are all of these). */
export function toAgentPath(agent: string): string {
  return `/agents/${encodeURIComponent(agent)}`
}

/** Where a conversation is. */
export function toSessionPath({ agent, session }: SessionAddress): string {
  return `${toAgentPath(agent)}/${encodeURIComponent(session)}`
}

/** Where a run is; its events are below. */
export function toRunPath(address: RunAddress): string {
  return `${toSessionPath(address)}/runs/${encodeURIComponent(address.run)}`
}

/** Where an approval is decided. */
export function toApprovalPath(address: SessionAddress, approvalId: string): string {
  return `${toSessionPath(address)}/approvals/${encodeURIComponent(approvalId)}`
}

/** Names a question of a workflow. */
export interface QuestionAddress {
  readonly workflow: string
  readonly instanceId: string
  readonly requestId: string
}

/** Where a question of a workflow is answered. */
export function toQuestionPath({ workflow, instanceId, requestId }: QuestionAddress): string {
  const ids = [workflow, 'respond', instanceId, requestId].map(encodeURIComponent)
  return `/workflows/${ids.join('/')}`
}

/** Where what a run's caller has carried out is reported. */
export function toResultsPath(address: RunAddress): string {
  return `${toRunPath(address)}/results`
}
