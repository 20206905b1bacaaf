import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflate } from '@sparticuz/chromium'
import { type Browser, launch } from 'puppeteer-core'
import { repository } from './start-app.js'

const chromium = join(repository, 'node_modules/@sparticuz/chromium')

/** A browser that is there already, on machines for which the package has none. */
const own = process.env.PUPPETEER_EXECUTABLE_PATH

/** Whether a browser can be started on this machine. */
export const hasBrowser = own !== undefined || (process.platform === 'linux' && process.arch === 'x64')

/** Starts Chromium, with its own web security: the package's arguments would switch that off. */
export async function launchBrowser(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu']
  if (own !== undefined) return launch({ executablePath: own, headless: true, args })
  const folder = await unpack()
  // The machine may have neither fonts nor the libraries that Chromium takes for granted.
  const env = {
    ...process.env,
    LD_LIBRARY_PATH: join(folder, 'al2023/lib'),
    FONTCONFIG_FILE: join(folder, 'fonts.conf'),
  }
  return launch({ executablePath: join(folder, 'chromium'), headless: 'shell', args, env })
}

/** Unpacks Chromium once for all test runs; several at once do not see each other's half of it. */
async function unpack(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(chromium, 'package.json'), 'utf8')) as { version: string }
  const folder = join(tmpdir(), `durable-agents-browser-${version}`)
  if (existsSync(folder)) return folder
  const scratch = await mkdtemp(join(tmpdir(), 'chromium-'))
  await inflateInto(scratch)
  await writeFile(join(scratch, 'fonts.conf'), toFontSettings(folder))
  await rename(scratch, folder).catch(async (error: unknown) => {
    await rm(scratch, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  })
  return folder
}

/** The package's own settings look for its fonts elsewhere; a browser without any crashes at the first sign that it looks for in vain. */
function toFontSettings(folder: string): string {
  return `<?xml version="1.0"?>
<fontconfig>
  <dir>${join(folder, 'fonts/fonts')}</dir>
  <cachedir>${join(folder, 'fonts-cache')}</cachedir>
</fontconfig>
`
}

/** The package asks where temporary files go when it is called, not later. */
async function inflateInto(folder: string): Promise<void> {
  const before = process.env.TMPDIR
  process.env.TMPDIR = folder
  const work = ['chromium.br', 'fonts.tar.br', 'al2023.tar.br'].map((name) =>
    inflate(join(chromium, 'bin', name)),
  )
  if (before === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = before
  await Promise.all(work)
}
