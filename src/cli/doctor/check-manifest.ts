import { error, type Finding, ok, warning } from './finding.js'
import type { Manifest, SourceFile } from './read-manifest.js'

/** What was read about the app's entry. */
export interface EntryFiles {
  readonly manifest: Manifest
  /** The files that `main` names, relative to the root. */
  readonly mainFiles: readonly string[]
  /** The one to load in place of them. */
  readonly entry: string | undefined
  /** The sources with what they were compiled to; `undefined` when tsconfig.json does not say what to compare. */
  readonly compiled: readonly SourceFile[] | undefined
}

const about = 'package.json'

/** Whether Azure would find the app's code, and the code is that of the sources. */
export function checkManifest({ manifest, mainFiles, entry, compiled }: EntryFiles): readonly Finding[] {
  switch (manifest.state) {
    case 'missing':
      return [
        error(
          about,
          'There is none, so that func start and Azure would find no functions. "npm init" makes one.',
        ),
      ]
    case 'broken':
      return [error(about, `It is not valid JSON: ${manifest.reason}`)]
    case 'read':
      return [checkMain(manifest.main, mainFiles, entry), ...checkCompiled(compiled)]
  }
}

function checkMain(
  main: string | undefined,
  mainFiles: readonly string[],
  entry: string | undefined,
): Finding {
  if (main === undefined) {
    return error(
      about,
      'It has no "main", by which func start and Azure find the app: name its compiled file.',
    )
  }
  if (mainFiles.length === 0) {
    return error(
      about,
      `"main" names ${main}, which is not there: compile the app first (npx tsc), or correct the name.`,
    )
  }
  const instead = entry === undefined ? '' : `; looked at here is ${entry}`
  return ok(about, `"main" names ${mainFiles.join(', ')}${instead}.`)
}

/** By the last compilation, as it makes every file anew: what was left over from an earlier one is of no account. */
function checkCompiled(compiled: readonly SourceFile[] = []): readonly Finding[] {
  const lastMs = Math.max(...compiled.map(({ compiledMs }) => compiledMs))
  const [first, ...others] = compiled.filter(({ changedMs }) => changedMs > lastMs)
  if (first === undefined) return []
  const more = others.length === 0 ? '' : `, and ${others.length} more,`
  const message = `${first.source}${more} changed after ${first.compiled} was made: compile the app (npx tsc).`
  return [warning('sources', message)]
}
