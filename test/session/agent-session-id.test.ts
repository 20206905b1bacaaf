import { expect, test } from 'vitest'
import { AgentSessionId } from '../../src/session/agent-session-id.js'

test('prints as @name@key and parses back', () => {
  const id = new AgentSessionId('WeatherAgent', 'user-123')
  expect(`${id}`).toBe('@WeatherAgent@user-123')
  expect(JSON.stringify({ id })).toBe('{"id":"@WeatherAgent@user-123"}')
  expect(AgentSessionId.parse('@WeatherAgent@user-123')).toEqual(id)
})

test('is held by the entity dafx-<agent>, whose name is lower case and whose key is exact', () => {
  const entityId = new AgentSessionId('WeatherAgent', 'User@1').toEntityId()
  expect(entityId).toMatchObject({ name: 'dafx-weatheragent', key: 'User@1' })
  expect(AgentSessionId.fromEntityId(entityId)).toEqual(new AgentSessionId('weatheragent', 'User@1'))
  expect(AgentSessionId.parse(`${entityId}`)).toEqual(new AgentSessionId('weatheragent', 'User@1'))
})

test('random keys are 32 hexadecimal digits and differ', () => {
  const keys = [AgentSessionId.withRandomKey('A').key, AgentSessionId.withRandomKey('A').key]
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/)
  expect(keys[0]).not.toBe(keys[1])
})

test.each(['', 'user', '@name', '@@key', '@name@', 'name@key'])('"%s" is not a session id', (text) => {
  expect(() => AgentSessionId.parse(text)).toThrow(/is not a session id/)
})

test('an entity that is not an agent is refused', () => {
  expect(() => AgentSessionId.fromEntityId({ name: 'counter', key: 'k' })).toThrow(/not an agent's/)
})

test.each([
  ['', 'user'],
  ['Agent', ''],
  [{ name: 'Agent', key: 'user' }, undefined],
])('%o and %o make no session id', (name, key) => {
  expect(() => new AgentSessionId(name as string, key as string)).toThrow(/needs a name and a key/)
})
