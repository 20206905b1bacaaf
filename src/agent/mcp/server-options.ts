import { checkCount } from '../../core/check-count.js'
import {
  checkChoice,
  checkFlag,
  checkFunction,
  checkList,
  type OptionNames,
} from '../../core/check-options.js'
import type { UnknownOutcomePolicy } from '../agent-definition.js'
import { checkApproval, type McpApproval } from './tool-approval.js'
import { checkServerName } from './tool-name.js'
import type { ChangedToolPolicy } from './tool-pins.js'

/** The package that speaks MCP for us. */
export const mcpClientPackage = '@modelcontextprotocol/client'

/** What holds for a server's tools, however it is reached. */
export interface McpServerOptions {
  /** What its tools are named after: `fs` makes `fs_read_file` of `read_file`. 1-32 letters, digits or `-`. */
  readonly name: string
  /** The tools to use, by the server's own names. @default all */
  readonly allowedTools?: readonly string[] | undefined
  /** Whether strangers write what its tools give, as on the web: see {@link ToolOptions.untrusted}. @default false */
  readonly untrusted?: boolean | undefined
  /** Which tools a human has to agree to before they run. @default as for any tool without `approval` */
  readonly approval?: McpApproval | undefined
  /** Told once of each name in an `always` list without a `never` list that the server has no tool for: is it mistyped, the tool meant runs unasked. @default a process warning */
  readonly onWarning?: ((warning: string) => void) | undefined
  /** How many people have to agree where one is asked: see {@link ToolOptions.approvers}. @default 1 */
  readonly approvers?: number | undefined
  /** After this long without a decision a call counts as rejected. @default never */
  readonly approvalTimeoutMs?: number | undefined
  /**
   * Whether to believe the server when it says that a tool changes nothing (`readOnlyHint`) or may be repeated
   * (`idempotentHint`): such tools are run again when their outcome is unknown. @default false
   */
  readonly trustAnnotations?: boolean | undefined
  /** What to do with a call that was cut off, by a crash here or by the server's. @default 'ask', or 'retry' for trusted annotations */
  readonly onUnknownOutcome?: UnknownOutcomePolicy | undefined
  /** What becomes of a tool whose definition has changed since the session began: calls of it fail, or the new one holds. @default 'refuse' */
  readonly onChangedTool?: ChangedToolPolicy | undefined
  /** Longest silence of the server in answering one request. @default 60,000 */
  readonly requestTimeoutMs?: number | undefined
  /** Longest time of connecting, which for a program includes its start. @default 60,000 */
  readonly connectTimeoutMs?: number | undefined
}

/** The options of every server by their names. */
export const mcpServerOptions: OptionNames<McpServerOptions> = {
  name: true,
  allowedTools: true,
  untrusted: true,
  approval: true,
  onWarning: true,
  approvers: true,
  approvalTimeoutMs: true,
  trustAnnotations: true,
  onUnknownOutcome: true,
  onChangedTool: true,
  requestTimeoutMs: true,
  connectTimeoutMs: true,
}

const limits = ['approvers', 'approvalTimeoutMs', 'requestTimeoutMs', 'connectTimeoutMs'] as const

/** Refuses options of a wrong type: of lists that are texts, parts of names would count. @throws {AgentError} `invalid_configuration` naming the option. */
export function checkServerOptions(options: McpServerOptions): void {
  const { name, allowedTools = [], approval = 'never' } = options
  const { onUnknownOutcome = 'ask', onChangedTool = 'refuse' } = options
  const of = `of MCP server "${name}"`
  checkServerName(name)
  checkList(`allowedTools ${of}`, allowedTools)
  checkApproval(name, approval)
  checkFlag(`untrusted ${of}`, options.untrusted)
  checkFlag(`trustAnnotations ${of}`, options.trustAnnotations)
  checkFunction(`onWarning ${of}`, options.onWarning)
  checkChoice(`onUnknownOutcome ${of}`, onUnknownOutcome, ['retry', 'ask', 'fail'])
  checkChoice(`onChangedTool ${of}`, onChangedTool, ['refuse', 'allow'])
  for (const limit of limits) checkCount(`${limit} ${of}`, options[limit])
}
