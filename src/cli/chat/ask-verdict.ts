import { toApprovalWarnings } from '../../core/approval-warnings.js'
import { toJsonText } from '../../core/json.js'
import { type SessionAddress, toApprovalPath } from '../../core/session-paths.js'
import type { Verdict } from './app-client.js'
import { defaultUrl } from './chat-args.js'
import type { Line, Lines } from './lines.js'
import type { OpenApproval } from './run-event.js'
import type { Screen } from './screen.js'

/** Asks until there is an answer that can be understood; gives `undefined` when there will be none. */
export async function askVerdict(
  lines: Lines,
  screen: Screen,
  approval: OpenApproval,
): Promise<Verdict | Exclude<Line, { readonly kind: 'text' }>> {
  for (const line of describeApproval(approval)) screen.alert(line)
  while (true) {
    const line = await lines.ask('Approve? (y, n, or n and a reason) ')
    if (line.kind !== 'text') return line
    const verdict = parseVerdict(line.text)
    if (verdict !== undefined) return verdict
    screen.alert(
      `Not understood: "${line.text}". y approves; n rejects, and the words after it are told to the model.`,
    )
  }
}

/** `y`, `n`, or `n` with a reason; `undefined` when it is none of these. */
export function parseVerdict(text: string): Verdict | undefined {
  const [, word = '', reason = ''] = /^\s*(yes|y|no|n)\b[\s:,.-]*(.*?)\s*$/i.exec(text) ?? []
  if (word === '') return undefined
  const decision = word.toLowerCase().startsWith('y') ? 'approve' : 'reject'
  return reason === '' ? { decision } : { decision, reason }
}

/** What is asked, a line each: the call with all of its arguments, and why. */
export function describeApproval(approval: OpenApproval): readonly string[] {
  const { name, arguments: args, expiresAt } = approval
  const until =
    expiresAt === undefined ? [] : [`Without a decision it counts as rejected from ${expiresAt} on.`]
  const asked = `The agent asks for approval: ${name} ${toJsonText(args)}`
  return [asked, ...toApprovalWarnings(approval), ...until]
}

export interface AdviceOptions {
  readonly url: string
  readonly address: SessionAddress
  /** Whether requests carry a key; it is not repeated. */
  readonly needsKey: boolean
}

/** How to decide where nobody can be asked, a line each. */
export function adviseOnApproval(
  { url, address, needsKey }: AdviceOptions,
  { approvalId }: OpenApproval,
): readonly string[] {
  const key = needsKey ? ' -H "x-functions-key: $DURABLE_AGENTS_KEY"' : ''
  const approvalUrl = `${url}${toApprovalPath(address, approvalId)}`
  return [
    `Decide in a terminal: ${toResumeCommand(url, address)}`,
    `or by HTTP: curl -X POST ${quote(approvalUrl)}${key} -H 'Content-Type: application/json' -d '{"decision":"approve"}'`,
  ]
}

/** The command that goes on with a conversation. */
export function toResumeCommand(url: string, { agent, session }: SessionAddress): string {
  const place = url === defaultUrl ? '' : ` --url ${quote(url)}`
  // After a space it would be taken for an option.
  const between = session.startsWith('-') ? '=' : ' '
  return `durable-agents chat ${agent}${place} --session${between}${quote(session)}`
}

/** A word as a POSIX shell takes it, whatever is in it. */
function quote(text: string): string {
  return /^[\w./:%~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
