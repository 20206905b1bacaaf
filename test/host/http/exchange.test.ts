import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { openExchange } from '../../../src/host/http/exchange.js'

test('a length that the app gives as text is a number, which every Node can compare with what was written', async () => {
  let seen: unknown
  const server = createServer((_, response) => {
    openExchange(response, 1000)
    response.setHeader('Content-Length', '3').setHeader('x-own', '3')
    seen = [response.getHeader('content-length'), response.getHeader('x-own')]
    response.end('abc')
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  expect(await answer.text()).toBe('abc')
  expect(seen).toEqual([3, '3'])
})
