import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { copyFile, cp, mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { createFuncIgnore } from './func-ignore.js'
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
    await cp(join(repository, folder), join(target, folder), {
      recursive: true,
      mode: constants.COPYFILE_FICLONE,
      // Packages inside packages are on the list themselves.
      filter: (source) =>
        basename(source) !== 'node_modules' && !isIgnored(relative(repository, source).replaceAll('\\', '/')),
    })
  }
  return own
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
