import { expect, test } from 'vitest'
import { parseUriTemplate } from '../../../src/host/mcp/uri-template.js'

test.each([
  ['file://a.md', 'FILE://A.md', {}],
  ['file://a.md', 'file://axmd', undefined],
  ['user://{id}/posts/{post}', 'user://7/posts/x%20y', { id: '7', post: 'x%20y' }],
  ['user://{id}', 'user://7/8', undefined],
  ['user://{id}', 'user://', undefined],
  ['search://find?q={query}&n={count}', 'search://find?q=a&n=5', { query: 'a', count: '5' }],
  ['search://find?q={query}', 'search://find?q=a/b', undefined],
  ['search://find?{query}&{count}', 'search://find?q=a/b?c&n=5', { query: 'q=a/b?c', count: 'n=5' }],
])('%s takes %s as %j', (template, uri, values) => {
  expect(parseUriTemplate(template).match(uri)).toEqual(values)
})

test.each([
  ['user://{a}{b}', 'side by side'],
  ['user://{a', 'braces'],
  ['user://{}', 'braces'],
  ['user://{a}/{A}', 'occurs twice'],
  ['user://{a/b}', 'character'],
  ['readme.md', 'not absolute'],
  ['', 'not absolute'],
])('refuses %j', (template, why) => {
  expect(() => parseUriTemplate(template)).toThrow(why)
})
