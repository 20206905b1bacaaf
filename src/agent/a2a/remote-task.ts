import { randomUUID } from 'node:crypto'
import { type StreamResponse, TaskState } from '@a2a-js/sdk'
import { sleep } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import type { ChatEvent, ChatOptions, ChatRequest } from '../../model/chat-client.js'
import { LateAbort } from './late-abort.js'
import { toChatAnswer } from './remote-answer.js'
import type { Remote, RemoteConnection } from './remote-connection.js'
import {
  isNeverSent,
  isRefusal,
  toRefusedError,
  toUnknownError,
  toUnreachableError,
} from './remote-failures.js'
import { type RemoteMessage, toRemoteMessage, toSendRequest } from './remote-message.js'
import { TaskTeller } from './task-teller.js'
import type { TaskToken } from './task-token.js'
import { TaskView } from './task-view.js'

export interface RemoteTaskSettings {
  readonly name: string
  /** Under which places in conversations are kept. */
  readonly key: string
  readonly connection: RemoteConnection
  readonly onInterrupted: 'fail' | 'retry'
  readonly pollIntervalMs: number
  readonly unreachableLimitMs: number
}

/** How often an agent that is out of reach is tried before whoever waits for it is let go; with a doubled pause each time. */
const patience = { tries: 5, firstPauseMs: 250 }

/**
 * How long an agent is given to name the task that a message has begun, when that is to be stopped already; ms. A task whose
 * name is not known could not be stopped there.
 */
const graceMs = 2000

/** One answer of an agent elsewhere, from the message to the end of its task. */
export class RemoteTask {
  readonly #settings: RemoteTaskSettings
  readonly #request: ChatRequest
  readonly #signal: AbortSignal | undefined
  readonly #follow: boolean
  readonly #view: TaskView
  #message: RemoteMessage
  readonly #teller: TaskTeller
  #failures = 0

  constructor(
    settings: RemoteTaskSettings,
    request: ChatRequest,
    { signal, follow = true }: ChatOptions,
    token: TaskToken | undefined,
  ) {
    this.#settings = settings
    this.#request = request
    this.#signal = signal
    this.#follow = follow
    this.#message = toRemoteMessage(settings.key, request)
    this.#view = new TaskView(this.#message.question)
    this.#teller = new TaskTeller(settings.name, this.#view, token)
  }

  /** Tells the answer as it comes; ends early when nobody follows it, or the agent is out of reach. */
  async *run(): AsyncGenerator<ChatEvent> {
    while (!this.#view.isSettled) {
      if (this.#teller.token?.taskId === undefined) yield* this.#send()
      if (this.#teller.token?.taskId !== undefined && !this.#view.isSettled) yield* this.#look()
      if (this.#view.isSettled) break
      if (!this.#follow || this.#failures > patience.tries) return
      await this.#wait()
    }
    const { name, key } = this.#settings
    yield { type: 'completed', ...toChatAnswer({ name, key }, this.#view, this.#request) }
  }

  /** What may have arrived, or is said to a task that waits for it, outlasts that the agent is out of reach if it can be said again. */
  async *#send(): AsyncGenerator<ChatEvent> {
    try {
      yield* this.#sendOnce()
      this.#failures = 0
    } catch (error) {
      this.#signal?.throwIfAborted()
      const isPassing = error instanceof AgentError && error.retryable
      const isExpected = this.#mayHaveArrived || this.#message.taskId !== undefined
      if (!isPassing || !isExpected) throw error
      yield* this.#failToReach(error)
    }
  }

  get #mayHaveArrived(): boolean {
    const { token } = this.#teller
    return token !== undefined && token.isUnsent !== true
  }

  /** The message's id is told before it is sent: whoever comes back knows that it may have arrived, and under which id. */
  async *#sendOnce(): AsyncGenerator<ChatEvent> {
    const { connection, name } = this.#settings
    const remote = await connection.open(this.#signal)
    const isRepeated = this.#mayHaveArrived
    if (isRepeated && !this.#isSafe(remote)) throw toUnknownError(name)
    const { left } = this.#message
    if (left !== undefined) await connection.cancel(left, this.#signal)
    const { messageId = randomUUID(), unreachableSince } = this.#teller.token ?? {}
    const token = { messageId, unreachableSince }
    const unsent = isRepeated ? token : { ...token, isUnsent: true as const }
    yield this.#teller.remember(token)
    this.#signal?.throwIfAborted()
    try {
      yield* this.#deliver(remote, messageId)
    } catch (error) {
      this.#signal?.throwIfAborted()
      if (this.#teller.isTooLong) throw error
      if (this.#teller.token?.taskId === undefined) yield* this.#failToSend(remote, unsent, error)
    }
  }

  async *#deliver(remote: Remote, messageId: string): AsyncGenerator<ChatEvent> {
    const { client, isStreaming } = remote
    const request = toSendRequest(this.#message, messageId, this.#request)
    const late = new LateAbort(this.#signal, graceMs)
    try {
      if (isStreaming && this.#follow) {
        yield* this.#listen(late, (signal) => client.sendMessageStream(request, { signal }))
      } else {
        const signal = this.#settings.connection.limit(late.signal)
        this.#view.take(await client.sendMessage(request, { signal }))
        yield* this.#teller.tell()
        this.#signal?.throwIfAborted()
      }
    } finally {
      late.end()
    }
    if (this.#view.task === undefined && this.#view.message === undefined)
      throw new Error('Nothing was answered.')
  }

  async *#failToSend(remote: Remote, unsent: TaskToken, error: unknown): AsyncGenerator<ChatEvent> {
    const { name } = this.#settings
    if (isNeverSent(error)) {
      yield this.#teller.remember(unsent)
      throw error instanceof AgentError ? error : toUnreachableError(name, error)
    }
    if (isRefusal(error)) {
      if (!(await this.#isTooLate())) throw toRefusedError(name, error)
      this.#message = { ...this.#message, taskId: undefined }
      yield this.#teller.remember({ ...unsent, isUnsent: true })
      return yield* this.#sendOnce()
    }
    if (error instanceof AgentError) throw error
    throw this.#isSafe(remote) ? toUnreachableError(name, error) : toUnknownError(name)
  }

  /** Whether the task to whose question this is an answer in words has ended meanwhile: the conversation goes on without it. */
  async #isTooLate(): Promise<boolean> {
    const { taskId, isDecision } = this.#message
    if (taskId === undefined || isDecision) return false
    const { connection, name } = this.#settings
    try {
      const task = new TaskView()
      task.take(await connection.read(taskId, this.#signal))
      return task.isSettled && task.state !== TaskState.TASK_STATE_INPUT_REQUIRED
    } catch (error) {
      this.#signal?.throwIfAborted()
      if (isRefusal(error)) return true
      throw toUnreachableError(name, error)
    }
  }

  #isSafe({ isIdempotent }: Remote): boolean {
    return isIdempotent || this.#settings.onInterrupted === 'retry'
  }

  /** Asks how the task stands, and follows it from there. */
  async *#look(): AsyncGenerator<ChatEvent> {
    const { connection, name } = this.#settings
    const id = this.#teller.token?.taskId ?? ''
    try {
      const remote = await connection.open(this.#signal)
      this.#view.take(await connection.read(id, this.#signal))
      this.#failures = 0
      yield* this.#teller.tell()
      if (!this.#view.isSettled && this.#follow && remote.isStreaming) yield* this.#subscribe(remote, id)
    } catch (error) {
      this.#signal?.throwIfAborted()
      if (error instanceof AgentError && !error.retryable) throw error
      if (!(error instanceof AgentError) && isRefusal(error)) throw toRefusedError(name, error)
      yield* this.#failToReach(error)
    }
  }

  /** What goes wrong here is met again, if it matters, when the task is asked for next. */
  async *#subscribe({ client }: Remote, id: string): AsyncGenerator<ChatEvent> {
    const late = new LateAbort(this.#signal, graceMs)
    late.release()
    this.#view.expectGap()
    try {
      yield* this.#listen(late, (signal) => client.resubscribeTask({ tenant: '', id }, { signal }))
    } catch (error) {
      this.#signal?.throwIfAborted()
      if (this.#teller.isTooLong) throw error
    } finally {
      late.end()
    }
  }

  async *#failToReach(error: unknown): AsyncGenerator<ChatEvent> {
    const { name, unreachableLimitMs } = this.#settings
    this.#failures += 1
    const { unreachableSince = Date.now(), ...token } = this.#teller.token ?? { messageId: '' }
    if (Date.now() - unreachableSince > unreachableLimitMs) throw toUnreachableError(name, error)
    yield this.#teller.remember({ ...token, unreachableSince })
  }

  #wait(): Promise<void> {
    const { pollIntervalMs } = this.#settings
    const ms = this.#failures === 0 ? pollIntervalMs : patience.firstPauseMs * 2 ** (this.#failures - 1)
    return sleep(ms, this.#signal)
  }

  /** Takes in a stream, until there is nothing more to come or it has been silent for as long as a request may take. */
  async *#listen(
    late: LateAbort,
    open: (signal: AbortSignal) => AsyncIterable<StreamResponse>,
  ): AsyncGenerator<ChatEvent> {
    const silence = new AbortController()
    const { requestTimeoutMs } = this.#settings.connection
    const timer = setTimeout(() => silence.abort(), requestTimeoutMs)
    try {
      for await (const frame of open(AbortSignal.any([late.signal, silence.signal]))) {
        timer.refresh()
        yield* this.#teller.tell(this.#view.takeFrame(frame))
        late.release()
        if (this.#view.isOver) return
        this.#signal?.throwIfAborted()
      }
    } finally {
      clearTimeout(timer)
    }
  }
}
