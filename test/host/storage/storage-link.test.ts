import { expect, test, vi } from 'vitest'
import { AgentError } from '../../../src/core/errors.js'
import type { StorageConnection } from '../../../src/host/storage/storage-connection.js'
import { StorageLink } from '../../../src/host/storage/storage-link.js'

const emulated = 'UseDevelopmentStorage=true'
const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

/** A link to a service that answers each call with the next of these. */
function openLink(answers: readonly unknown[], connectionString = emulated) {
  const connection: StorageConnection = { kind: 'connectionString', setting: 'Files', connectionString }
  const ensure = vi.fn(async () => {})
  const open = vi.fn(async () => 'client')
  const link = new StorageLink({
    connection,
    service: 'queue',
    what: "queue 'orders'",
    emulators: { ensure },
    open,
  })
  const rest = [...answers]
  const work = async (): Promise<unknown> => {
    const next = rest.shift()
    if (next instanceof Error) throw next
    return next
  }
  return { link, work, ensure, open }
}

test('connects once, when first used', async () => {
  const { link, work, ensure, open } = openLink(['a', 'b'])
  expect(open).not.toHaveBeenCalled()
  expect([await link.use(work), await link.use(work)]).toEqual(['a', 'b'])
  expect([ensure.mock.calls.length, open.mock.calls.length]).toEqual([1, 1])
})

test('connects again when the emulator has ended, which starts another', async () => {
  const { link, work, ensure } = openLink(['a', refused, 'b'])
  await link.use(work)
  expect(await link.use(work)).toBe('b')
  expect(ensure).toHaveBeenCalledTimes(2)
})

test('leaves trying again at a real account to its client', async () => {
  const { link, work, open } = openLink([refused, 'b'], 'AccountName=real;AccountKey=x')
  await expect(link.use(work)).rejects.toThrow('ECONNREFUSED')
  expect(open).toHaveBeenCalledTimes(1)
})

test('an emulator that cannot be started is tried again by the next call', async () => {
  const { link, work, ensure } = openLink(['a'])
  ensure.mockRejectedValueOnce(new AgentError('store_unavailable', 'not installed'))
  await expect(link.use(work)).rejects.toThrow('not installed')
  expect(await link.use(work)).toBe('a')
})

test('says what failed and which setting leads there, in one line', async () => {
  const { link, work } = openLink([new Error('Server failed.\nRequestId: 1\nTime: 2')])
  await expect(link.use(work)).rejects.toMatchObject({
    code: 'store_unavailable',
    message:
      "The queue 'orders' of the account that the app setting 'Files' names cannot be used: Server failed.",
  })
})

test.each([{ statusCode: 404 }, { statusCode: 412 }, { statusCode: 400, code: 'PopReceiptMismatch' }])(
  'finds nothing where the service answers %j, and only then',
  async (members) => {
    const { link, work } = openLink([Object.assign(new Error('gone'), members), 'a', new Error('broken')])
    expect([await link.find(work), await link.find(work)]).toEqual([undefined, 'a'])
    await expect(link.find(work)).rejects.toThrow('broken')
  },
)
