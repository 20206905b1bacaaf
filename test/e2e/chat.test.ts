import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AppKeys } from '../../src/host/keys/app-keys.js'
import { type RunningChat, runChat } from '../support/run-chat.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene

beforeAll(async () => {
  scene = await RunScene.set(bed)
  scene.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
})

function chat(...args: readonly string[]): RunningChat {
  return runChat(['Assistant', '--url', `${scene.host.url}/api`, ...args])
}

/** Asks one question; gives what the command ended with. */
async function ask(question: string, ...args: readonly string[]) {
  const running = chat('-q', question, ...args)
  const code = await running.end()
  return { code, ...running.output }
}

/** A message that the model does not get to the end of the first time that it is asked. */
function addCutOff(message: string, text: string): string {
  let asked = 0
  scene.book.addRule(message, () => {
    asked += 1
    return asked === 1 ? { text, holdAfterChunks: 4 } : { text }
  })
  return message
}

describe('one question', () => {
  test('gives the bare answer on stdout, and tells all else on stderr', async () => {
    scene.book.add('Work', callTools(call('work', { id: 'one' })))
    const { code, stdout, stderr } = await ask('Work', '--session', 'q')
    expect([code, stdout]).toEqual([0, 'Tools: one by work\n'])
    expect(stderr).toContain('Session q of Assistant')
    expect(stderr).toContain('→ work {"id":"one"}\n← work done in')
  })

  test('goes on with the session that it is given', async () => {
    await ask('My first', '--session', 'goes-on')
    await ask('My second', '--session', 'goes-on')
    expect((await scene.api.state('goes-on')).body.message_count).toBe(2)
  })

  test('does not show tool calls with --quiet', async () => {
    scene.book.add('Work', callTools(call('work', { id: 'one' })))
    expect((await ask('Work', '--quiet')).stderr).not.toContain('work')
  })

  test("ends with code 1 and the problem's detail when the run fails", async () => {
    scene.book.add('Fail', { error: { status: 400, body: { error: { message: 'secret of the provider' } } } })
    const { code, stdout, stderr } = await ask('Fail')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/The agent failed: .+/)
    expect(stderr).not.toContain('secret')
  })

  test('ends with code 3 and says what to do when an approval waits', async () => {
    const { code, stdout, stderr } = await ask('Refund order 7', '--session', 'ann & co')
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toContain('asks for approval: refund {"order":7,"amount":250}')
    expect(stderr).toContain(`--session 'ann & co'`)
    expect(stderr).toMatch(/curl -X POST \S+\/approvals\/\S+/)
    const later = chat('--session', 'ann & co')
    later.type('y')
    expect(await later.end()).toBe(0)
    expect(later.output.stdout).toBe('Tools: 250 for 7\n')
  })

  test.each([[[]], [['Nobody']]])('asks which agent is meant when it is called with %j', async (args) => {
    const running = runChat([...args, '--url', `${scene.host.url}/api`, '-q', 'Hi'])
    expect(await running.end()).toBe(2)
    expect(running.output.stderr).toContain('Assistant | Thrifty | Poor')
    expect(running.output.stdout).toBe('')
  })
})

test('streams what the model says while it says it', async () => {
  const talk = chat()
  talk.type(scene.book.add('Hold', { text: 'A story that never ends', holdAfterChunks: 4 }))
  await talk.waitFor('A story t')
  talk.signal('SIGINT')
  await talk.end()
})

test('answers line by line', async () => {
  const talk = chat('--session', 'lines')
  for (const line of ['One', '', 'Two', '/history', '/quit', 'Three']) talk.type(line)
  expect(await talk.ended).toBe(0)
  const answers = ['You said: One', 'You said: Two']
  const history = ['you: One', 'Assistant: You said: One', 'you: Two', 'Assistant: You said: Two']
  expect(talk.output.stdout.trim().split('\n')).toEqual([...answers, ...history])
})

test('forgets on /reset', async () => {
  const talk = chat('--session', 'reset')
  for (const line of ['/reset', 'One', '/reset', '/history']) talk.type(line)
  expect(await talk.end()).toBe(0)
  expect(talk.output.stderr).toContain('Nothing has been said yet.')
})

describe('the last message', () => {
  const readSaid = async (session: string) =>
    (await scene.api.state(session)).body.conversation_history.map(({ content }) => content)

  test('is asked again, or said in other words, and what came of it is taken back', async () => {
    let asked = 0
    scene.book.addRule('Guess', () => {
      asked += 1
      return { text: `Guess ${asked}` }
    })
    const talk = chat('--session', 'anew')
    for (const line of ['One', 'Guess', '/again', '/edit  Two of them ', '/help']) talk.type(line)
    expect(await talk.end()).toBe(0)
    const answers = ['You said: One', 'Guess 1', 'Guess 2', 'You said: Two of them']
    expect(talk.output.stdout.trim().split('\n')).toEqual(answers)
    expect(talk.output.stderr).toContain('Once more: Guess\n')
    expect(talk.output.stderr).toContain('There are /again, /edit TEXT, /undo, /history, /reset and /quit.')
    expect(await readSaid('anew')).toEqual(['One', 'You said: One', 'Two of them', 'You said: Two of them'])
  })

  test('has what was done for it undone', async () => {
    const message = scene.book.add('Do it', callTools(call('work_undone', { id: 'chat' })))
    const talk = chat('--session', 'undone')
    for (const line of ['/undo', message, '/undo', '/undo', '/again']) talk.type(line)
    expect(await talk.end()).toBe(0)
    const undone = 'Undone: work_undone({"id":"chat"}).'
    expect(talk.output.stdout.trim().split('\n')).toEqual(['Tools: {"id":"chat"}', undone, undone])
    expect(talk.output.stderr).toContain('Nothing has been said yet.\n')
    expect(talk.output.stderr).toContain('The last message undid something, and asked nobody.\n')
    expect((await scene.effectsOf('chat')).filter((one) => one.startsWith('undo'))).toHaveLength(1)
  })

  test('may have been said elsewhere, and be waiting for its answer', async () => {
    const message = scene.book.add('Hold on', callTools(call('work', { id: 'hold', gate: 'hold' })))
    const talk = chat('--session', 'elsewhere')
    talk.type('One')
    await talk.waitFor('You said: One\n')
    await scene.api.run({ message, sessionId: 'elsewhere', waitForResponse: false })
    await scene.waitForWork('hold')
    talk.type('/edit Two')
    await talk.waitFor('You said: Two\n')
    expect(await talk.end()).toBe(0)
    expect(await readSaid('elsewhere')).toEqual(['One', 'You said: One', 'Two', 'You said: Two'])
  })

  test('is no message before anything was said', async () => {
    const talk = chat('--session', 'silent')
    for (const line of ['/again', '/edit', '/edit Two']) talk.type(line)
    expect(await talk.end()).toBe(0)
    const nothing = 'Nothing has been said yet.\n'
    const how = 'Say the last message in other words: /edit TEXT\n'
    expect(talk.output.stderr).toContain(`${nothing}${how}${nothing}`)
    expect((await scene.api.state('silent')).status).toBe(404)
  })

  test('that came with a file is left as it is', async () => {
    const image = { type: 'image', url: 'https://example.com/cat.png' }
    await scene.api.run({
      messages: [{ content: [{ type: 'text', text: 'What?' }, image] }],
      sessionId: 'file',
    })
    const before = await readSaid('file')
    const talk = chat('--session', 'file')
    for (const line of ['/again', '/edit Who?']) talk.type(line)
    expect(await talk.end()).toBe(0)
    expect(talk.output.stderr.match(/came with a file/g)).toHaveLength(2)
    expect(await readSaid('file')).toEqual(before)
  })

  test('is asked again through the death of a host, and once', async () => {
    const talk = chat('--session', 'again-killed')
    const message = addCutOff('Tell again', 'A fox ran over the hill.')
    for (const line of ['One', 'Two']) talk.type(line)
    await talk.waitFor('You said: Two\n')
    talk.type(`/edit ${message}`)
    await talk.waitFor('A fox ran')
    await scene.restart(() => talk.waitFor('Trying again', 'stderr'))
    await talk.waitFor('A fox ran over the hill.\n')
    await scene.restart(async () => {
      talk.type('/again')
      await talk.waitFor('Trying again', 'stderr')
    })
    expect(await talk.end()).toBe(0)
    expect(talk.output.stdout.match(/A fox ran over the hill\.\n/g)).toHaveLength(2)
    const left = ['One', 'You said: One', message, 'A fox ran over the hill.']
    expect(await readSaid('again-killed')).toEqual(left)
  })
})

describe('an approval', () => {
  test('is asked for with its arguments, and a yes from the pipe lets the tool run', async () => {
    const talk = chat()
    talk.type('Refund order 7')
    await talk.waitFor('asks for approval: refund {"order":7,"amount":250}', 'stderr')
    expect(talk.output.stdout).toBe('')
    talk.type('perhaps')
    await talk.waitFor('Not understood: "perhaps"', 'stderr')
    talk.type('y')
    await talk.waitFor('Tools: 250 for 7\n')
    expect(await talk.end()).toBe(0)
  })

  test('that is rejected tells the model why', async () => {
    const talk = chat()
    for (const line of ['Refund order 7', 'n Not in this case', 'Next']) talk.type(line)
    expect(await talk.end()).toBe(0)
    expect(talk.output.stdout).toContain('rejected this call: Not in this case')
    expect(talk.output.stdout).toContain('You said: Next\n')
  })

  test('that somebody else decides meanwhile is not decided twice', async () => {
    const talk = chat('--session', 'raced')
    talk.type('Refund order 7')
    await talk.waitFor('asks for approval', 'stderr')
    const { body } = await scene.api.state('raced')
    await scene.api.decide('raced', body.approvals?.[0]?.approvalId ?? '', { decision: 'reject' })
    talk.type('y')
    await talk.waitFor('has been decided already', 'stderr')
    expect(await talk.end()).toBe(0)
    expect(talk.output.stdout).toContain('rejected this call')
  })

  test('outlasts a host that is killed while it is pondered', async () => {
    const talk = chat('--session', 'pondered')
    talk.type('Refund order 7')
    await talk.waitFor('asks for approval', 'stderr')
    await scene.restart()
    talk.type('y')
    await talk.waitFor('Tools: 250 for 7\n')
    expect(await talk.end()).toBe(0)
  })
})

describe('a host that is killed', () => {
  test('in the middle of an answer is waited for, and the answer begins again where it was cut off', async () => {
    const text = 'A fox ran over the hill.'
    const talk = chat('--session', 'killed')
    talk.type(addCutOff('Tell', text))
    await talk.waitFor('A fox ran')
    await scene.restart(() => talk.waitFor('Trying again', 'stderr'))
    await talk.waitFor(`${text}\n`)
    expect(talk.output.stdout).toBe(`A fox ran\n${text}\n`)
    expect(talk.output.stderr).toMatch(
      /The connection to .+ broke .+Trying again.+\nConnected again\.\n.+begins again/s,
    )
    talk.type('And then?')
    await talk.waitFor('You said: And then?\n')
    expect(await talk.end()).toBe(0)
    expect((await scene.api.state('killed')).body.message_count).toBe(2)
  })

  test('while a tool works that must not run twice leaves that to whoever chats', async () => {
    const talk = chat()
    talk.type(scene.book.add('Risky', callTools(call('work_ask', { id: 'risky', gate: 'risky' }))))
    await scene.waitForWork('risky')
    await scene.restart()
    await talk.waitFor('may have taken effect already', 'stderr')
    talk.type('y')
    await talk.waitFor('Tools: risky by work_ask\n')
    expect(await talk.end()).toBe(0)
    expect(await scene.effectsOf('risky')).toEqual(['start work_ask 1', 'start work_ask 2', 'end work_ask 2'])
  })

  test('leaves nothing void in the answer to one question', async () => {
    const running = chat('-q', addCutOff('Tell once', 'A fox ran over the hill.'), '--session', 'once')
    const events = async () => (await scene.api.state('once')).status === 200
    await expect.poll(events).toBe(true)
    await scene.restart()
    expect(await running.end()).toBe(0)
    expect(running.output.stdout).toBe('A fox ran over the hill.\n')
  })

  test('between two messages costs none, and none is sent twice', async () => {
    const talk = chat('--session', 'between')
    talk.type('Before')
    await talk.waitFor('You said: Before\n')
    await scene.restart(async () => {
      talk.type('After')
      await talk.waitFor('Trying again', 'stderr')
    })
    await talk.waitFor('You said: After\n')
    expect(await talk.end()).toBe(0)
    expect((await scene.api.state('between')).body.message_count).toBe(2)
  })
})

describe('Ctrl+C', () => {
  test('cancels the answer that comes, and the chat goes on', async () => {
    const talk = chat('--session', 'stopped')
    talk.type(scene.book.add('Never end', { text: 'A story that never ends', holdAfterChunks: 4 }))
    await talk.waitFor('A story t')
    talk.signal('SIGINT')
    await talk.waitFor('Cancelled: The caller asked for it.', 'stderr')
    talk.type('Next')
    await talk.waitFor('You said: Next\n')
    expect(await talk.end()).toBe(1)
  })

  test('pressed twice ends the command, whatever becomes of the answer', async () => {
    const talk = chat('--session', 'twice')
    talk.type(scene.book.add('Go on', { text: 'A story that never ends', holdAfterChunks: 4 }))
    await talk.waitFor('A story t')
    await scene.restart(async () => {
      await talk.waitFor('Trying again', 'stderr')
      talk.signal('SIGINT')
      await talk.waitFor('Cancelling', 'stderr')
      talk.signal('SIGINT')
      expect(await talk.ended).toBe(130)
    })
    expect(talk.output.stderr).toContain('--session twice')
  })

  test('ends the command when no answer comes', async () => {
    const talk = chat('--session', 'left')
    talk.type('Hello')
    await talk.waitFor('You said: Hello\n')
    talk.signal('SIGINT')
    expect(await talk.ended).toBe(130)
    expect(talk.output.stderr).toContain('--session left')
  })
})

test('ends at once when there is nothing to say', async () => {
  const talk = chat()
  expect(await talk.end()).toBe(0)
  expect(talk.output.stdout).toBe('')
})

test('lets no control character of a model or its tools through', async () => {
  scene.book.add('Attack', { text: 'a\u001b[2J\u001b]52;c;ZXZpbA==\u0007b\u009b31m\r\nc' })
  const talk = chat()
  talk.type('Attack')
  await talk.waitFor('c\n')
  await talk.end()
  const all = `${talk.output.stdout}${talk.output.stderr}`
  expect(all.replaceAll('\n', '').match(/\p{Cc}/gu)).toBeNull()
  expect(all).toContain('a␛[2J␛]52;c;ZXZpbA==␇b')
})

test('an app that needs keys says so, and takes the right one', async () => {
  const dataDir = await bed.createFolder()
  const guarded = await bed.startApp({ args: ['--enable-auth'], dataDir })
  const run = async (...args: readonly string[]) => {
    const running = runChat(['Assistant', '--url', `${guarded.url}/api`, '-q', 'Hi', ...args])
    return { code: await running.end(), ...running.output }
  }
  const refused = await run()
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--key')])
  const wrong = await run('--key', 'wrong-key')
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.not.stringContaining('wrong-key')])
  const key = new AppKeys(join(dataDir, 'secrets')).host.master.value
  // One that begins with a dash would be taken for an option.
  expect(await run(`--key=${key}`)).toMatchObject({ code: 0, stderr: expect.not.stringContaining(key) })
  const fromEnv = runChat(['Assistant', '--url', `${guarded.url}/api`], { DURABLE_AGENTS_KEY: key })
  fromEnv.type('Hi')
  expect(await fromEnv.end()).toBe(0)
})

test('an app that is not there is not waited for at the start', async () => {
  const gone = await bed.startApp()
  await gone.stop()
  const running = runChat(['--url', `${gone.url}/api`])
  expect(await running.end()).toBe(1)
  expect(running.output.stderr).toMatch(/ECONNREFUSED.+start the app/)
})
