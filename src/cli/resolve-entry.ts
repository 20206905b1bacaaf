import { existsSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { AgentError } from '../core/errors.js'

/** What `start` runs: an app root, and an entry file instead of package.json's `main`. */
export interface Entry {
  readonly root: string
  /** Relative to root; undefined for package.json's `main`. */
  readonly main: string | undefined
}

const entryNames = ['app.js', 'app.mjs', 'index.js', 'index.mjs', 'app.ts', 'index.ts']

/**
 * Finds the entry that a person names: a folder with a host.json is an app of its own; other folders are searched for `app` or
 * `index`, in their compiled form below `dist` first.
 * @throws {AgentError} when nothing is there, or no folder.
 */
export function resolveEntry(root: string, entry: string | undefined): Entry {
  if (!isFolder(root)) throw new AgentError('invalid_configuration', `There is no folder '${root}'.`)
  if (entry === undefined) return { root, main: undefined }
  const path = resolve(root, entry)
  if (isFolder(path) && existsSync(join(path, 'host.json'))) return { root: path, main: undefined }
  const name = relative(root, path)
  const found = [join('dist', name), name]
    .flatMap((base) => toCandidates(root, base))
    .find((file) => isFile(join(root, file)))
  if (found === undefined) {
    const message = `No entry found for '${entry}' below ${root}: name a file, or a folder with ${entryNames.join(', ')}.`
    throw new AgentError('invalid_configuration', message)
  }
  return { root, main: found }
}

function toCandidates(root: string, base: string): readonly string[] {
  if (isFolder(join(root, base))) return entryNames.map((name) => join(base, name))
  return [base.replace(/\.([cm]?)ts$/, '.$1js'), base]
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}
