import { expect, test } from 'vitest'
import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../src/core/json.js'
import { toJsonSchema } from '../../src/core/schema.js'
import { readAnswer, toAnswerForm, toChoiceText } from '../../src/web/browser/answer-form.js'

/** What somebody who fills in a form sees of it. */
function outline(schema: JsonObject): readonly string[] {
  const { fields, ending } = toAnswerForm(schema)
  const lines = fields.map(({ label, kind, choices, isRequired }) =>
    [label, kind, ...choices.map(toChoiceText), ...(isRequired ? [] : ['optional'])].join(' '),
  )
  return ending === undefined
    ? lines
    : [...lines, `[${ending.label}: ${ending.choices.map(toChoiceText).join()}]`]
}

const Review = z.object({ approved: z.boolean(), note: z.string() })
const colour = z.enum(['red', 'green', 'blue'])

test.each([
  ['a decision with a note', Review, ['note text', '[approved: Yes,No]']],
  ['one of few', colour.describe('Which colour?'), ['[Which colour?: red,green,blue]']],
  ['one of many', z.enum(['a', 'b', 'c', 'd', 'e']), ['Your answer choice a b c d e']],
  ['one of several values', z.union([z.literal('x'), z.literal(7)]), ['[Your answer: x,7]']],
  ['text', z.string(), ['Your answer text']],
  ['two choices', z.object({ a: z.boolean(), b: colour }), ['a choice Yes No', 'b choice red green blue']],
  ['a choice that may be left', z.object({ a: z.boolean().optional() }), ['a choice Yes No optional']],
  ['a list', z.array(z.string()), ['Your answer json']],
  ['an object of any kind', z.record(z.string(), z.number()), ['Your answer json']],
  ['a text or a number', z.union([z.string(), z.number()]), ['Your answer json']],
  ['anything', z.unknown(), ['Your answer any']],
  [
    'fields',
    z.object({ n: z.int(), s: z.string().nullable(), t: z.string().default('-'), o: z.object({}) }),
    ['n number', 's text', 't text optional', 'o json'],
  ],
])('a question for %s', (_name, schema, lines) => {
  expect(outline(toJsonSchema(schema))).toEqual(lines)
})

/** The answer that these texts make, in the order of the form's fields. */
function fill(schema: z.ZodType, ...texts: readonly string[]): JsonValue {
  const { fields, ending } = toAnswerForm(toJsonSchema(schema))
  const all = ending === undefined ? fields : [...fields, ending]
  return readAnswer(all, new Map(all.map((field, index) => [field, texts[index] ?? ''])))
}

const Fields = z.object({ n: z.number(), s: z.string(), u: z.string().nullable(), t: z.string().optional() })

test.each([
  [Review, ['', 'false'], { approved: false, note: '' }],
  [Review, ['Well done.', 'true'], { approved: true, note: 'Well done.' }],
  [colour, ['"green"'], 'green'],
  [Fields, [' 1.5', '7', 'x', '[]'], { n: 1.5, s: '7', u: 'x', t: '[]' }],
  [Fields, ['0'], { n: 0, s: '', u: null }],
  [z.string(), ['{"a":1}'], '{"a":1}'],
  [z.array(z.number()), ['[1, 2]'], [1, 2]],
  [z.any(), ['[1]'], [1]],
  [z.any(), ['as it is'], 'as it is'],
  [z.object({ '': z.string() }), ['x'], { '': 'x' }],
])('is answered as its schema wants: %#', (schema, texts, answer) => {
  const given = fill(schema, ...texts)
  expect(given).toEqual(answer)
  expect(schema.safeParse(given).success).toBe(true)
})

test.each([
  [Fields, ['x'], '"n" must be a number.'],
  [Fields, [''], '"n" is missing.'],
  [z.array(z.number()), ['[1,'], '"Your answer" must be JSON.'],
  [z.any(), [''], '"Your answer" is missing.'],
  [z.object({ a: z.boolean(), b: colour }), ['true', ''], '"b" is missing.'],
])('says what is wrong: %#', (schema, texts, problem) => {
  expect(() => fill(schema, ...texts)).toThrow(problem)
})
