import { expect, test } from 'vitest'
import {
  fromInstanceId,
  isEntityKey,
  toEntityId,
  toInstanceId,
} from '../../../../src/host/durable/entities/entity-id.js'

test.each([
  ['Counter', 'A', '@counter@A'],
  ['counter', 'a', '@counter@a'],
  ['counter', '', '@counter@'],
  ['counter', '@b@c', '@counter@@b@c'],
])('an entity %s with key %j has the instance id %s', (name, key, instanceId) => {
  const entity = toEntityId(name, key)
  expect(toInstanceId(entity)).toBe(instanceId)
  expect(fromInstanceId(instanceId)).toEqual(entity)
})

test.each(['counter', '@counter', ''])('%j is no instance id of an entity', (instanceId) => {
  expect(() => fromInstanceId(instanceId)).toThrow(`'${instanceId}'`)
})

test.each(['a/b', 'a\\b', 'a#b', 'a?b', 'a\nb', '\u0085'])('%j cannot be an entity key', (key) => {
  expect(isEntityKey(key)).toBe(false)
})

test('spaces, percent signs and any letters can be in an entity key', () => {
  expect(isEntityKey('Käse 100% @ñ~')).toBe(true)
})
