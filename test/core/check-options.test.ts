import { expect, test } from 'vitest'
import { checkChoice, checkOptions, checkText, type OptionNames } from '../../src/core/check-options.js'

interface Options {
  readonly name: string
  readonly limit?: number
}
const known: OptionNames<Options> = { name: true, limit: true }

test('options that there are pass, whatever their values', () => {
  checkOptions('Thing', { name: 'x' }, known)
  checkOptions('Thing', { name: 'x', limit: undefined } as Options, known)
})

test('an option that there is not is named, with those that there are', () => {
  const misspelt = { name: 'x', limits: 3 }
  expect(() => checkOptions<Options>('Thing', misspelt, known)).toThrow(
    expect.objectContaining({
      code: 'invalid_configuration',
      message: 'Thing has no option "limits". It has: name, limit.',
    }),
  )
})

test('what every object inherits is no option', () => {
  const inherited = { name: 'x', toString: 'y' }
  expect(() => checkOptions<Options>('Thing', inherited, known)).toThrow('Thing has no option "toString".')
})

test.each([
  [undefined, 'undefined'],
  [null, 'null'],
  ['x', '"x"'],
  [[{ name: 'x' }], 'a list'],
])('%j is no object with options', (options, said) => {
  expect(() => checkOptions('Thing', options as unknown as Options, known)).toThrow(
    `Thing takes an object with options, not ${said}.`,
  )
})

test('a word that is no choice is named, with the choices', () => {
  checkChoice('color', 'red', ['red', 'green'])
  expect(() => checkChoice('color', 'RED', ['red', 'green'])).toThrow(
    expect.objectContaining({
      code: 'invalid_configuration',
      message: `color must be one of 'red', 'green', not "RED".`,
    }),
  )
})

test('text that is missing or empty is told of', () => {
  checkText('model', 'qwen')
  expect(() => checkText('model', ' ')).toThrow('model must be given, as text, and not " ".')
  expect(() => checkText('model', undefined)).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining('undefined') }),
  )
})
