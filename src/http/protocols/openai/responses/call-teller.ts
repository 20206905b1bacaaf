import type { ResponseFunctionToolCallItem, ResponseOutputItem } from 'openai/resources/responses/responses'
import { type JsonObject, toJsonText } from '../../../../core/json.js'
import type { ApprovalRequested, ToolCompleted } from '../../../../run/events.js'
import type { RunKey } from '../../../../run/run-log.js'
import type { OpenCall } from '../../../../run/waiting.js'
import { toCallId } from '../call-id.js'
import { toApprovalItemId } from './approval-item-id.js'
import type { OutputList, Place } from './output-list.js'
import type { Frame } from './response-frames.js'

type McpCall = ResponseOutputItem.McpCall

/** A tool call that is being told. */
interface ToldCall {
  readonly place: Place
  readonly item: McpCall
}

/** What is said of a tool call when it begins. */
export interface BegunCall {
  readonly callId: string
  readonly name: string
  readonly arguments: JsonObject | string
  /** The question that a human was asked about it before. */
  readonly approvalId?: string | undefined
}

/**
 * Tells the agent's tool calls as calls of an MCP server named like the agent: OpenAI's word for tools that are executed
 * on the server's side, which the client neither can nor must execute. What it is to execute itself is told as function calls.
 */
export class CallTeller {
  readonly #output: OutputList
  readonly #key: RunKey
  readonly #open = new Map<string, ToldCall>()

  constructor(output: OutputList, key: RunKey) {
    this.#output = output
    this.#key = key
  }

  /** Begins a call; nothing when it was begun before, as one that is executed again after a crash. */
  begin(call: BegunCall): readonly Frame[] {
    if (this.#open.has(call.callId)) return []
    const place = this.#output.begin('mcp')
    const item = this.#toItem(place, call)
    this.#open.set(call.callId, { place, item })
    this.#output.set(place, item)
    const where = { item_id: place.id, output_index: place.index }
    return [
      { type: 'response.output_item.added', output_index: place.index, item: { ...item, arguments: '' } },
      { type: 'response.mcp_call.in_progress', ...where },
      { type: 'response.mcp_call_arguments.done', ...where, arguments: item.arguments },
    ]
  }

  /** Ends a call with what came of it. */
  complete({ callId, result, error }: ToolCompleted): readonly Frame[] {
    const ending: Partial<McpCall> =
      error === undefined
        ? { status: 'completed', output: toJsonText(result ?? null) }
        : { status: 'failed', error: { type: 'mcp_tool_execution_error', content: error } }
    const type = error === undefined ? 'response.mcp_call.completed' : 'response.mcp_call.failed'
    return this.#close(callId, ending, type)
  }

  /** Ends the calls that are open because nothing more comes of them here. */
  cutOff(): readonly Frame[] {
    return [...this.#open.keys()].flatMap((callId) => this.#close(callId, { status: 'incomplete' }))
  }

  /** Tells that a human has to decide about a call. */
  ask({ approvalId, name, arguments: args }: ApprovalRequested): readonly Frame[] {
    const place = this.#output.beginAs(toApprovalItemId(this.#key, approvalId))
    const item: ResponseOutputItem.McpApprovalRequest = {
      id: place.id,
      type: 'mcp_approval_request',
      server_label: this.#key.agent,
      name,
      arguments: toJsonText(args),
    }
    this.#output.set(place, item)
    return [
      { type: 'response.output_item.added', output_index: place.index, item },
      { type: 'response.output_item.done', output_index: place.index, item },
    ]
  }

  /** Hands over a call that the client is to carry out. */
  handOver({ callId, name, arguments: args }: OpenCall): readonly Frame[] {
    const place = this.#output.begin('fc')
    const item: ResponseFunctionToolCallItem = {
      id: place.id,
      type: 'function_call',
      status: 'completed',
      call_id: toCallId({ ...this.#key, callId }),
      name,
      arguments: toJsonText(args),
    }
    this.#output.set(place, item)
    const where = { item_id: place.id, output_index: place.index }
    const begun = { ...item, status: 'in_progress', arguments: '' } as const
    return [
      { type: 'response.output_item.added', output_index: place.index, item: begun },
      { type: 'response.function_call_arguments.delta', ...where, delta: item.arguments },
      { type: 'response.function_call_arguments.done', ...where, arguments: item.arguments },
      { type: 'response.output_item.done', output_index: place.index, item },
    ]
  }

  #close(
    callId: string,
    ending: Partial<McpCall>,
    type?: 'response.mcp_call.completed' | 'response.mcp_call.failed',
  ): readonly Frame[] {
    const call = this.#open.get(callId)
    if (call === undefined) return []
    this.#open.delete(callId)
    const { place } = call
    const item = { ...call.item, ...ending }
    this.#output.set(place, item)
    const news: readonly Frame[] =
      type === undefined ? [] : [{ type, item_id: place.id, output_index: place.index }]
    return [...news, { type: 'response.output_item.done', output_index: place.index, item }]
  }

  #toItem({ id }: Place, { name, arguments: args, approvalId }: BegunCall): McpCall {
    return {
      id,
      type: 'mcp_call',
      status: 'in_progress',
      server_label: this.#key.agent,
      name,
      arguments: toJsonText(args),
      approval_request_id: approvalId === undefined ? null : toApprovalItemId(this.#key, approvalId),
      output: null,
      error: null,
    }
  }
}
