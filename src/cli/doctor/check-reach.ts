import type { ProbeReport } from '../../core/app-survey.js'
import { error, type Finding, ok, warning } from './finding.js'

/** What answered when it was asked, and what did not. */
export function checkReach(reports: readonly ProbeReport[]): readonly Finding[] {
  return reports.map((report) => (report.about === 'run log' ? toLogFinding(report) : toModelFinding(report)))
}

function toLogFinding({ outcome, detail = '' }: ProbeReport): Finding {
  if (outcome === 'reached') return ok('run log', 'It can be written.')
  return error('run log', `It cannot be used: ${detail}`)
}

function toModelFinding({ model = '', agents, outcome, detail = '' }: ProbeReport): Finding {
  const about = `model ${model}`
  const users = `Used by ${agents.join(', ')}.`
  switch (outcome) {
    case 'reached':
      return ok(about, `Its server answers, and does not refuse the key. ${users}`)
    case 'none':
      return ok(about, `Not asked, as its client has no question that costs nothing. ${users}`)
    case 'unclear':
      return warning(about, `Its server ${detail} ${users}`)
    case 'busy':
      return warning(about, `${detail} ${users}`)
    case 'failed':
      return error(about, `${detail} ${users}`)
  }
}
