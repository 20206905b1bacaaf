import { expect, test } from 'vitest'
import { parseChatArgs } from '../../../src/cli/chat/chat-args.js'

test('needs nothing', () => {
  expect(parseChatArgs([], {})).toEqual({
    agent: undefined,
    url: 'http://localhost:7071/api',
    session: undefined,
    question: undefined,
    key: undefined,
    quiet: false,
  })
})

test('takes everything', () => {
  const args = [
    'A',
    '--url',
    'https://x.example/api/',
    '--session',
    's',
    '-q',
    'Why?',
    '--key',
    'k',
    '--quiet',
  ]
  expect(parseChatArgs(args, { DURABLE_AGENTS_KEY: 'other' })).toEqual({
    agent: 'A',
    url: 'https://x.example/api',
    session: 's',
    question: 'Why?',
    key: 'k',
    quiet: true,
  })
})

test('takes the key of the environment when none is given', () => {
  expect(parseChatArgs([], { DURABLE_AGENTS_KEY: 'k' }).key).toBe('k')
})

test.each([
  [['A', 'B'], /one agent.+A B/],
  [['--url', 'localhost:7071'], /--url.+'localhost:7071'/],
  [['--url', 'ftp://x'], /--url/],
  [['--url', 'http://u:p@x/api'], /--url must hold neither a password/],
  [['--url', 'http://x/api?code=secret'], /--key/],
  [['--session', 'a/b'], /--session must not contain/],
  [['--session', ''], /--session/],
  [['-q', ' '], /-q/],
  [['--colour'], /--colour/],
])('refuses %j with the reason', (args, complaint) => {
  expect(() => parseChatArgs(args, {})).toThrow(complaint)
})

test.each([['http://u:secret@x/api'], ['http://x/api?code=secret']])('repeats no secret of %s', (url) => {
  expect(() => parseChatArgs(['--url', url], {})).toThrow(expect.not.stringContaining('secret'))
})
