import { error, type Finding, ok, warning } from './finding.js'
import { createFuncIgnore } from './func-ignore.js'

/** What was read about what is published. */
export interface Published {
  /** The text of .funcignore. */
  readonly text: string | undefined
  /** The files that package.json's `main` names. */
  readonly mainFiles: readonly string[]
  readonly hasLocalSettings: boolean
  /** Whether the app does without `node_modules`. */
  readonly isBundled: boolean
}

const about = '.funcignore'

/** Whether publishing leaves behind what Azure needs, or takes along what it must not have. */
export function checkFuncIgnore(published: Published): readonly Finding[] {
  const findings = [...checkLeftBehind(published), ...checkSecrets(published)]
  if (findings.length > 0) return findings
  const all =
    published.text === undefined
      ? 'There is none: everything is published, sources and tests too.'
      : undefined
  return [ok(about, all ?? 'What Azure needs is published.')]
}

function checkLeftBehind({ text, mainFiles, isBundled }: Published): readonly Finding[] {
  if (text === undefined) return []
  const isIgnored = createFuncIgnore(text)
  const left = ['host.json', 'package.json', ...mainFiles].filter(isIgnored)
  const findings = left.map((path) =>
    error(about, `It leaves out ${path}, which Azure needs: take away the line.`),
  )
  // Not the folder's name alone: a line may end in a slash.
  if (isBundled || !isIgnored('node_modules/durable-agent-functions/package.json')) return findings
  const message =
    'It leaves out node_modules, without which the app does not load in Azure, unless it is built there (func … publish --build remote).'
  return [...findings, warning(about, message)]
}

/** Security: `func` never takes the file along, but zip files are made by others, too. */
function checkSecrets({ text, hasLocalSettings }: Published): readonly Finding[] {
  if (!hasLocalSettings || (text !== undefined && createFuncIgnore(text)(almostLocalSettings))) return []
  const what = text === undefined ? 'There is none: make one with a line' : 'Add a line'
  const message = `${what} local.settings.json. func leaves that file behind by itself, but other tools that pack the folder would publish what it holds.`
  return [warning(about, message)]
}

/** Lines match the beginnings of paths; of the file itself the matcher says yes whatever the lines are. */
const almostLocalSettings = 'local.settings.json~'
