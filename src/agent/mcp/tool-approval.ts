import { checkChoice, checkList, checkOptions } from '../../core/check-options.js'

/**
 * Which of a server's tools a human has to agree to: all, none, or by name (the server's own, or the one with the server
 * before it). A tool in both lists needs approval. So does one in neither when there is a `never` list: what a server
 * adds later was never agreed to.
 */
export type McpApproval =
  | 'always'
  | 'never'
  | { readonly always?: readonly string[] | undefined; readonly never?: readonly string[] | undefined }

/** Refuses an approval that names no tools: with misspelt lists all would run unasked. @throws {AgentError} `invalid_configuration` */
export function checkApproval(server: string, approval: McpApproval): void {
  const what = `approval of MCP server "${server}"`
  if (typeof approval === 'string') {
    checkChoice(what, approval, ['always', 'never'])
    return
  }
  checkOptions(what, approval, { always: true, never: true })
  for (const [list, names = []] of Object.entries(approval)) checkList(`${list} in ${what}`, names)
}

/** The names by which approval lists may call a tool: the server's own, the model's, and the own one after the server's. */
export function toApprovalNames(server: string, tool: string, name: string): readonly string[] {
  return [tool, name, `${server}.${tool}`]
}

/**
 * What an `always` list names that is none of the known names. A mistyped name would let a tool run that nobody agreed
 * to; beside a `never` list it would not.
 */
export function findUnknownNames(approval: McpApproval, known: readonly string[]): readonly string[] {
  if (typeof approval === 'string' || approval.never !== undefined) return []
  return (approval.always ?? []).filter((name) => !known.includes(name))
}

/** Whether a tool, known by these names, needs approval; `undefined` when nothing is said of it. */
export function toApproval(
  approval: McpApproval | undefined,
  names: readonly string[],
): 'always' | 'never' | undefined {
  if (approval === undefined || typeof approval === 'string') return approval
  const { always = [], never } = approval
  const isIn = (list: readonly string[]) => names.some((name) => list.includes(name))
  if (isIn(always)) return 'always'
  if (never === undefined) return undefined
  return isIn(never) ? 'never' : 'always'
}
