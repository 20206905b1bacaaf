import { expect, test } from 'vitest'
import { refuseForgedRequest } from '../../src/http/forged-request.js'

const foreignPage = { 'sec-fetch-site': 'cross-site', cookie: 'session=ann' }

function check(method: string, headers: Record<string, string>): () => void {
  return () => refuseForgedRequest({ method, headers: new Headers(headers) })
}

test.each([
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['a form with a file', { 'content-type': 'multipart/form-data; boundary=x' }],
  ['text', { 'content-type': 'Text/Plain ; charset=utf-8' }],
  ['nothing', {}],
])('another page cannot have a browser send %s in the name of its user', (_name, headers) => {
  expect(check('POST', { ...foreignPage, ...headers })).toThrow(
    expect.objectContaining({ code: 'forbidden' }),
  )
})

test.each<[string, string, Record<string, string>]>([
  ['that the browser asks about first', 'POST', { ...foreignPage, 'content-type': 'application/json' }],
  ['with a token', 'POST', { ...foreignPage, authorization: 'Bearer x' }],
  ['that only reads', 'GET', foreignPage],
  ['of a page of its own', 'POST', { ...foreignPage, 'sec-fetch-site': 'same-origin' }],
  ['without cookies', 'POST', { 'sec-fetch-site': 'cross-site' }],
  ['of no browser', 'POST', { cookie: 'session=ann' }],
])('a request %s passes', (_name, method, headers) => {
  expect(check(method, headers)).not.toThrow()
})
