import { describe, expect, test } from 'vitest'
import { toBlocks, toSpans } from '../../src/web/browser/text-blocks.js'

describe('blocks', () => {
  test('are text with its line breaks, and code between fences', () => {
    expect(toBlocks('a\nb\n\n```ts\nx\n\n  y\n```\nc')).toEqual([
      { kind: 'text', text: 'a\nb' },
      { kind: 'code', text: 'x\n\n  y' },
      { kind: 'text', text: 'c' },
    ])
  })

  test('that are not closed yet go to the end', () => {
    expect(toBlocks('```\nx')).toEqual([{ kind: 'code', text: 'x' }])
  })

  test('lose nothing that was said', () => {
    expect(toBlocks('````\n```\n````')).toEqual([{ kind: 'code', text: '```' }])
  })
})

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
