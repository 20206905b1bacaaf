import { toFunctionCalls, toReasoning, toSaidText, toText, type Usage } from '../../../core/messages.js'
import type { RunAnswer, StepCompleted, StoredEvent, ToolCompleted } from '../../../run/events.js'
import { advance, emptyRun, type RunState, toLastCalls } from '../../../run/fold.js'
import type { RunKey } from '../../../run/run-log.js'
import { fromWireUsage } from '../../../run/wire-usage.js'
import type { AgentScopeEvent, AgentScopeUsage } from './agentscope-events.js'
import { ResponseWriter } from './response-writer.js'
import { toApprovalData, toCallData, toOutputData } from './tool-data.js'

/** Tells one more event of a run: those of its response that follow from it, often none. */
export type Projection = (event: StoredEvent) => readonly AgentScopeEvent[]

/**
 * Tells a run in AgentScope's words. It has to be given all events in order, from the first: then the same run is told
 * by the same events, with the same numbers, whenever and wherever that is done.
 */
export function createProjection(key: RunKey): Projection {
  const writer = new ResponseWriter(key)
  const story: Story = { key, writer, state: emptyRun, answer: '', isWaiting: false }
  return (event) => {
    tell(story, event)
    return writer.take()
  }
}

/** All that a run has told so far. */
export function projectRun(key: RunKey, events: readonly StoredEvent[]): readonly AgentScopeEvent[] {
  return events.flatMap(createProjection(key))
}

interface Story {
  readonly key: RunKey
  readonly writer: ResponseWriter
  /** The run with all that was told. */
  state: RunState
  /** The words of the newest step; empty when they are void. */
  answer: string
  /** Whether the response was told to stand still. */
  isWaiting: boolean
}

/** What providers keep, and what is only about how the run is carried out, is not told. */
function tell(story: Story, event: StoredEvent): void {
  const { writer } = story
  story.state = advance(story.state, event)
  switch (event.type) {
    case 'run.accepted':
      writer.setCreation(event.at)
      writer.writeResponse('created')
      break
    case 'run.started':
      if (event.data.epoch === 1) writer.writeResponse('in_progress')
      break
    case 'run.joined':
      writer.writeResponse('in_progress')
      break
    case 'message.delta':
      writer.writeDelta('message', event.data.text)
      break
    case 'reasoning.delta':
      writer.writeDelta('reasoning', event.data.text)
      break
    case 'step.reset':
      writer.voidStep()
      break
    case 'step.completed':
      tellStep(story, event.data)
      break
    case 'answer.rejected':
      story.answer = ''
      writer.voidLastStep()
      break
    case 'tool.completed':
      tellResult(story, event.data)
      break
    case 'approval.requested':
      writer.writeMessage('mcp_approval_request', toApprovalData(story.key.agent, event.data))
      writer.endStep()
      break
    case 'run.parked':
      if (event.data.reason === 'approval') tellWaiting(story)
      break
    case 'run.resumed':
      tellResumed(story)
      break
    case 'run.completed':
      tellAnswer(story, event.data, event.at)
      break
    case 'run.failed':
      tellEnd(story, event.at, 'failed', { code: event.data.code, message: event.data.detail })
      break
    case 'run.cancelled':
      tellEnd(story, event.at, 'canceled', { code: 'run_cancelled', message: event.data.reason })
      break
  }
}

function tellStep(story: Story, { message }: StepCompleted): void {
  const { writer } = story
  story.answer = toSaidText(message)
  const text = toText(message.contents)
  const refusal = text === '' ? story.answer : ''
  const reasoning = toReasoning(message)
  if (reasoning !== '' && !writer.hasTold())
    writer.writeMessage('reasoning', { type: 'text', text: reasoning })
  writer.closeMessage('completed')
  if (text !== '' && !writer.hasTold('message')) writer.writeMessage('message', { type: 'text', text })
  if (refusal !== '') writer.writeMessage('message', { type: 'refusal', refusal })
  for (const call of toFunctionCalls(message)) writer.writeMessage('plugin_call', toCallData(call))
  writer.endStep()
}

function tellResult({ writer, state }: Story, completed: ToolCompleted): void {
  const made = toLastCalls(state).find(({ call }) => call.callId === completed.callId)
  writer.writeMessage('plugin_call_output', toOutputData(made?.call.name ?? '', completed), 'tool')
  writer.endStep()
}

function tellWaiting(story: Story): void {
  story.isWaiting = true
  story.writer.writeResponse('incomplete', { usage: toAgentScopeUsage(story.state.usage) })
}

function tellResumed(story: Story): void {
  if (story.isWaiting) story.writer.writeResponse('in_progress')
  story.isWaiting = false
}

/** The answer may be another one than the last step's: middleware has the last word, and may have had the only one. */
function tellAnswer({ writer, answer }: Story, { response, usage }: RunAnswer, at: number): void {
  if (response !== answer) writer.changeAnswer(response)
  writer.writeResponse('completed', { usage: toAgentScopeUsage(fromWireUsage(usage)), completedAt: at })
}

function tellEnd(
  { writer, state }: Story,
  at: number,
  status: 'failed' | 'canceled',
  error: { readonly code: string; readonly message: string },
): void {
  writer.closeMessage(status)
  writer.endStep()
  writer.writeResponse(status, { error, usage: toAgentScopeUsage(state.usage), completedAt: at })
}

function toAgentScopeUsage({ inputTokens, outputTokens, totalTokens }: Usage): AgentScopeUsage {
  return { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: totalTokens }
}
