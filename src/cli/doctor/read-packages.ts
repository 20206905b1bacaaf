import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { isJsonObject } from '../../core/json.js'
import { readText } from './read-manifest.js'

/** A package on the disk. */
export interface FoundPackage {
  readonly version: string
  /** Relative to the app's root where it lies below it. */
  readonly folder: string
}

const shared = ['@azure/functions', 'durable-functions']
/** Whose code asks for the shared ones, besides the app's. */
const users = ['durable-functions', 'durable-agent-functions']

/** The copies of the packages that all code of the app must share, as Node finds them: for the app itself, and for those that use them. */
export function readPackages(root: string): ReadonlyMap<string, readonly FoundPackage[]> {
  const places = [root, ...users.flatMap((name) => findFolder(root, name) ?? [])]
  return new Map(shared.map((name) => [name, readCopies(root, name, places)]))
}

function readCopies(root: string, name: string, places: readonly string[]): readonly FoundPackage[] {
  const folders = new Set(places.flatMap((place) => findFolder(place, name) ?? []))
  return [...folders].map((folder) => {
    const path = relative(root, folder)
    return { version: readVersion(folder), folder: path.startsWith('..') ? folder : path }
  })
}

/** Where Node's own rules find a package from a folder; links are followed, as Node does before it goes on from there. */
function findFolder(from: string, name: string): string | undefined {
  const folder = join(from, 'node_modules', name)
  if (existsSync(join(folder, 'package.json'))) return realpathSync(folder)
  const parent = dirname(from)
  return parent === from ? undefined : findFolder(parent, name)
}

function readVersion(folder: string): string {
  try {
    const manifest: unknown = JSON.parse(readText(join(folder, 'package.json')) ?? '')
    return isJsonObject(manifest) ? String(manifest.version) : 'unknown'
  } catch {
    return 'unknown'
  }
}
