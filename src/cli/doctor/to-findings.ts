import { checkApp } from './check-app.js'
import { checkFuncIgnore } from './check-func-ignore.js'
import { checkHostJson } from './check-host-json.js'
import { checkLocalSettings } from './check-local-settings.js'
import { checkManifest } from './check-manifest.js'
import { checkPackages } from './check-packages.js'
import { checkReach } from './check-reach.js'
import { checkRunLog } from './check-run-log.js'
import type { Finding } from './finding.js'
import { type Inspection, readDescription, readProbes } from './inspection.js'
import type { Project } from './read-project.js'

/** Has everything looked at that was read of an app's folder, and what came of loading the app, if it could be tried. */
export function toFindings(
  project: Project,
  inspection: Inspection | undefined,
  dataFolder: string,
): readonly Finding[] {
  const { manifest, mainFiles, localSettings } = project
  const loaded = inspection?.state === 'loaded' ? inspection : undefined
  const app = loaded && readDescription(loaded)
  const isBundled = app !== undefined && !isOfPackage(app.library)
  return [
    ...checkManifest(project),
    ...checkPackages({
      copies: project.copies,
      devPackages: manifest.state === 'read' ? manifest.devPackages : [],
      isBundled,
      isLoaded: loaded !== undefined,
    }),
    ...checkHostJson(project.hostJson, {
      agents: loaded === undefined || app !== undefined,
      bundleGaps: loaded?.bundleGaps ?? [],
    }),
    ...checkLocalSettings(localSettings, project.settings),
    ...checkFuncIgnore({
      text: project.funcIgnore,
      mainFiles,
      hasLocalSettings: localSettings.state !== 'missing',
      isBundled,
    }),
    ...(inspection ? checkApp(inspection) : []),
    ...(app ? checkRunLog(app.runLog, dataFolder) : []),
    ...(loaded ? checkReach(readProbes(loaded)) : []),
  ]
}

/** Whether the library's code is where its package has it, and not where a bundler has put it. */
function isOfPackage(folder: string | undefined): boolean {
  return folder !== undefined && /[\\/]dist[\\/]src[\\/]app$/.test(folder)
}
