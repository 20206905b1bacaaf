import { checkCount } from '../../core/check-count.js'
import { checkChoice, checkFlag, checkOptions, type OptionNames, refuse } from '../../core/check-options.js'
import type { Schema, SchemaOutput } from '../../core/schema.js'
import type { Reconciliation, UndoneCall, UnknownOutcomePolicy } from '../agent-definition.js'
import type { InvocationLimits } from './invoke-tool.js'
import type { ToolContext } from './tool-context.js'

/** When a human has to agree before a tool runs. */
export type ApprovalPolicy<Args> =
  | 'always'
  | 'never'
  | ((args: Args, context: ToolContext) => boolean | Promise<boolean>)

export interface ToolOptions<Parameters extends Schema, Result> extends InvocationLimits {
  /** What the model calls it: 1-64 letters, digits, `_` or `-`. */
  readonly name: string
  /** What it does and when to use it, for the model. */
  readonly description: string
  /** Schema of the arguments, an object. @default no arguments */
  readonly parameters?: Parameters | undefined
  /**
   * Whether the provider holds the model to the schema.
   *
   * @default whenever the schema can be said in the strict subset that providers understand
   */
  readonly strict?: boolean | undefined
  /**
   * Does the work. A throw becomes the tool's result, so that the model can recover from it; but for an `AgentError` with
   * code `outcome_unknown`, which says that the tool may have taken effect: `onUnknownOutcome` then applies. The result
   * must survive JSON. What a generator yields is told to those who follow the run; what it returns is the result.
   */
  readonly execute: (
    args: SchemaOutput<Parameters>,
    context: ToolContext,
  ) => Result | Promise<Result> | AsyncGenerator<unknown, Result> | Generator<unknown, Result>
  /** Changes nothing, so it may be run again freely. @default false */
  readonly readOnly?: boolean | undefined
  /** Running it twice with the same idempotency key changes nothing more. @default false */
  readonly idempotent?: boolean | undefined
  /** @default 'retry' for read-only and idempotent tools, else 'ask' */
  readonly onUnknownOutcome?: UnknownOutcomePolicy | undefined
  /** Asks the destination about a call whose outcome is unknown, before `onUnknownOutcome` applies. */
  readonly reconcile?:
    | ((args: SchemaOutput<Parameters>, context: ToolContext) => Reconciliation | Promise<Reconciliation>)
    | undefined
  /**
   * Undoes what a call has done: called with its arguments when a run is sent that `undoes` the one that made it. Its context
   * is of its own; its `idempotencyKey` is the same whenever this call is undone. A throw says that it could not be undone. A crash,
   * `timeoutMs`, `retry`, `approval` and `onUnknownOutcome` count for it as for `execute`.
   *
   * @default none: what the tool does cannot be undone, unless it is `readOnly`
   */
  readonly undo?:
    | ((args: SchemaOutput<Parameters>, undone: UndoneCall<NoInfer<Result>>, context: ToolContext) => unknown)
    | undefined
  /**
   * What it gives is written by strangers (web pages, mail, tickets) and may hold instructions of theirs. While the model is
   * shown any of it, a human has to agree to each call of a tool that is not `readOnly` and has no `approval` of its own.
   *
   * @default false
   */
  readonly untrusted?: boolean | undefined
  /**
   * Whether a human has to agree first. The run waits for it without costing anything. A function that throws asks.
   *
   * @default only when the model has read what an `untrusted` tool gave, and the tool is not `readOnly`
   */
  readonly approval?: ApprovalPolicy<SchemaOutput<Parameters>> | undefined
  /** How many people have to agree to a call that humans are asked about, one after the other, and each another one: users have to sign in for that. @default 1 */
  readonly approvers?: number | undefined
  /** After this long without a decision the call counts as rejected; a waiting run is told by the watchdog, which looks once a minute. @default never */
  readonly approvalTimeoutMs?: number | undefined
}

const toolOptions: OptionNames<ToolOptions<Schema, unknown>> = {
  name: true,
  description: true,
  parameters: true,
  execute: true,
  readOnly: true,
  idempotent: true,
  untrusted: true,
  approval: true,
  approvalTimeoutMs: true,
  approvers: true,
  onUnknownOutcome: true,
  reconcile: true,
  undo: true,
  timeoutMs: true,
  retry: true,
  maxResultLength: true,
  onLargeResult: true,
  strict: true,
}

/** Refuses what no tool can be made of: a misspelt `approval` would let it run unasked. @throws {AgentError} `invalid_configuration` naming the option. */
export function checkToolOptions<Parameters extends Schema, Result>(
  options: ToolOptions<Parameters, Result>,
): void {
  checkOptions('tool', options, toolOptions)
  const { name, description, execute, approval = 'never', onUnknownOutcome = 'ask' } = options
  if (typeof name !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(name))
    refuse(`Tool name "${name}" must be 1-64 letters, digits, "_" or "-".`)
  if (typeof description !== 'string')
    refuse(`Tool "${name}" needs a description, by which the model knows when to call it.`)
  if (typeof execute !== 'function') refuse(`Tool "${name}" needs a function execute, which does its work.`)
  if (typeof approval !== 'function')
    checkChoice(`approval of tool "${name}", when it is no function,`, approval, ['always', 'never'])
  if (options.reconcile !== undefined && typeof options.reconcile !== 'function')
    refuse(`Tool "${name}" needs a function as reconcile, which asks the destination.`)
  checkUndo(options)
  checkChoice(`onUnknownOutcome of tool "${name}"`, onUnknownOutcome, ['retry', 'ask', 'fail'])
  const { onLargeResult = 'refuse' } = options
  if (typeof onLargeResult !== 'function')
    checkChoice(`onLargeResult of tool "${name}", when it is no function,`, onLargeResult, [
      'refuse',
      'truncate',
    ])
  for (const flag of flags) checkFlag(`${flag} of tool "${name}"`, options[flag])
  checkLimits(options)
}

function checkUndo({ name, undo, readOnly }: { name: string; undo?: unknown; readOnly?: unknown }): void {
  if (undo === undefined) return
  if (typeof undo !== 'function') refuse(`Tool "${name}" needs a function as undo, which undoes its work.`)
  if (readOnly) refuse(`Tool "${name}" cannot have an undo: it is readOnly, so there is nothing to undo.`)
}

const flags = ['strict', 'readOnly', 'idempotent', 'untrusted'] as const

const limitOptions = ['timeoutMs', 'approvalTimeoutMs', 'approvers', 'maxResultLength'] as const

function checkLimits(
  options: Pick<ToolOptions<Schema, unknown>, 'name' | 'retry' | (typeof limitOptions)[number]>,
): void {
  const { name, retry = { maxAttempts: 1 } } = options
  for (const option of limitOptions) checkCount(`${option} of tool "${name}"`, options[option])
  checkOptions(`retry of tool "${name}"`, retry, { maxAttempts: true, initialDelayMs: true })
  checkCount(`retry.maxAttempts of tool "${name}"`, retry.maxAttempts)
  checkCount(`retry.initialDelayMs of tool "${name}"`, retry.initialDelayMs, 0)
}
