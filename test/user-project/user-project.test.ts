import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { createTempApp } from '../support/temp-app.js'
import { readCode, toModule } from './code-block.js'

const root = resolve(import.meta.dirname, '../..')
const tsc = join(root, 'node_modules/typescript/bin/tsc')

/** As `tsc --init` writes it, but for what it writes. */
const compilerOptions = {
  noEmit: true,
  module: 'nodenext',
  target: 'esnext',
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noUncheckedSideEffectImports: true,
  moduleDetection: 'force',
  skipLibCheck: true,
}

/** What the compiler says of these files in a project of their own, which has the built package. */
async function compile(files: Readonly<Record<string, string>>): Promise<string> {
  const config = { compilerOptions, files: Object.keys(files) }
  const project = await createTempApp({ ...files, 'tsconfig.json': config })
  onTestFinished(() => project.remove())
  const run = promisify(execFile)(process.execPath, [tsc, '-p', project.root])
  return run.then(
    () => '',
    (error: { readonly stdout: string }) => error.stdout,
  )
}

/** A provider that the docs name, and that is not installed here. */
const anthropic = `declare module '@ai-sdk/anthropic' {
  export function anthropic(model: string): import('@ai-sdk/provider').LanguageModelV4
}`

function readAll(folder: string, ending: string): Record<string, string> {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  const found = names.filter((name) => name.endsWith(ending))
  return Object.fromEntries(found.map((name) => [name, readFileSync(join(root, folder, name), 'utf8')]))
}

function listPages(folder: string): readonly string[] {
  return Object.keys(readAll(folder, '.md')).map((name) => `${folder}/${name}`)
}

test('every code block of the docs compiles as it stands, given the names that it takes for granted', async () => {
  const documents = ['README.md', ...listPages('docs'), ...listPages('samples')]
  const surroundings = readFileSync(join(import.meta.dirname, 'surroundings.ts'), 'utf8')
  const blocks = documents.flatMap((page) =>
    readCode(page).map((code, index) => [`${page.replaceAll('/', '-')}-${index}.ts`, toModule(code)]),
  )
  expect(blocks.length).toBeGreaterThan(20)
  expect(
    await compile({
      'anthropic.d.ts': anthropic,
      'surroundings.ts': surroundings,
      ...Object.fromEntries(blocks),
    }),
  ).toBe('')
})

test('the samples compile in a project that is as strict as the compiler proposes', async () => {
  expect(await compile(readAll('samples', '.ts'))).toBe('')
})

test('no option refuses an explicit undefined', async () => {
  const proof = readFileSync(join(import.meta.dirname, 'explicit-undefined.ts'), 'utf8')
  expect(await compile({ 'proof.ts': proof })).toBe('')
  const broken = proof.replace('readonly agent: ', "readonly broken: Refusing<{ a?: 'a' }>; readonly agent: ")
  expect(await compile({ 'proof.ts': broken })).toContain("'broken'")
})
