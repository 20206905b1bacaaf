import type { ChatMessage, Usage } from '../../core/messages.js'
import type { ModelCallContext } from '../middleware.js'

/** Which run a foreign agent works for. */
export interface ForeignRun extends Omit<ModelCallContext, 'step' | 'request'> {
  /** Whether the answer has to fit a JSON Schema, and which. */
  readonly responseSchema: object | undefined
}

/** Something new of an answer. A plain string is new text. */
export interface ForeignUpdate {
  /** Text that comes next. */
  readonly text?: string | undefined
  /** What the agent thinks. */
  readonly reasoning?: string | undefined
  /** Tokens spent since the last update that told. */
  readonly usage?: Usage | undefined
  /** The whole answer, when that is not all the texts put together. */
  readonly answer?: string | undefined
}

/**
 * An agent that somebody else's framework runs. `AgentFunctionApp` hosts it like one of ours: its conversations are
 * durable, and its answers are streamed, resumable and recorded.
 *
 * Durability is per run, not per step: what it does inside, we do not see. An answer that is recorded is never asked for
 * again; a run that was interrupted before that has lost what it did, and what becomes of it `onInterrupted` says.
 *
 * @example
 * const parrot: ForeignAgent = {
 *   name: 'Parrot',
 *   async *run(messages) {
 *     yield `I have heard ${messages.length} messages so far.`
 *   },
 * }
 * new AgentFunctionApp({ agents: [parrot] })
 */
export interface ForeignAgent {
  /** As an {@link Agent}'s. */
  readonly name: string
  readonly description?: string | undefined
  /**
   * What becomes of a run whose process died: it fails with `outcome_unknown`, or it is run again from its message. Choose
   * 'retry' only if doing everything twice that the agent's tools do is no harm. @default 'fail'
   */
  readonly onInterrupted?: 'fail' | 'retry' | undefined
  /**
   * Answers the last of these messages; before it stands the conversation, oldest first. It must stop when `run.signal`
   * aborts, and throw when it has no answer.
   */
  run(messages: readonly ChatMessage[], run: ForeignRun): AsyncIterable<string | ForeignUpdate>
}
