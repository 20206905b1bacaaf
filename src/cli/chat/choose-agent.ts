/** The agent that is meant, or what to tell whoever has to choose one. */
export type Choice = { readonly agent: string } | { readonly complaint: string }

/** Finds the agent that was named, whatever its case, or the only one when none was. */
export function chooseAgent(agents: readonly string[], named: string | undefined): Choice {
  const found =
    named === undefined
      ? agents.filter(() => agents.length === 1)
      : agents.filter((agent) => agent.toLowerCase() === named.toLowerCase())
  const [agent] = found
  if (agent !== undefined) return { agent }
  if (agents.length === 0) return { complaint: 'The app has no agents.' }
  const list = `durable-agents chat ${agents.length === 1 ? agents[0] : `<${agents.join(' | ')}>`}`
  const why = named === undefined ? 'The app has several agents' : `The app has no agent "${named}"`
  return { complaint: `${why}. Say with which one: ${list}` }
}
