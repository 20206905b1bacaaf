import type { ServerResponse } from 'node:http'
import { writeEmpty, writeText } from './write-response.js'

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Your Azure Function App is up and running.</title></head>
<body><h1>Your Azure Function App is up and running.</h1><p>This is a development host; production is Azure Functions.</p></body>
</html>
`

/** Answers `/`, whatever the method: a page, or 204 when the app setting `AzureWebJobsDisableHomepage` is on. */
export function writeHomePage(response: ServerResponse, isDisabled: boolean): void {
  if (isDisabled) writeEmpty(response, 204)
  else writeText(response, 200, page, 'text/html; charset=utf-8')
}
