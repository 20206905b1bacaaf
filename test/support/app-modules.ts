import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { AppFiles } from './temp-app.js'

/** With `APP_MODULES=esm` in the environment, apps in CommonJS run as ES modules, to try the very same ones as both. */
export const usesModules = process.env.APP_MODULES === 'esm'

/** An app's files with ES modules in place of CommonJS; as they are when package.json says what its modules are. */
export function toModules(files: AppFiles): AppFiles {
  const { 'package.json': manifest } = files
  if (typeof manifest !== 'object' || manifest === null || 'type' in manifest) return files
  const entries = Object.entries(files).map(([path, content]) => {
    const isCode = path.endsWith('.js') && typeof content === 'string'
    return [path, isCode ? toModule(content) : content]
  })
  return { ...Object.fromEntries(entries), 'package.json': { ...manifest, type: 'module' } }
}

/** The platform's two packages are imported; everything else that CommonJS has by itself is made. */
export function toModule(code: string): string {
  // By their defaults, as Node 22 does not find all of their names.
  const imports = code.replaceAll(
    /const (.+) = require\('(@azure\/functions|durable-functions)'\)/g,
    (_all, names: string, from: string) => {
      const library = from.replaceAll(/\W/g, '_')
      return `import ${library} from '${from}'\nconst ${names} = ${library}`
    },
  )
  return `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const { dirname: __dirname, filename: __filename } = import.meta
${imports.replaceAll(/^exports\.(\w+) =/gm, 'export const $1 =')}`
}

/** A copy of an app's folder with ES modules in place of CommonJS; the folder itself when package.json says what its modules are. */
export async function copyAsModules(root: string): Promise<string> {
  const manifest = await readManifest(root)
  if (manifest === undefined || 'type' in manifest) return root
  const copy = await mkdtemp(join(resolve(import.meta.dirname, '..'), '.tmp-'))
  await cp(root, copy, { recursive: true })
  await writeFile(join(copy, 'package.json'), JSON.stringify({ ...manifest, type: 'module' }))
  for (const path of await readdir(copy, { recursive: true })) {
    const file = join(copy, path)
    if (path.endsWith('.js')) await writeFile(file, toModule(await readFile(file, 'utf8')))
  }
  return copy
}

async function readManifest(root: string): Promise<object | undefined> {
  try {
    return JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  } catch {
    return undefined
  }
}
