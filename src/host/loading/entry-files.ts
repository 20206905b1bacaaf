import { readdir, stat } from 'node:fs/promises'
import { join, posix } from 'node:path'

/** True when the text is a pattern and not one file's name. */
export function isGlob(pattern: string): boolean {
  return /[*?[\]{}!()]/.test(pattern)
}

/**
 * Files below `root` that a package.json `main` names, relative to it, with `/` between folders, in name order.
 * A pattern may hold `*`, `**`, `?`, `[ab]` and `{a,b}` (Functions worker: entry point patterns).
 */
export async function findEntryFiles(root: string, pattern: string): Promise<readonly string[]> {
  const normalized = posix.normalize(pattern.replaceAll('\\', '/'))
  if (!isGlob(normalized)) return (await isFile(join(root, normalized))) ? [normalized] : []
  const matches = toGlobExpression(normalized)
  const parts = normalized.split('/')
  const base = parts.slice(0, Math.max(parts.findIndex(isGlob), 0)).join('/')
  const files: string[] = []
  await collectFiles(root, base, normalized.includes('node_modules'), files)
  return files.filter((file) => matches.test(file)).sort()
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

async function collectFiles(
  root: string,
  folder: string,
  intoModules: boolean,
  files: string[],
): Promise<void> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    const hidden = entry.name.startsWith('.') || (entry.name === 'node_modules' && !intoModules)
    if (entry.isDirectory() && !hidden) await collectFiles(root, path, intoModules, files)
    else if (entry.isFile()) files.push(path)
  }
}

/** The pattern as a regular expression over a whole relative path. */
export function toGlobExpression(pattern: string): RegExp {
  const source = pattern.replace(
    /\*\*\/|\*\*|\*|\?|\{[^{}]*\}|\[!?[^\]]*\]|[.+^${}()|\\]/g,
    (token) => globTokens[token] ?? toGlobToken(token),
  )
  return new RegExp(`^${source}$`)
}

const globTokens: Readonly<Record<string, string>> = {
  '**/': '(?:[^/]+/)*',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
}

function toGlobToken(token: string): string {
  if (token.startsWith('[')) return token.replace(/^\[!/, '[^')
  if (token.startsWith('{') && token.length > 1) {
    const choices = token.slice(1, -1).split(',')
    return `(?:${choices.map((choice) => toGlobExpression(choice).source.slice(1, -1)).join('|')})`
  }
  return `\\${token}`
}
