import { execFile } from 'node:child_process'
import { constants, copyFileSync, linkSync, mkdirSync, readdirSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { createFuncIgnore } from '../../src/cli/doctor/func-ignore.js'
import { repository } from './start-app.js'

const run = promisify(execFile)

/**
 * Lays out in `target` what publishing the repository would send after `npm run build` and `npm prune --omit=dev`.
 * Gives the paths of the project's own files, without `node_modules`.
 */
export async function layOutPublished(target: string): Promise<readonly string[]> {
  const isIgnored = createFuncIgnore(await readFile(join(repository, '.funcignore'), 'utf8'))
  const own = [...(await listTracked()), ...(await listBuilt())].filter((path) => !isIgnored(path))
  for (const path of own) {
    await mkdir(dirname(join(target, path)), { recursive: true })
    await copyFile(join(repository, path), join(target, path), constants.COPYFILE_FICLONE)
  }
  for (const folder of await listProductionPackages()) {
    // Packages inside packages are on the list themselves.
    linkFolder(folder, target, (path) => basename(path) === 'node_modules' || isIgnored(path))
  }
  return own
}

/** Gives the files of a folder of the repository a second name in `target`: to copy twenty thousand takes half a minute. */
function linkFolder(folder: string, target: string, isLeftOut: (path: string) => boolean): void {
  mkdirSync(join(target, folder), { recursive: true })
  for (const entry of readdirSync(join(repository, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`
    if (isLeftOut(path)) continue
    if (entry.isDirectory()) linkFolder(path, target, isLeftOut)
    else linkOrCopy(join(repository, path), join(target, path))
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch {
    // It may lie on another disk.
    copyFileSync(from, to)
  }
}

async function listTracked(): Promise<readonly string[]> {
  const { stdout } = await run('git', ['ls-files', '-z'], { cwd: repository, maxBuffer: 16 * 1024 * 1024 })
  return stdout.split('\0').filter((path) => path !== '')
}

async function listBuilt(): Promise<readonly string[]> {
  const entries = await readdir(join(repository, 'dist'), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(repository, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
}

/** As npm itself installed them: what is only there for development is marked in its own lock file. */
async function listProductionPackages(): Promise<readonly string[]> {
  const text = await readFile(join(repository, 'node_modules/.package-lock.json'), 'utf8')
  const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, LockedPackage>> }
  return Object.entries(packages).flatMap(([folder, { dev = false, devOptional = false }]) =>
    dev || devOptional ? [] : [folder],
  )
}

interface LockedPackage {
  readonly dev?: boolean
  readonly devOptional?: boolean
}
