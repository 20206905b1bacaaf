import { toTimestamp } from '../../../core/clock.js'
import { toFunctionCalls, toText } from '../../../core/messages.js'
import type {
  ApprovalRequested,
  RunAnswer,
  StepCompleted,
  StepDelta,
  StoredEvent,
} from '../../../run/events.js'
import type { RunKey } from '../../../run/run-log.js'
import type { Frame, Message, Part, Task, TaskState } from './a2a-wire.js'
import { toTaskId } from './task-id.js'
import { toAgentMessage, toDecisionMessage, toQuestionParts, toUserMessages } from './task-messages.js'

/** A task as its run has made it so far, and what has to be known of the run to go on. */
export interface TaskStory {
  readonly key: RunKey
  readonly task: Task
  /** What was told of the answer in the newest step that told any; empty when it is void or over. */
  readonly told: string
  /** Which step that is. */
  readonly step: number
  /** Whether the answer has to fit a schema, and so is told only when it does. */
  readonly isTyped: boolean
  /** What humans are asked and have not answered. */
  readonly questions: readonly ApprovalRequested[]
}

/** What events make of a task, and the frames that tell a reader of the task before them. */
export interface Told {
  readonly story: TaskStory
  readonly frames: readonly Frame[]
}

/** The story of a run of which nothing has been read. */
export function beginStory(key: RunKey): TaskStory {
  const status = { state: 'TASK_STATE_SUBMITTED', timestamp: toTimestamp(0) } as const
  const task = { id: toTaskId(key), contextId: key.session, status, artifacts: [], history: [] }
  return { key, task, told: '', step: 0, isTyped: false, questions: [] }
}

/**
 * Goes on with a task's story. It may be cut anywhere: whoever has the task as it was and adds the frames to it has the
 * task as it is. An agent is opaque in A2A: of its tools and thoughts nothing is told but what humans are asked.
 */
export function tellTask(story: TaskStory, events: readonly StoredEvent[]): Told {
  let now = story
  const frames: Frame[] = []
  for (const event of events) {
    const told = tellEvent(now, event)
    now = told.story
    frames.push(...told.frames)
  }
  return { story: now, frames }
}

/** A task that has only these of its questions left, its run has yet to hear why; without any it is being worked on. */
export function leaveQuestions({ task, questions }: TaskStory, left: readonly ApprovalRequested[]): Task {
  const { state, message, timestamp } = task.status
  if (state !== 'TASK_STATE_INPUT_REQUIRED' || message === undefined) return task
  if (left.length === questions.length) return task
  if (left.length > 0)
    return { ...task, status: { ...task.status, message: { ...message, parts: toQuestionParts(left) } } }
  const history = [...(task.history ?? []), message]
  return { ...task, status: { state: 'TASK_STATE_WORKING', timestamp }, history }
}

function tellEvent(story: TaskStory, event: StoredEvent): Told {
  switch (event.type) {
    case 'run.accepted': {
      const { messages, options } = event.data
      const accepted = { ...story, isTyped: options.responseSchema !== undefined }
      const said = toUserMessages(story.key, messages)
      return setStatus(addHistory(accepted, said), event, 'TASK_STATE_SUBMITTED')
    }
    case 'run.started':
      return event.data.epoch === 1 ? setStatus(story, event, 'TASK_STATE_WORKING') : keep(story)
    case 'run.joined':
      return setStatus(story, event, 'TASK_STATE_WORKING')
    case 'run.steered':
      return keep(
        addHistory(story, toUserMessages({ ...story.key, run: event.data.run }, event.data.messages)),
      )
    case 'message.delta':
      return tellDelta(story, event.data)
    case 'step.reset':
      return story.told === '' ? keep(story) : setAnswer({ ...story, told: '' }, [{ text: '' }])
    case 'step.completed':
      return tellStep(story, event, event.data)
    case 'approval.requested':
      return keep({ ...story, questions: [...story.questions, event.data] })
    case 'approval.decided': {
      const { approvalId } = event.data
      const questions = story.questions.filter((question) => question.approvalId !== approvalId)
      return keep(addHistory({ ...story, questions }, [toDecisionMessage(story.key, event.id, event.data)]))
    }
    case 'run.parked':
      if (event.data.reason !== 'approval') return keep(story)
      return say(story, event, 'TASK_STATE_INPUT_REQUIRED', toQuestionParts(story.questions))
    case 'run.resumed':
      if (story.task.status.state !== 'TASK_STATE_INPUT_REQUIRED') return keep(story)
      return setStatus(story, event, 'TASK_STATE_WORKING')
    case 'run.completed':
      return tellEnd(story, event, event.data)
    case 'run.failed': {
      const { code, detail } = event.data
      return say(story, event, 'TASK_STATE_FAILED', [{ text: detail }, { data: { code } }])
    }
    case 'run.cancelled':
      return say(story, event, 'TASK_STATE_CANCELED', [{ text: event.data.reason }])
    default:
      return keep(story)
  }
}

/** The first words of a step take the place of what the step before has said on its way. */
function tellDelta(story: TaskStory, { step, text }: StepDelta): Told {
  if (story.isTyped || text === '') return keep(story)
  const before = step === story.step ? story.told : ''
  const told = before + text
  const options = before === '' ? {} : { whole: [{ text: told }], append: true }
  return setAnswer({ ...story, told, step }, [{ text }], options)
}

/** What is said before tools are called is said on the way; what ends the run is told when that has ended. */
function tellStep(story: TaskStory, event: StoredEvent, { message }: StepCompleted): Told {
  if (toFunctionCalls(message).length === 0) return keep(story)
  const text = toText(message.contents)
  const next = { ...story, told: '' }
  return text === '' ? keep(next) : say(next, event, 'TASK_STATE_WORKING', [{ text }])
}

/** Middleware has the last word, and a schema has a value in place of text: what was told is kept only if it is the answer. */
function tellEnd(story: TaskStory, event: StoredEvent, answer: RunAnswer): Told {
  const { response, value, usage, finishReason } = answer
  const whole: readonly Part[] = value === undefined ? [{ text: response }] : [{ data: value }]
  const isTold = value === undefined && story.told === response && response !== ''
  const answered = isTold
    ? setAnswer(story, [{ text: '' }], { whole, append: true, lastChunk: true })
    : setAnswer(story, whole, { lastChunk: true })
  const ended = setStatus(answered.story, event, 'TASK_STATE_COMPLETED', {
    metadata: { usage: { ...usage }, ...(finishReason && { finishReason }) },
  })
  return { story: ended.story, frames: [...answered.frames, ...ended.frames] }
}

function keep(story: TaskStory): Told {
  return { story, frames: [] }
}

function addHistory(story: TaskStory, messages: readonly Message[]): TaskStory {
  const { task } = story
  return { ...story, task: { ...task, history: [...(task.history ?? []), ...messages] } }
}

function say(story: TaskStory, event: StoredEvent, state: TaskState, parts: readonly Part[]): Told {
  return setStatus(story, event, state, { message: toAgentMessage(story.key, event.id, parts) })
}

/** What a status said becomes history when another takes its place. */
function setStatus(
  story: TaskStory,
  { at }: StoredEvent,
  state: TaskState,
  { message, metadata }: Pick<Task, 'metadata'> & { readonly message?: Message } = {},
): Told {
  const { message: before } = story.task.status
  const { task, ...rest } = addHistory(story, before === undefined ? [] : [before])
  const status = { state, message, timestamp: toTimestamp(at) }
  const statusUpdate = { taskId: task.id, contextId: task.contextId, status, metadata }
  return { story: { ...rest, task: { ...task, status, metadata } }, frames: [{ statusUpdate }] }
}

function setAnswer(
  story: TaskStory,
  parts: readonly Part[],
  { whole = parts, append = false, lastChunk = false } = {},
): Told {
  const { id: taskId, contextId } = story.task
  const artifact = { artifactId: 'answer', name: 'answer' }
  const artifactUpdate = { taskId, contextId, artifact: { ...artifact, parts }, append, lastChunk }
  const task = { ...story.task, artifacts: [{ ...artifact, parts: whole }] }
  return { story: { ...story, task }, frames: [{ artifactUpdate }] }
}
