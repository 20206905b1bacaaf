import { expect, test } from 'vitest'
import { type RpcCookie, toSetCookie } from '../../../src/host/http/set-cookie.js'

test.each<[Partial<RpcCookie>, string]>([
  [{}, 'n=v; path=/'],
  [{ value: 'a;b c=ä' }, 'n=a%3Bb%20c%3D%C3%A4; path=/'],
  [{ sameSite: 'none' }, 'n=v; path=/'],
  [{ sameSite: 'explicitNone', secure: { value: true } }, 'n=v; path=/; secure; samesite=none'],
  [{ sameSite: 'lax' }, 'n=v; path=/; samesite=lax'],
  [{ sameSite: 'strict', secure: { value: false } }, 'n=v; path=/; samesite=strict'],
  [{ maxAge: { value: 0 } }, 'n=v; max-age=0; path=/'],
  [
    { expires: { value: { seconds: 0 } }, domain: { value: 'd.example' }, path: { value: '/p' } },
    'n=v; expires=Thu, 01 Jan 1970 00:00:00 GMT; domain=d.example; path=/p',
  ],
  [{ httpOnly: { value: true } }, 'n=v; path=/; httponly'],
])('%o is %s', (cookie, text) => {
  expect(toSetCookie({ name: 'n', value: 'v', ...cookie })).toBe(text)
})
