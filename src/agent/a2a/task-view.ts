import { type Message, type Part, type StreamResponse, type Task, TaskState } from '@a2a-js/sdk'

/** What is known of a task elsewhere, or of a message that was given in place of one. */
export class TaskView {
  #task: Task | undefined
  #message: Message | undefined

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

  /** Whether nothing more comes by itself. */
  get isSettled(): boolean {
    return this.#message !== undefined || settled.has(this.state)
  }

  /** What the agent has said so far: its artifacts; without any the words of a task that has ended, or of a message. */
  get text(): string {
    const artifacts = this.#task?.artifacts ?? []
    const told = artifacts.map(({ parts }) => toPartsText(parts)).filter((text) => text !== '')
    if (told.length > 0) return told.join('\n\n')
    const isOver = this.#message !== undefined || this.state === TaskState.TASK_STATE_COMPLETED
    return isOver ? toPartsText(this.#message?.parts ?? this.#task?.status?.message?.parts ?? []) : ''
  }

  /** Takes what was answered. */
  take(answer: Task | Message): void {
    if ('messageId' in answer) this.#message = answer
    else this.#task = answer
  }

  /** Takes one thing that a stream tells; what is about no task that is known is passed over. */
  takeFrame({ payload }: StreamResponse): void {
    const task = this.#task
    if (payload?.$case === 'task' || payload?.$case === 'message') {
      this.take(payload.value)
    } else if (task === undefined) {
      return
    } else if (payload?.$case === 'statusUpdate') {
      const { status, metadata = task.metadata } = payload.value
      this.#task = { ...task, status, metadata }
    } else if (payload?.$case === 'artifactUpdate' && payload.value.artifact !== undefined) {
      this.#task = {
        ...task,
        artifacts: changeArtifacts(task.artifacts, payload.value.artifact, payload.value.append),
      }
    }
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
  const next = append ? { ...known, parts: [...known.parts, ...changed.parts] } : changed
  return artifacts.map((artifact) => (artifact === known ? next : artifact))
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
