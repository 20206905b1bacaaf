import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { AgentError } from '../core/errors.js'
import { toPageHtml } from './page-html.js'
import { pageStyle } from './page-style.js'

/** What of the page goes over the wire in one piece. */
export interface PageFile {
  readonly contentType: string
  readonly body: Uint8Array<ArrayBuffer>
  /** The same, smaller, for browsers that take it. */
  readonly gzipped: Uint8Array<ArrayBuffer>
}

/** The page with all that it loads. */
export interface PageFiles {
  readonly page: PageFile
  /** Changes with the page and all that it loads. */
  readonly version: string
  /** By the path below the page's own: a version that changes with them, and a name. */
  readonly assets: ReadonlyMap<string, PageFile>
}

/**
 * Where the build puts the page's modules: `tsconfig.browser.json` compiles them, with what of `core` they use. In an app that was
 * bundled to one file this is beside that file, and a bundler that makes CommonJS may leave `import.meta` empty.
 */
function findSite(): string {
  return join(import.meta.dirname ?? __dirname, 'site')
}

/** Reads the page off the disk. @throws {AgentError} `invalid_configuration` when it is not there. */
export function readPageFiles(folder: string = findSite()): PageFiles {
  const modules = readModules(folder)
  const version = toVersion([...modules, ['page.css', pageStyle], ['page.html', toHtml(modules, '')]])
  const assets = new Map(
    modules.map(([name, text]) => [`${version}/${name}`, toFile('text/javascript', text)]),
  )
  assets.set(`${version}/page.css`, toFile('text/css', pageStyle))
  return { page: toFile('text/html', toHtml(modules, version)), version, assets }
}

/** A name and what it names. */
type NamedText = readonly [name: string, text: string]

function toVersion(texts: readonly NamedText[]): string {
  const hash = createHash('sha256')
  for (const [name, text] of texts) hash.update(`${name}\n${text}\n`)
  return hash.digest('hex').slice(0, 16)
}

/** The page is at `chat`, without a slash at the end: what is below is named relative to what is above. */
function toHtml(modules: readonly NamedText[], version: string): string {
  return toPageHtml({
    style: `chat/${version}/page.css`,
    main: `chat/${version}/web/browser/main.js`,
    modules: modules.map(([name]) => `chat/${version}/${name}`),
  })
}

/** All modules but those that hold only types, which none of the others loads. */
function readModules(folder: string): readonly NamedText[] {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    return names
      .filter((name) => name.endsWith('.js'))
      .sort()
      .map((name) => [name.replaceAll('\\', '/'), readFileSync(join(folder, name), 'utf8')] as const)
      .filter(([, text]) => text.trim() !== 'export {};')
  } catch (cause) {
    const message = `The chat page is not in ${folder}. A bundled app needs a copy of node_modules/durable-agent-functions/dist/src/web/site there; in the sources of the package "npm run build" makes it.`
    throw new AgentError('invalid_configuration', message, { cause })
  }
}

function toFile(type: string, text: string): PageFile {
  const body = new Uint8Array(Buffer.from(text))
  return { contentType: `${type}; charset=utf-8`, body, gzipped: new Uint8Array(gzipSync(body)) }
}
