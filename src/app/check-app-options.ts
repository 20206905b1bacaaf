import { checkCount } from '../core/check-count.js'

/** The options that count something, by the least that they may be. */
const counts = [
  ['waitLimitMs', 1],
  ['streamLimitMs', 1],
  ['heartbeatMs', 1],
  ['operationTimeoutMs', 1],
  ['sessionTtlMs', 1],
  ['runRetentionMs', 1],
  ['maxAttempts', 1],
  ['maxInlineMediaBytes', 0],
  ['maxBodyBytes', 1],
] as const

type CountOptions = { readonly [Option in (typeof counts)[number][0]]?: number | undefined }

/** Refuses numbers that no app means: a negative `sessionTtlMs` would delete every session. @throws {AgentError} `invalid_configuration` naming the option. */
export function checkAppOptions(options: CountOptions): void {
  for (const [option, least] of counts) checkCount(option, options[option] ?? least, least)
}
