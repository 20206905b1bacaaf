import { expect, test } from 'vitest'
import { parseDoctorArgs } from '../../../src/cli/doctor/doctor-args.js'
import { createSecretHider } from '../../../src/cli/doctor/hide-secrets.js'
import { toJson, toLines } from '../../../src/cli/doctor/show-findings.js'

const findings = [
  { level: 'ok', about: 'Node', message: '24.0.0' },
  { level: 'error', about: 'host.json', message: 'It is\nbroken \u001b[2J here.' },
] as const

test('a finding is a line, whatever its message holds', () => {
  expect(toLines(findings, { coloured: false })).toBe(
    [
      'ok       Node       24.0.0',
      'error    host.json  It is broken \uFFFD[2J here.',
      '',
      '1 error, 0 warnings.',
      '',
    ].join('\n'),
  )
  expect(toLines(findings.slice(0, 1), { coloured: false })).toMatch(/\nAll is well\.\n$/)
})

test('as data there are the findings as they are, and how many there are', () => {
  expect(JSON.parse(toJson(findings))).toEqual({ errors: 1, warnings: 0, findings })
})

test.each([
  ['a key', { OPENAI_API_KEY: 'sk-12345678' }, 'no sk-12345678!', 'no ***!'],
  [
    'the key in a connection string, and the whole of it',
    { AzureWebJobsStorage: 'AccountName=a;AccountKey=Zm9vYmFyYmF6==' },
    'Zm9vYmFyYmF6== of AccountName=a;AccountKey=Zm9vYmFyYmF6==',
    '*** of ***',
  ],
  ['what is no secret', { OPENAI_MODEL: 'gpt-5.4-mini' }, 'gpt-5.4-mini', 'gpt-5.4-mini'],
  [
    'what every machine has',
    { AzureWebJobsStorage: 'UseDevelopmentStorage=true' },
    'UseDevelopmentStorage=true',
    'UseDevelopmentStorage=true',
  ],
  ['a word', { TOKEN: 'none' }, 'none of it', 'none of it'],
  ['a folder', { SSH_KEY_PATH: '/home/ann' }, '/home/ann/app', '/home/ann/app'],
])('hides, or not, %s', (_name, settings, text, hidden) => {
  expect(createSecretHider(settings)(text)).toBe(hidden)
})

test('takes the options that it has, and no others', () => {
  expect(parseDoctorArgs(['samples/x', '--root', '/app', '--online', '--json', '--data', 'd'])).toEqual({
    root: '/app',
    entry: 'samples/x',
    data: 'd',
    online: true,
    json: true,
  })
  expect(() => parseDoctorArgs(['--port', '1'])).toThrow(/'--port'/)
  expect(() => parseDoctorArgs(['a', 'b'])).toThrow(/one entry/)
  expect(() => parseDoctorArgs(['--root', ''])).toThrow(/--root/)
})
