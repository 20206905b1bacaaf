import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { toModules, usesModules } from './app-modules.js'

/** A function app in a folder of its own, from which the repository's packages resolve. */
export interface TempApp {
  readonly root: string
  remove(): Promise<void>
}

/** Files by path: text as it is, anything else as JSON. A host.json is added when there is none. */
export type AppFiles = Readonly<Record<string, unknown>>

/** Writes an app below `test/.tmp-*`. */
export async function createTempApp(files: AppFiles): Promise<TempApp> {
  const root = await mkdtemp(join(resolve(import.meta.dirname, '..'), '.tmp-'))
  const written = usesModules ? toModules(files) : files
  const all: AppFiles = { 'host.json': { version: '2.0' }, ...written }
  for (const [path, content] of Object.entries(all)) {
    const target = join(root, path)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, typeof content === 'string' ? content : JSON.stringify(content))
  }
  return { root, remove: () => rm(root, { recursive: true, force: true }) }
}
