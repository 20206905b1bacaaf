import { fold } from '../../../run/fold.js'
import type { SessionKey } from '../../../run/run-log.js'
import { toOwnMessages, toPartialMessages } from '../../../run/turn-messages.js'
import { toOpenApprovals, toOpenCalls } from '../../../run/waiting.js'
import type { OpenRun } from '../../../session/state/read-session.js'
import { toModelMessages } from '../../../session/state/stored-messages.js'
import type { StoredEntry } from '../../../session/state/stored-state.js'
import { type Answer, createJsonAnswer } from '../../answers.js'
import { parseSessionId } from '../../ids.js'
import { parsePage } from '../../parse-page.js'
import { refuseUnknown } from '../../parse-query.js'
import type { Call } from '../../route.js'
import { requireAgent } from '../find-agent.js'
import { readSaid } from '../said-messages.js'
import type { AguiInterrupt, AguiMessage } from './agui-events.js'
import { toInterrupt } from './interrupts.js'
import { toToolCallId } from './message-ids.js'
import { toCallerMessage, toRunMessages } from './thread-messages.js'

/** `GET ag-ui/{agent}/{threadId}`: the conversation as clients begin with it, newest last, and what it asks a human and the client. */
export async function handleThread(call: Call): Promise<Answer> {
  const query = call.url.searchParams
  refuseUnknown(query, ['limit', 'before', 'code'])
  const page = parsePage(query)
  const { threadId = '' } = call.params
  const key = { agent: requireAgent(call).name, session: parseSessionId(threadId, 'threadId') }
  await call.sessions.requireSession(key, call.owner)
  const view = await call.sessions.read(key, page)
  const open = new Map<string, Unfinished>()
  for (const one of view.openRuns) open.set(one.run, await readUnfinished(call, key, one))
  const messages = view.entries.map(async (entry) => {
    const run = entry.correlationId ?? entry.createdAt
    if (entry.$type !== 'request') return toAnswer(run, entry)
    const said = await readSaid(call, key, entry)
    return [...said.map(toCallerMessage), ...(open.get(run)?.messages ?? [])]
  })
  const unfinished = [...open.values()]
  return createJsonAnswer({
    messages: (await Promise.all(messages)).flat(),
    interrupts: unfinished.flatMap(({ interrupts }) => interrupts),
    pendingToolCallIds: unfinished.flatMap(({ pendingToolCallIds }) => pendingToolCallIds),
    next_before: view.olderBefore,
  })
}

function toAnswer(run: string, entry: StoredEntry): readonly AguiMessage[] {
  return toRunMessages(run, toModelMessages([entry]))
}

/** What a run has made so far that has not ended. */
interface Unfinished {
  readonly messages: readonly AguiMessage[]
  readonly interrupts: readonly AguiInterrupt[]
  /** The tool calls that wait for the client. */
  readonly pendingToolCallIds: readonly string[]
}

async function readUnfinished(
  { sessions }: Call,
  key: SessionKey,
  { run, events }: OpenRun,
): Promise<Unfinished> {
  const state = fold(events)
  const messages = toRunMessages(run, [...toOwnMessages(state), ...toPartialMessages(state)])
  const asking = await sessions.readStanding({ ...key, run }, events)
  return {
    messages,
    interrupts: toOpenApprovals(asking).map((approval) => toInterrupt(run, approval)),
    pendingToolCallIds: toOpenCalls(asking).map(({ callId }) => toToolCallId(run, callId)),
  }
}
