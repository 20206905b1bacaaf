import { expect, test } from 'vitest'
import { WriteProof } from '../../src/session/client/write-proof.js'
import { VirtualClock } from '../../src/testing/index.js'

function createProof(fail: () => boolean = () => false) {
  const clock = new VirtualClock()
  let writes = 0
  const write = async () => {
    writes += 1
    if (fail()) throw new Error('full')
  }
  const proof = new WriteProof(write, clock)
  return { clock, proof, writes: () => writes }
}

test('those who ask at once, or shortly after, share one write', async () => {
  const { clock, proof, writes } = createProof()
  await Promise.all([proof.give(), proof.give(), proof.give()])
  clock.advanceTo(clock.now() + 4_999)
  await proof.give()
  expect(writes()).toBe(1)
  clock.advanceTo(clock.now() + 1)
  await proof.give()
  expect(writes()).toBe(2)
})

test('a failure is told, and tried anew by whoever asks next', async () => {
  let isFull = true
  const { proof, writes } = createProof(() => isFull)
  await expect(Promise.all([proof.give(), proof.give()])).rejects.toThrow('full')
  await expect(proof.give()).rejects.toThrow('full')
  isFull = false
  await proof.give()
  expect(writes()).toBe(3)
})
