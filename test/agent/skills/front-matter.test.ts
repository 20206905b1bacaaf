import { expect, test } from 'vitest'
import { parseFrontMatter } from '../../../src/agent/skills/front-matter.js'

test.each([
  ['a plain scalar', 'text: Use it: always', 'Use it: always'],
  ['a comment', 'text: Use it # always', 'Use it'],
  ['lines that go on', 'text: Use it\n  always', 'Use it always'],
  ['double quotes', 'text: "Use \\"it\\":\\n# always"', 'Use "it":\n# always'],
  ['single quotes', "text: 'Use ''it'': # always'", "Use 'it': # always"],
  ['a literal block', 'text: |\n  Use it\n    always\n\n  now', 'Use it\n  always\n\nnow'],
  ['a folded block', 'text: >-\n  Use it\n  always\n\n  now', 'Use it always\n\nnow'],
  ['line ends of Windows', 'text: Use it\r\nmore: x\r', 'Use it'],
  ['other members', 'metadata:\n  text: inner\ntext: outer\nlist:\n  - text: x', 'outer'],
])('%s is read as YAML reads it', (_name, yaml, text) => {
  expect(parseFrontMatter(`---\n${yaml}\n---\nBody`)).toMatchObject({ fields: { text }, body: 'Body' })
})

test.each([
  ['a map', 'text:\n  inner: x'],
  ['a list', 'text:\n  - x'],
  ['a flow map', 'text: { a: 1 }'],
  ['an alias', 'text: *other'],
  ['broken quotes', 'text: "x'],
  ['nothing', 'text:'],
])('%s is not text', (_name, yaml) => {
  expect(parseFrontMatter(`---\n${yaml}\n---`)).toEqual({ fields: {}, body: '' })
})

test.each(['', 'text: x', '# Title\n---\ntext: x\n---', '---\ntext: x'])('%j has no front matter', (text) => {
  expect(parseFrontMatter(text)).toBeUndefined()
})

test('a rule in the body does not end it', () => {
  expect(parseFrontMatter('---\ntext: x\n---\nA\n---\nB')?.body).toBe('A\n---\nB')
})
