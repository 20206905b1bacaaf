import { sep } from 'node:path'
import { type AppSurvey, surveyName } from '../../core/app-survey.js'
import { toErrorMessage } from '../../core/errors.js'
import { createRouter } from '../../host/http/router.js'
import { AppLoadError } from '../../host/loading/app-load-error.js'
import { toFunctionDefinitions } from '../../host/loading/function-definitions.js'
import { type LoadedApp, loadApp } from '../../host/loading/load-app.js'
import { createLog } from '../../host/log.js'
import { applyHostSettings } from '../../host/settings/host-environment.js'
import { readHostJson } from '../../host/settings/host-json.js'
import { readLocalSettings } from '../../host/settings/local-settings.js'
import { findBundleGaps } from '../../host/startup/startup-warnings.js'
import type { Inspection, InspectionRequest, LoadedInspection } from './inspection.js'

// What runs in the process of its own: the app may print, hang, or end it.

/** How long what the app leans on may take to answer. */
const probeLimitMs = 15_000

/** Loads the app as `startHost` does, but listens to nothing and starts no extension. */
async function inspect({ root, main, dataDir, online }: InspectionRequest): Promise<LoadedInspection> {
  const local = await readLocalSettings(root)
  applyHostSettings(root, local, { FUNCTIONS_EMBEDDED_DATA_DIR: dataDir })
  process.env.WEBSITE_HOSTNAME = `localhost:${local.port ?? 7071}`
  const hostJson = await readHostJson(root, process.env)
  const app = await loadApp({ root, main, log: createLog({ sink: () => {} }) })
  const { functions, errors } = toFunctionDefinitions(app.registrations, {
    settings: process.env,
    allowed: hostJson.functions,
    retryOptions: hostJson.retryOptions,
  })
  const router = createRouter(functions, hostJson.http.routePrefix)
  const survey = findSurvey(app)
  return {
    state: 'loaded',
    functions: functions.length,
    errors: [...errors, ...router.errors].map(({ name, message }) => `${name}: ${message}`),
    bundleGaps: findBundleGaps(functions, hostJson),
    description: survey?.describe(),
    probes: online ? await survey?.probe(probeLimitMs) : undefined,
  }
}

function findSurvey({ hooks }: LoadedApp): AppSurvey | undefined {
  return hooks.appLevelData[surveyName] as AppSurvey | undefined
}

/** Of what the app threw itself, also where. */
function toFailure(error: unknown, root: string): Inspection {
  if (!(error instanceof AppLoadError)) return { state: 'failed', message: toErrorMessage(error) }
  const place = findPlace(error.cause, root)
  if (place === undefined && error.cause instanceof SyntaxError)
    // Node prints where, and keeps it out of the error.
    return { state: 'failed', message: error.message, place: 'npx durable-agents start shows where' }
  return { state: 'failed', message: error.message, place }
}

/** File and line of the app's own code in an error's stack. */
function findPlace(cause: unknown, root: string): string | undefined {
  const own = `${root}${sep}`
  const lines = cause instanceof Error ? (cause.stack ?? '').split('\n') : []
  const line = lines.find((text) => text.includes(own) && !text.includes(`${sep}node_modules${sep}`))
  return line && /^([^()]*?:\d+)(?::\d+)?\)?$/.exec(line.slice(line.indexOf(own) + own.length))?.[1]
}

// An app that never ends must not outlive whoever wanted to know of it; and the wait for that must not keep alive one that does.
process.once('disconnect', () => process.exit(1))
process.channel?.unref()
const request: InspectionRequest = JSON.parse(process.argv[2] ?? '')
const inspection = await inspect(request).catch((error: unknown) => toFailure(error, request.root))
// Whatever the app has left open would keep the process alive.
process.send?.(inspection, () => process.exit(0))
