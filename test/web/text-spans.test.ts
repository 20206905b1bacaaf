import { describe, expect, test } from 'vitest'
import { toSpans } from '../../src/web/browser/text-spans.js'

describe('spans', () => {
  test('find code, strong words and addresses, and leave all else', () => {
    expect(toSpans('a **b** `c*d*` e * f')).toEqual([
      { kind: 'plain', text: 'a ' },
      { kind: 'strong', text: 'b' },
      { kind: 'plain', text: ' ' },
      { kind: 'code', text: 'c*d*' },
      { kind: 'plain', text: ' e * f' },
    ])
  })

  test.each([
    ['``a ` b`` c', ['code a ` b', 'plain  c']],
    ['`` ` ``', ['code `']],
    ['`a``b` ``c`', ['code a``b', 'plain  ``c`']],
    ['a ``` b', ['plain a ``` b']],
    ['`a\nb`', ['plain `a\nb`']],
  ])('find code that has backticks in it: %j', (text, spans) => {
    expect(toSpans(text).map((span) => `${span.kind} ${span.text}`)).toEqual(spans)
  })

  test('take no time that grows with the square of a line', () => {
    const runs = Array.from({ length: 300 }, (_none, index) => '`'.repeat(index + 1)).join(' ')
    expect(toSpans(runs + 'x`'.repeat(50_000)).length).toBeGreaterThan(1)
  }, 2000)

  test('link addresses without the mark that ends their sentence', () => {
    const link = { kind: 'link', text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' }
    expect(toSpans('See https://a.example/x?y=1.')).toEqual([
      { kind: 'plain', text: 'See ' },
      link,
      { kind: 'plain', text: '.' },
    ])
  })

  test('say where a label leads', () => {
    const link = { kind: 'link', text: 'my bank (evil.example)', href: 'https://evil.example/' }
    expect(toSpans('[my bank](https://evil.example/)')).toEqual([link])
  })

  test.each([
    ['[x\u202e](https://moc.example/)', 'x\ufffd (moc.example)', 'https://moc.example/'],
    ['https://a.example/\u202ex', 'https://a.example/\ufffdx', 'https://a.example/%E2%80%AEx'],
    ['https://bank.example@evil.example/', 'https://bank.example@evil.example/ (evil.example)'],
    [
      'https://b\u0430nk.example/',
      'https://b\u0430nk.example/ (xn--bnk-6cd.example)',
      'https://xn--bnk-6cd.example/',
    ],
  ])('say where an address leads that looks like another: %j', (said, text, href = said) => {
    expect(toSpans(said)).toEqual([{ kind: 'link', text, href }])
  })

  test.each([
    'javascript:alert(1)',
    '[x](javascript:alert(1))',
    '[x](data:text/html,<script>)',
    'https://',
    'vbscript:x file:///etc/passwd',
    '<a href="x">',
  ])('make no link of %j', (text) => {
    expect(toSpans(text).filter(({ kind }) => kind === 'link')).toEqual([])
    expect(
      toSpans(text)
        .map((span) => span.text)
        .join(''),
    ).toBe(text)
  })
})
