import { join } from 'node:path'
import { findEntryFiles } from '../../host/loading/entry-files.js'
import { parseHost, type ReadHostJson } from './check-host-json.js'
import { mergeSettings, parseLocalSettings, type ReadSettings } from './check-local-settings.js'
import { type Manifest, readCompiled, readManifest, readText, type SourceFile } from './read-manifest.js'
import type { FoundPackage } from './read-packages.js'
import { readPackages } from './read-packages.js'

/** What lies in an app's folder, as far as it is looked at. */
export interface Project {
  readonly root: string
  /** A file to load in place of `main`, relative to the root. */
  readonly entry: string | undefined
  readonly manifest: Manifest
  /** The files that package.json's `main` names. */
  readonly mainFiles: readonly string[]
  readonly compiled: readonly SourceFile[] | undefined
  readonly copies: ReadonlyMap<string, readonly FoundPackage[]>
  readonly hostJson: ReadHostJson
  readonly localSettings: ReadSettings
  /** App settings as the app would see them. */
  readonly settings: Readonly<Record<string, string>>
  /** The text of .funcignore. */
  readonly funcIgnore: string | undefined
}

/** Reads an app's folder. */
export async function readProject(root: string, entry: string | undefined): Promise<Project> {
  const manifest = readManifest(root)
  const main = manifest.state === 'read' ? manifest.main : undefined
  const mainFiles = main === undefined ? [] : await findEntryFiles(root, main)
  const localSettings = parseLocalSettings(readText(join(root, 'local.settings.json')))
  const settings = mergeSettings(localSettings, process.env)
  return {
    root,
    entry,
    manifest,
    mainFiles,
    compiled: readCompiled(root, mainFiles),
    copies: readPackages(root),
    hostJson: parseHost(readText(join(root, 'host.json')), settings),
    localSettings,
    settings,
    funcIgnore: readText(join(root, '.funcignore')),
  }
}

/** Whether there is an app to load, and nothing beside it that would keep a host from it. */
export function isLoadable({ entry, mainFiles, hostJson, localSettings }: Project): boolean {
  if (hostJson.state === 'broken' || localSettings.state === 'broken') return false
  return entry !== undefined || mainFiles.length > 0
}
