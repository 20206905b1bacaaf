/**
 * Which of a server's tools a human has to agree to: all, none, or by name (the server's own, or the one with the server
 * before it). A tool in both lists needs approval. So does one in neither when there is a `never` list: what a server
 * adds later was never agreed to.
 */
export type McpApproval =
  | 'always'
  | 'never'
  | { readonly always?: readonly string[]; readonly never?: readonly string[] }

/** Whether a tool, known by these names, needs approval. */
export function needsApproval(approval: McpApproval, names: readonly string[]): boolean {
  if (typeof approval === 'string') return approval === 'always'
  const { always = [], never } = approval
  const isIn = (list: readonly string[]) => names.some((name) => list.includes(name))
  return isIn(always) || (never !== undefined && !isIn(never))
}
