import type { ServerResponse } from 'node:http'

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Your Azure Function App is up and running.</title></head>
<body><h1>Your Azure Function App is up and running.</h1><p>This is a development host; production is Azure Functions.</p></body>
</html>
`

/** Answers `/`, whatever the method: a page, or 204 when the app setting `AzureWebJobsDisableHomepage` is on. */
export function writeHomePage(response: ServerResponse, isDisabled: boolean): void {
  if (isDisabled) {
    response.writeHead(204)
    response.end()
    return
  }
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page),
  })
  response.end(page)
}
