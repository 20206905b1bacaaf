import { AgentError } from './errors.js'

/**
 * Loads what needs a package that is the app's to install. `load` imports the package, or modules of ours that do, by literal names, which
 * bundlers follow. @throws {AgentError} `invalid_configuration`, saying what to install, when the package is not there.
 */
export async function importPeer<Module>(
  feature: string,
  packageName: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    throw isMissing(cause, packageName) ? createMissingPeerError(feature, packageName, cause) : cause
  }
}

/** Why something does not work without a package. */
export function createMissingPeerError(feature: string, packageName: string, cause: unknown): AgentError {
  const message = `${feature} needs a package that is not installed. Install it in the app: npm install ${packageName}`
  return new AgentError('invalid_configuration', message, { cause })
}

/** Whether it is that package, and none that it needs itself. Bundles in CommonJS make `require` of an import. */
function isMissing(error: unknown, packageName: string): boolean {
  if (!(error instanceof Error && 'code' in error)) return false
  const isNotFound = error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND'
  return isNotFound && error.message.includes(`'${packageName}`)
}
