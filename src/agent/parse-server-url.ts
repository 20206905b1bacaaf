/** Where a server is; `undefined` for what is no http or https URL, and for one with a user name or a password, which would be shown wherever the URL is. */
export function parseServerUrl(text: string | URL): URL | undefined {
  const url = URL.canParse(String(text)) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return undefined
  return url.username === '' && url.password === '' ? url : undefined
}
