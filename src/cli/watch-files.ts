import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'

/** What counts as a file of a compiled app. */
const appFile = /\.(?:[cm]?js|json)$/
/** Writes that belong together, e.g. those of a compiler, count as one change when no more than this lies between them. */
const quietMs = 150

export interface WatchFilesOptions {
  readonly root: string
  /** Absolute path of a folder that is left out; so are `node_modules` and folders whose names begin with a dot. */
  readonly except: string
  /** Called once for changes that follow each other closely. */
  readonly onChange: () => void
}

/** Watches the files of an app, in folders that are made later as well; gives what ends that. */
export function watchFiles({ root, except, onChange }: WatchFilesOptions): () => void {
  let watchers: readonly FSWatcher[] = []
  let timer: NodeJS.Timeout | undefined

  /** What a folder reports is only a reason to look; one that was made again needs a new watcher. */
  function look(): string {
    const { folders } = scan(root, except)
    for (const watcher of watchers) watcher.close()
    watchers = folders.flatMap(open)
    const found = scan(root, except)
    // Not all folders are watched yet.
    if (found.folders.join() !== folders.join()) lookSoon()
    return found.versions
  }

  function open(folder: string): readonly FSWatcher[] {
    try {
      return [watch(folder, lookSoon).on('error', lookSoon)]
    } catch {
      // It is gone already, which the folder above it reports.
      return []
    }
  }

  function lookSoon(): void {
    clearTimeout(timer)
    timer = setTimeout(() => {
      const before = versions
      versions = look()
      if (versions !== before) onChange()
    }, quietMs)
  }

  let versions = look()
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}

interface Scan {
  readonly folders: readonly string[]
  /** Differs when an app file came, went or was written. */
  readonly versions: string
}

function scan(root: string, except: string): Scan {
  const folders: string[] = []
  const versions: string[] = []
  const visit = (folder: string): void => {
    if (folder === except) return
    folders.push(folder)
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name)) tryTo(() => visit(path))
      else if (appFile.test(entry.name)) tryTo(() => void versions.push(toVersion(path)))
    }
  }
  tryTo(() => visit(root))
  return { folders, versions: versions.sort().join('\n') }
}

function toVersion(path: string): string {
  const { mtimeMs, size } = statSync(path)
  return `${path} ${mtimeMs} ${size}`
}

/** What has gone while it was looked at is not there. */
function tryTo(look: () => void): void {
  try {
    look()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')))
      throw error
  }
}
