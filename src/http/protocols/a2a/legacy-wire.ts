import { isJsonObject } from '../../../core/json.js'
import type { A2aVersion } from './a2a-version.js'
import type { Artifact, Frame, Message, Part, Task, TaskState, TaskStatus } from './a2a-wire.js'

const states: Readonly<Record<TaskState, string>> = {
  TASK_STATE_SUBMITTED: 'submitted',
  TASK_STATE_WORKING: 'working',
  TASK_STATE_INPUT_REQUIRED: 'input-required',
  TASK_STATE_COMPLETED: 'completed',
  TASK_STATE_FAILED: 'failed',
  TASK_STATE_CANCELED: 'canceled',
}

/** The same frame in the words of A2A 0.3, which names what a thing is in `kind`. Source: A2A 0.3.0, section 6. */
export function toLegacyFrame(frame: Frame): object {
  if ('task' in frame) return toLegacyTask(frame.task)
  if ('artifactUpdate' in frame) {
    const { artifact, ...update } = frame.artifactUpdate
    return { kind: 'artifact-update', ...update, artifact: toLegacyArtifact(artifact) }
  }
  const { status, ...update } = frame.statusUpdate
  const final = !['TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING'].includes(status.state)
  return { kind: 'status-update', ...update, status: toLegacyStatus(status), final }
}

/** A task in the words of a version. */
export function toTaskResult(version: A2aVersion, task: Task): object {
  return version === '1.0' ? task : toLegacyTask(task)
}

/** A task in the words of A2A 0.3. */
export function toLegacyTask({ status, artifacts, history, ...task }: Task): object {
  return {
    kind: 'task',
    ...task,
    status: toLegacyStatus(status),
    artifacts: artifacts?.map(toLegacyArtifact),
    history: history?.map(toLegacyMessage),
  }
}

function toLegacyStatus({ state, message, timestamp }: TaskStatus): object {
  return { state: states[state], message: message && toLegacyMessage(message), timestamp }
}

function toLegacyArtifact({ parts, ...artifact }: Artifact): object {
  return { ...artifact, parts: parts.map(toLegacyPart) }
}

function toLegacyMessage({ role, parts, ...message }: Message): object {
  const legacyRole = role === 'ROLE_USER' ? 'user' : 'agent'
  return { kind: 'message', ...message, role: legacyRole, parts: parts.map(toLegacyPart) }
}

function toLegacyPart(part: Part): object {
  const { mediaType: mimeType, filename: name } = part
  if ('text' in part) return { kind: 'text', text: part.text }
  if ('raw' in part) return { kind: 'file', file: { bytes: part.raw, mimeType, name } }
  if ('url' in part) return { kind: 'file', file: { uri: part.url, mimeType, name } }
  if (isJsonObject(part.data)) return { kind: 'data', data: part.data }
  // Data were always objects then. This is how the official SDKs carry others.
  return { kind: 'data', data: { value: part.data }, metadata: { data_part_compat: true } }
}
