/** Where a server is; `undefined` for what is no http or https URL, and for one with a user name, which would be shown wherever the URL is. */
export function parseServerUrl(text: string | URL): URL | undefined {
  const url = URL.canParse(String(text)) ? new URL(text) : undefined
  const isServer = url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.username === ''
  return isServer ? url : undefined
}
