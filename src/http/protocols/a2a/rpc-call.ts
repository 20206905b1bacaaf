import type { Agent } from '../../../agent/agent.js'
import type { RunKey } from '../../../run/run-log.js'
import type { Call } from '../../route.js'
import type { RpcId } from './a2a-errors.js'
import type { A2aVersion } from './a2a-version.js'
import type { Frame } from './a2a-wire.js'

/** A call of a method of an agent. */
export interface RpcCall {
  readonly call: Call
  readonly agent: Agent
  readonly version: A2aVersion
  readonly id: RpcId
  readonly params: unknown
}

/** What a method gives: a result, in the version's own words, or frames as they come. */
export type RpcResult =
  | { readonly type: 'result'; readonly result: object | null; readonly key?: RunKey | undefined }
  | { readonly type: 'frames'; readonly frames: AsyncIterable<readonly Frame[]>; readonly key: RunKey }

export type RpcMethod = (rpc: RpcCall) => Promise<RpcResult>
