import { styleText } from 'node:util'
import { count, type Finding, toAmount } from './finding.js'

const colours = { ok: 'green', warning: 'yellow', error: 'red' } as const

/** The findings for people, a line each, and how many ask for something. */
export function toLines(findings: readonly Finding[], { coloured }: { readonly coloured: boolean }): string {
  const width = Math.max(...findings.map(({ about }) => about.length))
  const lines = findings.map(({ level, about, message }) => {
    const word = coloured ? styleText(colours[level], level.padEnd(7)) : level.padEnd(7)
    return `${word}  ${about.padEnd(width)}  ${toOneLine(message)}`
  })
  return `${[...lines, '', toVerdict(findings)].join('\n')}\n`
}

/** The same as data. */
export function toJson(findings: readonly Finding[]): string {
  return `${JSON.stringify({ ...count(findings), findings }, null, 2)}\n`
}

function toVerdict(findings: readonly Finding[]): string {
  const { errors, warnings } = count(findings)
  if (errors + warnings === 0) return 'All is well.'
  return `${toAmount(errors, 'error')}, ${toAmount(warnings, 'warning')}.`
}

/** What was thrown may hold anything: also what a terminal would obey. */
function toOneLine(message: string): string {
  return message.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '\uFFFD')
}
