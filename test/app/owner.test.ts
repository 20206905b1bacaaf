import { expect, test } from 'vitest'
import { createOwnerReader, type OwnerResolver } from '../../src/app/owner.js'

const request = { method: 'GET', url: 'http://localhost/api', headers: new Headers({ 'x-user': 'ann' }) }

function read(resolver: (request: Request) => unknown): Promise<string | undefined> {
  return Promise.resolve(createOwnerReader(resolver as OwnerResolver)(request))
}

test('an owner is a text, or nobody', async () => {
  expect(await read(({ headers }) => headers.get('x-user'))).toBe('ann')
  expect(await read(async () => 'bob')).toBe('bob')
  for (const nobody of [undefined, null]) expect(await read(() => nobody)).toBeUndefined()
})

test.each([[7], [{ id: 'ann' }], [true]])('%j is no owner', async (owner) => {
  const error = { code: 'invalid_configuration', message: expect.stringContaining(`type ${typeof owner}`) }
  await expect(read(() => owner)).rejects.toMatchObject(error)
})
