#!/usr/bin/env node
import { createRequire } from 'node:module'
import { toErrorMessage } from '../core/errors.js'
import { AppLoadError } from '../host/loading/app-load-error.js'
import { useCompileCache } from './compile-cache.js'
import { useLeanProcess } from './lean-process.js'

const usage = `Usage: durable-agents <command>

Commands:
  start [entry]   run a function app on the embedded development host
  chat [agent]    talk to an agent of a running app, here or on Azure
  doctor [entry]  say whether an app is set up well, before it is deployed
  --version       say which release this is

Options of start:
  -p, --port <n>         port; 0 takes a free one (default: Host.LocalHttpPort of local.settings.json, else 7071)
      --address <ip>     address to listen on (default: 127.0.0.1)
      --root <folder>    folder with host.json and package.json (default: the current one)
      --data <folder>    where durable state lives (default: <root>/.data)
      --lease-ms <n>     how long work of a crashed host stays locked (default: 5000)
      --cors <origins>   allowed origins, separated by commas, or *
      --cors-credentials allow credentials for these origins
      --enable-auth      requests need keys as in Azure; they are kept below <data>/secrets (default: nobody needs one)
      --watch            start anew when files of the app change (.js and .json; compiling them is up to you)
      --stream-idle-ms <n>  cut a streamed answer after so long without a byte (default: 240000)

entry: a file or a folder, e.g. samples/01-single-agent, instead of package.json's "main".

Options of chat:
      --url <url>        where the app's routes begin (default: http://localhost:7071/api)
      --session <id>     go on with that conversation (default: a new one)
  -q, --query <text>     ask this one question; its answer alone goes to stdout
      --key <key>        host or function key of an app on Azure (default: DURABLE_AGENTS_KEY of the environment)
      --quiet            do not show tool calls

agent: may be left out when the app has only one. In a chat there are /again (asks the last message again), /edit TEXT (says it
in other words), /undo (undoes what its tools have done), /history, /reset and /quit; Ctrl+C stops the answer that is coming.
Lines of a pipe are messages, and answers to approvals. Answers go to stdout, all else to stderr. Exit codes: 1 failed, 2 no such agent or several, 3 an approval waits.

Options of doctor:
      --root <folder>    as for start, entry too
      --data <folder>    as for start
      --online           also ask the run log and the servers of models whether they are there; without it nothing is sent
      --json             findings as data

It loads the app, but serves nothing. Exit code 1: something does not work as it is.
`

const [verb, ...args] = process.argv.slice(2)
const wantsHelp = process.argv.slice(2).some((arg) => arg === '--help' || arg === '-h')
if (verb === undefined || verb === 'help' || wantsHelp) {
  process.stdout.write(usage)
} else if (verb === '--version' || verb === '-v') {
  const { version } = createRequire(import.meta.url)('durable-agent-functions/package.json')
  process.stdout.write(`${version}\n`)
} else if (verb === 'start') {
  useLeanProcess()
  useCompileCache(process.cwd())
  // Only now, as this process may have just been replaced.
  const { start } = await import('./start.js')
  await start(args).catch(fail)
} else if (verb === 'chat') {
  const { chat } = await import('./chat.js')
  process.exitCode = await chat(args).catch(fail)
} else if (verb === 'doctor') {
  const { doctor } = await import('./doctor.js')
  process.exitCode = await doctor(args).catch(fail)
} else {
  process.stderr.write(`Unknown command '${verb}'.\n\n${usage}`)
  process.exitCode = 1
}

function fail(error: unknown): never {
  process.stderr.write(`${toErrorMessage(error)}\n`)
  if (!(error instanceof AppLoadError)) process.exit(1)
  // Node says where: of a module's syntax error it knows the line, which the error's own stack does not hold.
  process.removeAllListeners('uncaughtException')
  throw error.cause
}
