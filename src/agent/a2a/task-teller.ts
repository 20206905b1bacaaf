import { AgentError } from '../../core/errors.js'
import type { ChatEvent } from '../../model/chat-client.js'
import { formatTaskToken, type TaskToken } from './task-token.js'
import type { TaskView } from './task-view.js'

/** Most that one answer may tell, with all that is taken back again; characters. */
const longestTold = 16 * 1024 * 1024

/** Tells of a task elsewhere as it becomes known: the tokens to come back to it, and its text. */
export class TaskTeller {
  readonly #name: string
  readonly #view: TaskView
  #token: TaskToken | undefined
  #shown = ''
  #told = 0

  /** `name` is the agent's, `token` the one that was told before. */
  constructor(name: string, view: TaskView, token: TaskToken | undefined) {
    this.#name = name
    this.#view = view
    this.#token = token
  }

  /** The newest that was told. */
  get token(): TaskToken | undefined {
    return this.#token
  }

  /** Whether it has thrown because there was no end to what was told. */
  get isTooLong(): boolean {
    return this.#told > longestTold
  }

  remember(token: TaskToken): ChatEvent {
    this.#token = token
    return { type: 'continuation', token: formatTaskToken(token) }
  }

  /** Tells which task it is once that is known, then what is new of its text: just what was `added`, if that is known. */
  *tell(added?: string): Generator<ChatEvent> {
    const { task } = this.#view
    const { messageId = '', taskId, unreachableSince } = this.#token ?? {}
    if (task !== undefined && (taskId !== task.id || unreachableSince !== undefined))
      yield this.remember({ messageId, taskId: task.id })
    if (added === undefined) return yield* this.#tellChange(this.#view.text)
    if (added !== '') yield this.#tellText(added)
    this.#shown += added
  }

  *#tellChange(text: string): Generator<ChatEvent> {
    if (!text.startsWith(this.#shown)) {
      yield { type: 'reset' }
      this.#shown = ''
    }
    if (text.length > this.#shown.length) yield this.#tellText(text.slice(this.#shown.length))
    this.#shown = text
  }

  /** Security: what is told is kept, and a stream may be followed again and again. */
  #tellText(text: string): ChatEvent {
    this.#told += text.length
    if (this.#told <= longestTold) return { type: 'text', text }
    const message = `The A2A agent "${this.#name}" tells more than ${longestTold} characters.`
    throw new AgentError('model_error', message)
  }
}
