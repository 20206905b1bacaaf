import diagnosticsChannel from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { readHeaders, takeForwarded, watchForwardedRequests } from '../../src/app/forwarded-requests.js'

/** A request as it reaches the library's server. Gives what closes its connection. */
function forward(id: string, headers: Record<string, string> = {}): () => void {
  const response = new EventEmitter()
  const request = { headers: { ...headers, 'x-ms-invocation-id': id } }
  diagnosticsChannel.channel('http.server.request.start').publish({ request, response })
  return () => void response.emit('close')
}

test('without streaming there is none; with it, one that is gone is not taken for that', () => {
  watchForwardedRequests()
  expect(takeForwarded('any')).toBeUndefined()
  forward('here')
  forward('gone')()
  expect(takeForwarded('here')?.request.headers).toEqual({ 'x-ms-invocation-id': 'here' })
  for (const id of ['gone', 'here'])
    expect(() => takeForwarded(id)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
})

test('a request has the headers that it came with, and the host that was asked', () => {
  watchForwardedRequests()
  forward('mine', { host: 'localhost:3000', 'x-forwarded-host': 'my-app.example.com', 'x-user': 'ann' })
  const found = takeForwarded('mine')
  const headers = found && readHeaders(found)
  expect([headers?.get('x-user'), headers?.get('host')]).toEqual(['ann', 'my-app.example.com'])
})
