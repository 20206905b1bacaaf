import { expect, test } from 'vitest'
import { toEditedJson, toJsonLine, toShownJson } from '../../src/web/browser/json-text.js'

test('shows texts as they are, anything else as JSON', () => {
  expect(['a\nb', { n: [1] }, null, undefined].map(toShownJson)).toEqual([
    'a\nb',
    '{\n  "n": [\n    1\n  ]\n}',
    'null',
    '',
  ])
})

test('shows no other arguments than those that are approved', () => {
  const shown = toShownJson({ path: 'a\u202etxt.exe', bell: '\u0007' })
  expect(shown).toBe('{\n  "path": "a\ufffdtxt.exe",\n  "bell": "\\u0007"\n}')
})

test('has arguments edited of which nothing hides, and that are the same when nothing is changed', () => {
  const args = { path: 'a\u202etxt.exe \ud83d\ude00 \u00e4', bell: '\u0007\u009b\n' }
  const edited = toEditedJson(args)
  expect(edited).toContain('"a\\u202etxt.exe \ud83d\ude00 \u00e4"')
  expect(edited).toContain('"\\u0007\\u009b\\n"')
  expect(JSON.parse(edited)).toEqual(args)
})

test('shows the beginning of what is long on one line', () => {
  expect(toJsonLine('a\n  b\u202e', 10)).toBe('a b\ufffd')
  expect(toJsonLine({ text: 'x'.repeat(100) }, 12)).toBe('{"text":"xxx…')
})
