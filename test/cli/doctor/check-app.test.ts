import { describe, expect, test } from 'vitest'
import { checkApp } from '../../../src/cli/doctor/check-app.js'
import type { Inspection } from '../../../src/cli/doctor/inspection.js'
import type { AgentDescription, AppDescription } from '../../../src/core/app-survey.js'
import { toGist } from './gist.js'

const agent: AgentDescription = {
  name: 'A',
  kind: 'model',
  model: 'gpt',
  provider: 'openai',
  tools: [{ name: 'look', asksByDefault: false }],
  toolSources: [],
}
const app: AppDescription = {
  agents: [agent],
  workflows: [],
  authLevel: 'function',
  hasOwner: false,
  chatPage: false,
  runLog: { from: 'settings' },
}
const inspect = (description?: unknown, given = {}): Inspection => ({
  state: 'loaded',
  functions: 3,
  errors: [],
  bundleGaps: [],
  description,
  ...given,
})
const [loads, asks, key, kept] = [
  'ok 3 functions, for 1 agent.',
  'ok Asks gpt (openai), with 1 tool.',
  'ok need a key',
  'ok for good',
]

describe('an app', () => {
  test.each<[string, Inspection, readonly string[]]>([
    ['that is well', inspect(app), [loads, asks, key, kept]],
    [
      'that throws',
      { state: 'failed', message: 'It threw.', place: 'dist/app.js:3' },
      ['error It threw. (dist/app.js:3)'],
    ],
    [
      'that ends its process',
      { state: 'ended', code: 3, words: 'Error: no' },
      ['error (3) while it was loaded. Error: no'],
    ],
    ['that waits for nothing', { state: 'ended', code: 13, words: '^' }, ['error never comes']],
    ['that never ends to load', { state: 'hung', afterMs: 60_000 }, ['error after 60 s']],
    ['without functions', inspect(undefined, { functions: 0 }), ['error no functions']],
    ['without agents', inspect(), ['ok no AgentFunctionApp']],
    ['of a release that says it in other words', inspect({ agents: 3 }), ['ok no AgentFunctionApp']],
    [
      'with a function that is not run',
      inspect(undefined, { errors: ['f: its name is taken'] }),
      ['ok loads', 'error f: its name is taken'],
    ],
  ])('%s', (_name, inspection, gist) => {
    expect(checkApp(inspection)).toEqual(toGist(gist))
  })
})

test('agents on the demo model are named together', () => {
  const agents = ['A', 'B'].map((name) => ({ ...agent, name, kind: 'offline' }))
  const findings = checkApp(inspect({ ...app, agents }))
  expect(findings).toEqual(
    toGist(['ok for 2 agents', 'warning answers for A, B: set OPENAI_API_KEY', key, kept]),
  )
})

test('tools of which nobody has said what a crash does to them are named', () => {
  const tools = ['mail', 'look', 'pay'].map((name) => ({ name, asksByDefault: name !== 'look' }))
  const findings = checkApp(inspect({ ...app, agents: [{ ...agent, tools }] }))
  expect(findings).toEqual(toGist([loads, 'ok 3 tools', 'warning a call of mail, pay,', key, kept]))
  expect(findings[2]).toMatchObject({ about: 'agent A' })
})

test('what is found out while the app runs is said not to be known', () => {
  const agents = [
    { ...agent, toolSources: ['github'] },
    { ...agent, kind: 'foreign' },
  ]
  const findings = checkApp(inspect({ ...app, agents, workflows: ['W'] }))
  expect(findings).toEqual(
    toGist([
      'ok for 2 agents and 1 workflow',
      'ok 1 tool and what github may bring',
      'ok another framework',
      key,
      kept,
    ]),
  )
})

test.each([
  [{ authLevel: 'admin' }, "ok (authLevel 'admin')"],
  [{ chatPage: true }, 'ok there is a chat page'],
  [{ authLevel: 'anonymous' }, 'warning anybody may use the agents, and'],
  [{ authLevel: 'anonymous', chatPage: true }, 'warning anybody may use the agents, the chat page too, and'],
  [{ authLevel: 'anonymous', hasOwner: true }, "ok the app's owner function"],
])('who may come in with %j', (given, gist) => {
  expect(checkApp(inspect({ ...app, ...given }))).toEqual(toGist([loads, asks, gist, kept]))
})

test('how long things are kept is said in days', () => {
  const findings = checkApp(inspect({ ...app, sessionTtlMs: 86_400_000, runRetentionMs: 5_400_000 }))
  expect(findings.at(-1)?.message).toBe(
    'Unused sessions are kept for 1 day, logs of ended runs for 90 minutes.',
  )
})
