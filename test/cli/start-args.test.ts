import { expect, test } from 'vitest'
import { parseStartArgs } from '../../src/cli/start-args.js'

// What npm 11 makes of `npm start --port 7080` and `npm start --lease-ms=9000`.
test.each([
  ['port', ['7080'], { npm_config_port: 'true' }],
  ['lease-ms', [], { npm_config_lease_ms: '9000' }],
])('says how to pass on --%s when npm has kept it for itself', (name, args, kept) => {
  expect(() => parseStartArgs(args, { npm_lifecycle_event: 'start', ...kept })).toThrow(
    `npm start -- --${name}`,
  )
})

test('takes no notice of what npm keeps for another script', () => {
  const env = { npm_lifecycle_event: 'dev', npm_config_port: '3000' }
  expect(parseStartArgs(['--port', '7080'], env).port).toBe(7080)
})

test.each([['--port', '7080'], ['--port=7080']])(
  'takes %s although a script around this one was given a port of its own',
  (...args) => {
    const env = { npm_lifecycle_event: 'start', npm_config_port: '3000' }
    expect(parseStartArgs(args, env).port).toBe(7080)
  },
)

test.each(['', ' ', '-1', '1.5', '0x10', '1e3', '70000'])('refuses the port %j', (port) => {
  const expected = {
    code: 'invalid_configuration',
    message: expect.stringMatching(/^--port must be a whole/),
  }
  expect(() => parseStartArgs([`--port=${port}`], {})).toThrow(expect.objectContaining(expected))
})

test('an option that there is not is named, and where the others are', () => {
  expect(() => parseStartArgs(['--prot', '7080'], {})).toThrow(
    /^Unknown option '--prot'\. "durable-agents --help" lists them all\.$/,
  )
})
