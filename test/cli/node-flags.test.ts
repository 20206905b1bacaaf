import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { leanFlags, toLeanEnvironment } from '../../src/cli/lean-process.js'

const repository = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(repository, path), 'utf8')

/** What Node flags a process has after it was made lean. */
function readFlags(flags: readonly string[], environment: NodeJS.ProcessEnv = process.env): string {
  const code = `import { useLeanProcess } from '${join(repository, 'dist/src/cli/lean-process.js')}'
    useLeanProcess()
    console.log(process.execArgv.filter((flag) => flag.startsWith('--')).join(' '))`
  const args = ['--input-type=module', ...flags, '-e', code]
  return execFileSync(process.execPath, args, { env: environment, encoding: 'utf8' }).trim()
}

test('npm start and the command run Node with the same flags, which set no limit to the heap', () => {
  expect(read('package.json')).toContain(`node ${leanFlags.join(' ')} dist/src/cli/main.js start`)
  expect(readFlags([])).toBe([...leanFlags, '--input-type=module'].join(' '))
  expect(leanFlags.join(' ')).not.toMatch(/old-space|heap-size/)
})

test('a process is replaced once, and has no flag twice', () => {
  const given = ['--v8-pool-size=2', '--max-semi-space-size=32']
  expect(readFlags(given)).toBe([...leanFlags.slice(0, 3), '--input-type=module', ...given].join(' '))
  expect(readFlags(given, toLeanEnvironment(process.env))).toBe(['--input-type=module', ...given].join(' '))
})

test('the first line of the command has no options of env, which BusyBox does not know', () => {
  expect(read('src/cli/main.ts').split('\n', 1)).toEqual(['#!/usr/bin/env node'])
})
