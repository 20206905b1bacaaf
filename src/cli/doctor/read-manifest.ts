import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { toErrorMessage } from '../../core/errors.js'
import { stripJsonComments } from '../../core/host-json.js'
import { isJsonObject } from '../../core/json.js'

/** The app's package.json. */
export type Manifest =
  | { readonly state: 'missing' }
  | { readonly state: 'broken'; readonly reason: string }
  | { readonly state: 'read'; readonly main: string | undefined; readonly devPackages: readonly string[] }

/** Reads `<root>/package.json`. */
export function readManifest(root: string): Manifest {
  const text = readText(join(root, 'package.json'))
  if (text === undefined) return { state: 'missing' }
  try {
    const parsed: unknown = JSON.parse(text)
    const { main, devDependencies } = isJsonObject(parsed) ? parsed : {}
    const devPackages = Object.keys(isJsonObject(devDependencies) ? devDependencies : {})
    return { state: 'read', main: typeof main === 'string' ? main : undefined, devPackages }
  } catch (reason) {
    return { state: 'broken', reason: toErrorMessage(reason) }
  }
}

/** A source and what it was compiled to, with the times when they were written. */
export interface SourceFile {
  readonly source: string
  readonly changedMs: number
  readonly compiled: string
  readonly compiledMs: number
}

/**
 * The sources that have been compiled, by `rootDir` and `outDir` of `<root>/tsconfig.json`. `undefined` when it does not name
 * both, when nothing of `mainFiles` is made there, and when the compiler notes what it has made, as it then leaves alone
 * what would become the same.
 */
export function readCompiled(root: string, mainFiles: readonly string[]): readonly SourceFile[] | undefined {
  const { rootDir, outDir, noEmit, incremental, composite } = readCompilerOptions(root)
  if (typeof rootDir !== 'string' || typeof outDir !== 'string') return undefined
  if (noEmit === true || incremental === true || composite === true) return undefined
  const [from, to] = [resolve(root, rootDir), resolve(root, outDir)]
  if (from === to || !mainFiles.some((file) => isBelow(to, resolve(root, file)))) return undefined
  if (hasBuildInfo(root) || hasBuildInfo(to)) return undefined
  return listSources(from, to).flatMap((source) => {
    const compiled = join(to, relative(from, source)).replace(/\.([cm]?)tsx?$/, '.$1js')
    const [changedMs, compiledMs] = [readTime(source), readTime(compiled)]
    if (changedMs === undefined || compiledMs === undefined) return []
    return [{ source: relative(root, source), changedMs, compiled: relative(root, compiled), compiledMs }]
  })
}

function readCompilerOptions(root: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(stripJsonComments(readText(join(root, 'tsconfig.json')) ?? '{}'))
    return isJsonObject(parsed) && isJsonObject(parsed.compilerOptions) ? parsed.compilerOptions : {}
  } catch {
    return {}
  }
}

function listSources(folder: string, outDir: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      const isForeign = entry.name === 'node_modules' || entry.name.startsWith('.') || path === outDir
      return isForeign ? [] : listSources(path, outDir)
    }
    return /\.[cm]?tsx?$/.test(entry.name) && !/\.d\.[cm]?ts$/.test(entry.name) ? [path] : []
  })
}

function hasBuildInfo(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.tsbuildinfo'))
}

function isBelow(folder: string, path: string): boolean {
  return !relative(folder, path).startsWith('..')
}

function readTime(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}

/** A file's text; `undefined` when it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
