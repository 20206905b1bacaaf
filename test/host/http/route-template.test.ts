import { describe, expect, test } from 'vitest'
import { parseRouteTemplate } from '../../../src/host/http/route-template.js'

test.each([
  ['a/b', 'A/B', {}],
  ['a/b', 'a', undefined],
  ['a/b', 'a//b', undefined],
  ['{a}', '', undefined],
  ['{a}/x', 'one/x', { a: 'one' }],
  ['{a?}', '', {}],
  ['x/{a?}', 'x', {}],
  ['x/{a?}', 'x/1', { a: '1' }],
  ['x/{a?}/{b?}', 'x/1', { a: '1' }],
  ['x/{a?}/{b?}', 'x/1/2', { a: '1', b: '2' }],
  ['x/{a=5}', 'x', { a: '5' }],
  ['x/{a=5}/y', 'x/y', undefined],
  ['x/{a=5}/y', 'x/6/y', { a: '6' }],
  ['{*rest}', '', {}],
  ['{*rest}', 'a/b/c', { rest: 'a/b/c' }],
  ['x/{**rest}', 'x/a/b', { rest: 'a/b' }],
  ['x/{**rest}', 'xa', undefined],
  ['x/{*rest}', 'x/two\nlines', { rest: 'two\nlines' }],
  ['x/{*rest=none}', 'x', { rest: 'none' }],
  ['a-{p}.json', 'A-one.two.JSON', { p: 'one.two' }],
  ['{a}-{b}', 'x-y-z', { a: 'x-y', b: 'z' }],
  ['{file}.{ext?}', 'name', { file: 'name' }],
  ['{file}.{ext?}', 'name.txt', { file: 'name', ext: 'txt' }],
  ['a{{b}}', 'a{b}', {}],
  ['a(b)+', 'a(b)+', {}],
  ['a(b)+', 'abb', undefined],
  ['x/{id:int:min(3)}', 'x/2', undefined],
  ['x/{id:int:min(3)}', 'x/3', { id: '3' }],
  ['x/{id:int?}', 'x', {}],
  ['x/{id:int=7}', 'x', { id: '7' }],
  [String.raw`{z:regex(^\d{{2}}$)}`, '12', { z: '12' }],
  [String.raw`{z:regex(^\d{{2}}$)}`, '123', undefined],
  ['{z:regex(^(a|b/?)$)}/x', 'a/x', { z: 'a' }],
])('template %s and path %s give %o', (template, path, values) => {
  expect(parseRouteTemplate(template).match(path)).toEqual(values)
})

describe('constraints', () => {
  test.each([
    ['int', ['0', '-5', '2147483647'], ['x', '1.5', '2147483648', '']],
    ['long', ['9223372036854775807'], ['9223372036854775808']],
    ['bool', ['true', 'FALSE'], ['1']],
    ['datetime', ['2026-01-02'], ['soon']],
    ['decimal', ['1.5', '-2'], ['1e3', 'x']],
    ['double', ['1e3'], ['x']],
    ['float', ['1.5'], ['x']],
    ['guid', ['cd2c1638-1638-72d5-1638-deadbeef1638'], ['cd2c1638']],
    ['minlength(2)', ['ab'], ['a']],
    ['maxlength(2)', ['ab'], ['abc']],
    ['length(2)', ['ab'], ['a', 'abc']],
    ['length(2,3)', ['ab', 'abc'], ['a', 'abcd']],
    ['min(2)', ['2'], ['1', 'x']],
    ['max(2)', ['2', '-7'], ['3']],
    ['range(2, 3)', ['2', '3'], ['1', '4']],
    ['alpha', ['aB'], ['a1']],
    ['required', ['a'], []],
    ['file', ['a.txt'], ['a', 'a.']],
    ['nonfile', ['a'], ['a.txt']],
  ])('%s', (constraint, fitting, others) => {
    const template = parseRouteTemplate(`{p:${constraint}}`)
    for (const value of fitting) expect(template.match(value), value).toEqual({ p: value })
    for (const value of others) expect(template.match(value), value).toBeUndefined()
  })
})

test.each([
  ['a//b', /cannot appear consecutively/],
  ['a?b', /cannot contain the '\?' character/],
  ['{a', /incomplete parameter/],
  ['{a}{b}', /must have a literal between/],
  ['{a}/{A}', /appears more than one time/],
  ['{*a}/b', /can only appear as the last segment/],
  ['{*a?}', /cannot be marked optional/],
  ['{a?}b', /must be preceded by a '\.'/],
  ['{a=1?}', /cannot have a default value/],
  ['{}', /parameter name '' is invalid/],
  ['{a:what}', /constraint reference 'what' could not be resolved/],
  ['{a:min(abc)}', /'min\(abc\)' needs 1 whole number/],
  ['{a:max}', /'max' needs 1 whole number/],
  ['{a:range(1)}', /'range\(1\)' needs 2 whole numbers/],
  ['{a:length(1,2,3)}', /'length\(1,2,3\)' needs 1 or 2 whole numbers/],
  ['{a:minlength(1.5)}', /'minlength\(1\.5\)' needs 1 whole number/],
])('refuses template %s', (template, message) => {
  expect(() => parseRouteTemplate(template)).toThrow(message)
})
