import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { watchFiles } from '../../src/cli/watch-files.js'
import { eventually } from '../support/eventually.js'
import { createTempFolder } from '../support/temp-folder.js'

function createApp() {
  const root = createTempFolder()
  const write = (path: string, text = ''): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  for (const path of ['dist/app.js', 'node_modules/a/index.js', 'data/x.json', '.git/x.json']) write(path)
  const onChange = vi.fn()
  onTestFinished(watchFiles({ root, except: join(root, 'data'), onChange }))
  return { root, write, onChange }
}

test('takes writes that belong together for one change', async () => {
  const { write, onChange } = createApp()
  for (const name of ['a', 'b', 'app']) write(`dist/${name}.js`, 'new')
  await eventually(() => onChange.mock.calls.length > 0)
  write('dist/app.js', 'newer')
  await eventually(() => onChange.mock.calls.length > 1)
  expect(onChange).toHaveBeenCalledTimes(2)
})

test('sees files in folders that are made later, moved in or made again', async () => {
  const { root, write, onChange } = createApp()
  write('dist/functions/deep/new.mjs')
  await eventually(() => onChange.mock.calls.length === 1)
  write('dist/functions/deep/new.mjs', 'changed')
  await eventually(() => onChange.mock.calls.length === 2)
  rmSync(join(root, 'dist'), { recursive: true })
  write('other/app.js')
  renameSync(join(root, 'other'), join(root, 'dist'))
  await eventually(() => onChange.mock.calls.length === 3)
  write('dist/app.js', 'changed')
  await eventually(() => onChange.mock.calls.length === 4)
})

test('does not see sources and other files', async () => {
  const { write, onChange } = createApp()
  for (const path of ['src/app.ts', 'notes.md', 'dist/app.js.map']) write(path, 'new')
  write('dist/last.cjs')
  await eventually(() => onChange.mock.calls.length > 0)
  expect(onChange).toHaveBeenCalledTimes(1)
})

test.each(['node_modules/a', 'data', '.git'])('does not see what changes in %s', async (folder) => {
  const { root, write, onChange } = createApp()
  const onInnerChange = vi.fn()
  onTestFinished(watchFiles({ root: join(root, folder), except: '', onChange: onInnerChange }))
  write(`${folder}/new.js`)
  await eventually(() => onInnerChange.mock.calls.length > 0)
  expect(onChange).not.toHaveBeenCalled()
})
