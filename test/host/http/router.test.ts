import { expect, test } from 'vitest'
import { createRouter } from '../../../src/host/http/router.js'
import { toFunctionDefinitions } from '../../../src/host/loading/function-definitions.js'

function createTestRouter(trigger: { readonly methods: unknown; readonly route?: string }) {
  const binding = { type: 'httpTrigger', name: 'http', direction: 'in', ...trigger }
  const registration = { metadata: { name: 'f', bindings: { http: binding } }, callback: () => {} }
  return createRouter(toFunctionDefinitions([registration], { settings: {} }).functions, 'api')
}

test.each(['GET', [], undefined])('says that a function with the methods %j answers nothing', (methods) => {
  const { warnings, find } = createTestRouter({ methods })
  expect(warnings).toEqual([expect.stringContaining("Function 'f' answers no request")])
  expect(find('GET', '/api/f')).toBeUndefined()
})

test('methods compare ignoring case', () => {
  const { warnings, find } = createTestRouter({ methods: ['get'] })
  expect(warnings).toEqual([])
  expect(find('GET', '/api/f')?.values).toEqual({})
})

test('a template that cannot be parsed is reported with its function', () => {
  expect(() => createTestRouter({ methods: ['GET'], route: 'x/{a:regex(()}' })).toThrow(
    "Function 'f' has the route 'api/x/{a:regex(()}', which cannot be used",
  )
})
