import { toHexId } from '../../core/hex-id.js'
import type { StoredEvent } from '../../run/events.js'
import type { RunState } from '../../run/fold.js'
import { type Charge, toAccountId } from '../allowance/account.js'
import type { Operation } from './operation.js'

/** Has what an ended run has spent counted for its owner. The signal leaves with the commit of its turn, so that no crash loses it. */
export function chargeOwner(
  { chargesOwners, context, key }: Operation,
  run: string,
  { request, usage }: RunState,
  [first]: readonly StoredEvent[],
): void {
  const owner = request?.owner
  if (!chargesOwners || owner === undefined || usage.totalTokens === 0) return
  // A session that was deleted may be begun anew, with runs of the same names.
  const name = toHexId(JSON.stringify([key.agent, key.session, run, first?.at]))
  const charge: Charge = { run: name, tokens: usage.totalTokens }
  context.df.signalEntity(toAccountId(owner), 'charge', charge)
}
