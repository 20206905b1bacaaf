/** A cookie as the library hands it over (Functions worker: RpcHttpCookie). */
export interface RpcCookie {
  readonly name: string
  readonly value: string
  readonly domain?: { readonly value: string } | undefined
  readonly path?: { readonly value: string } | undefined
  readonly expires?: { readonly value: { readonly seconds: number } } | undefined
  readonly secure?: { readonly value: boolean } | undefined
  readonly httpOnly?: { readonly value: boolean } | undefined
  readonly sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone' | undefined
  readonly maxAge?: { readonly value: number } | undefined
}

/** The `Set-Cookie` value of a cookie, attributes in the order and spelling of ASP.NET Core; a cookie without path gets `/`. */
export function toSetCookie(cookie: RpcCookie): string {
  const attributes: (string | false)[] = [
    `${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`,
    cookie.expires !== undefined && `expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`,
    cookie.maxAge !== undefined && `max-age=${Math.trunc(cookie.maxAge.value)}`,
    cookie.domain !== undefined && `domain=${cookie.domain.value}`,
    `path=${cookie.path?.value ?? '/'}`,
    cookie.secure?.value === true && 'secure',
    cookie.sameSite !== undefined &&
      cookie.sameSite !== 'none' &&
      `samesite=${sameSiteNames[cookie.sameSite]}`,
    cookie.httpOnly?.value === true && 'httponly',
  ]
  return attributes.filter((attribute) => attribute !== false).join('; ')
}

/** On the wire `none` means that the app said nothing; what browsers call None is `explicitNone`. */
const sameSiteNames = { lax: 'lax', strict: 'strict', explicitNone: 'none' } as const
