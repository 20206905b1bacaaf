import { toTimestamp } from '../core/clock.js'
import { type Answer, createJsonAnswer } from './answers.js'
import { refuseUnknown } from './parse-query.js'
import type { Call } from './route.js'

/** `GET allowance`: what the caller has spent of what they may; nothing of those who have no limit, or are nobody in particular. */
export async function handleAllowance({ url, owner, sessions }: Call): Promise<Answer> {
  refuseUnknown(url.searchParams, ['code'])
  const balance = owner === undefined ? undefined : await sessions.readBalance(owner)
  return createJsonAnswer(balance === undefined ? {} : { ...balance, until: toTimestamp(balance.until) })
}
