/** One thing that was looked at. `error`: it does not work so; `warning`: it works, though not as one may think. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'error'
  /** What it is about, in a word or two: a file, a part of the app, `agent NAME`. */
  readonly about: string
  /** What was found, and what to do about it. */
  readonly message: string
}

export function ok(about: string, message: string): Finding {
  return { level: 'ok', about, message }
}

export function warning(about: string, message: string): Finding {
  return { level: 'warning', about, message }
}

export function error(about: string, message: string): Finding {
  return { level: 'error', about, message }
}

/** How many findings there are of each kind that asks for something to be done. */
export function count(findings: readonly Finding[]): { readonly errors: number; readonly warnings: number } {
  const countOf = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length
  return { errors: countOf('error'), warnings: countOf('warning') }
}

/** `1 tool`, `2 tools`. */
export function toAmount(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? '' : 's'}`
}
