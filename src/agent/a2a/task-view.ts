import {
  type Message,
  type Part,
  type StreamResponse,
  type Task,
  type TaskArtifactUpdateEvent,
  TaskState,
  type TaskStatusUpdateEvent,
} from '@a2a-js/sdk'

/** What is known of a task elsewhere, or of a message that was given in place of one. */
export class TaskView {
  readonly #answered: string | undefined
  #task: Task | undefined
  #message: Message | undefined
  #hasGap = false

  /** `answered` is the question that was answered: a task that stands with it has yet to hear of that. */
  constructor(answered?: string) {
    this.#answered = answered
  }

  /** The task; `undefined` before one is known. */
  get task(): Task | undefined {
    return this.#task
  }

  /** The message that was given in place of a task. */
  get message(): Message | undefined {
    return this.#message
  }

  get state(): TaskState {
    return this.#task?.status?.state ?? TaskState.TASK_STATE_UNSPECIFIED
  }

  /** What tells the question that the task asks from others; `undefined` when nothing does. */
  get question(): string | undefined {
    if (this.state !== TaskState.TASK_STATE_INPUT_REQUIRED) return undefined
    const { message, timestamp } = this.#task?.status ?? {}
    return message?.messageId || timestamp || undefined
  }

  /** Whether nothing more comes by itself, and all that came is known. */
  get isSettled(): boolean {
    return this.isOver && !this.#hasGap
  }

  /** Whether nothing more comes by itself. */
  get isOver(): boolean {
    if (this.#message !== undefined) return true
    return settled.has(this.state) && (this.question === undefined || this.question !== this.#answered)
  }

  /** What the agent has said so far: its artifacts; without any the words of a task that has ended, or of a message. */
  get text(): string {
    const artifacts = this.#task?.artifacts ?? []
    const told = artifacts.map(({ parts }) => toPartsText(parts)).filter((text) => text !== '')
    if (told.length > 0) return told.join('\n\n')
    const isOver = this.#message !== undefined || this.state === TaskState.TASK_STATE_COMPLETED
    return isOver ? toPartsText(this.#message?.parts ?? this.#task?.status?.message?.parts ?? []) : ''
  }

  /** Takes what was answered. @throws {Error} for a task that has no id, and so is none. */
  take(answer: Task | Message): void {
    if ('messageId' in answer) this.#message = answer
    else if (answer.id === '') throw new Error('The task has no id.')
    else this.#task = answer
    this.#hasGap = false
  }

  /** Says that something may be missed from now on, until the task is taken again: agents of 0.3 that are subscribed to need not begin with it. */
  expectGap(): void {
    this.#hasGap = true
  }

  /**
   * Takes one thing that a stream tells; what is about another task, or about none, is passed over. Gives what it has added
   * at the end of the text if that is all that it has done to it: a long answer has too many pieces to compare all of it each time.
   */
  takeFrame({ payload }: StreamResponse): string | undefined {
    switch (payload?.$case) {
      case 'message':
        this.take(payload.value)
        break
      case 'task':
        if (this.#find(payload.value.id) !== undefined) this.take(payload.value)
        break
      case 'statusUpdate':
        this.#takeStatus(payload.value)
        break
      case 'artifactUpdate':
        return this.#takeArtifact(payload.value)
    }
    return undefined
  }

  #takeStatus({ taskId, contextId, status, metadata }: TaskStatusUpdateEvent): void {
    const task = this.#find(taskId, contextId)
    if (task !== undefined) this.#task = { ...task, status, metadata: metadata ?? task.metadata }
  }

  #takeArtifact({ taskId, contextId, artifact, append }: TaskArtifactUpdateEvent): string | undefined {
    const task = this.#find(taskId, contextId)
    if (task === undefined || artifact === undefined) return undefined
    this.#task = { ...task, artifacts: changeArtifacts(task.artifacts, artifact, append) }
    const last = task.artifacts.at(-1)
    const isAdded = append && last?.artifactId === artifact.artifactId && last.parts.some(isTelling)
    return isAdded ? toPartsText(artifact.parts) : undefined
  }

  /** The task that something is about, as far as it is known: streams need not begin with it. */
  #find(id: string, contextId = ''): Task | undefined {
    const known = this.#task
    if (known !== undefined) return id === '' || id === known.id ? known : undefined
    if (id === '') return undefined
    return { id, contextId, status: undefined, artifacts: [], history: [], metadata: undefined }
  }
}

const settled: ReadonlySet<TaskState> = new Set([
  TaskState.TASK_STATE_COMPLETED,
  TaskState.TASK_STATE_FAILED,
  TaskState.TASK_STATE_CANCELED,
  TaskState.TASK_STATE_REJECTED,
  TaskState.TASK_STATE_INPUT_REQUIRED,
  TaskState.TASK_STATE_AUTH_REQUIRED,
])

type Artifacts = Task['artifacts']

function changeArtifacts(artifacts: Artifacts, changed: Artifacts[number], append: boolean): Artifacts {
  const known = artifacts.find(({ artifactId }) => artifactId === changed.artifactId)
  if (known === undefined) return [...artifacts, changed]
  const next = append ? { ...known, parts: addParts(known.parts, changed.parts) } : changed
  return artifacts.map((artifact) => (artifact === known ? next : artifact))
}

/** Text that comes in pieces stays one part: an answer has thousands of them. */
function addParts(parts: readonly Part[], more: readonly Part[]): Part[] {
  const [first, ...rest] = more
  const last = parts.at(-1)
  if (last?.content?.$case !== 'text' || first?.content?.$case !== 'text') return [...parts, ...more]
  const value = last.content.value + first.content.value
  return [...parts.slice(0, -1), { ...last, content: { $case: 'text', value } }, ...rest]
}

function isTelling(part: Part): boolean {
  return toPartText(part) !== ''
}

/** The text of parts: data as JSON, of files where they are. */
export function toPartsText(parts: readonly Part[]): string {
  return parts.map(toPartText).join('')
}

function toPartText({ content, filename }: Part): string {
  switch (content?.$case) {
    case 'text':
      return content.value
    case 'data':
      return JSON.stringify(content.value)
    case 'url':
      return content.value
    case 'raw':
      return `[file ${filename || 'without a name'}, ${content.value.length} bytes]`
    default:
      return ''
  }
}
