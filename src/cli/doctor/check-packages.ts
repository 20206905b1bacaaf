import { error, type Finding, ok, warning } from './finding.js'
import type { FoundPackage } from './read-packages.js'

/** What was read about the packages that an app of agents leans on. */
export interface Packages {
  /** Every copy that one of the packages, or the app, would get; none when it was not found. */
  readonly copies: ReadonlyMap<string, readonly FoundPackage[]>
  /** Names among the app's `devDependencies`. */
  readonly devPackages: readonly string[]
  /** Whether the app has its packages in its own file, as a bundler makes it. */
  readonly isBundled: boolean
  /** Whether the app could be loaded: what was not found was then found in another way. */
  readonly isLoaded: boolean
}

const about = 'packages'

/** The major versions that we know. */
const majors: ReadonlyMap<string, number> = new Map([
  ['@azure/functions', 4],
  ['durable-functions', 3],
])

/** Whether the packages are there, once, in versions that fit together, and go to Azure with the app. */
export function checkPackages({ copies, devPackages, isBundled, isLoaded }: Packages): readonly Finding[] {
  if (isBundled) return [ok(about, 'They are in the app itself: a bundler has put them there.')]
  const findings = [...majors].flatMap(([name, major]) =>
    checkCopies(name, major, copies.get(name) ?? [], isLoaded),
  )
  const left = devPackages.filter((name) => name === 'durable-agent-functions')
  if (left.length > 0) {
    const message = `durable-agent-functions is among the devDependencies, which "npm prune --omit=dev" removes before publishing: move it to dependencies.`
    findings.push(warning(about, message))
  }
  return findings
}

function checkCopies(
  name: string,
  major: number,
  copies: readonly FoundPackage[],
  isLoaded: boolean,
): readonly Finding[] {
  const [first, ...others] = copies
  if (first === undefined)
    return isLoaded ? [] : [error(about, `${name} is not installed: npm install ${name}@${major}`)]
  const wrong = copies.find(({ version }) => Number.parseInt(version, 10) !== major)
  if (wrong !== undefined) {
    const message = `${name} ${wrong.version} in ${wrong.folder} is not version ${major}, which this library works with: npm install ${name}@${major}`
    return [error(about, message)]
  }
  if (others.length > 0) {
    const places = copies.map(({ version, folder }) => `${version} in ${folder}`).join(', ')
    const message = `There is more than one ${name}: ${places}. What is set up with one, such as streaming, does not count for the other: "npm dedupe", or ask for the same version.`
    return [warning(about, message)]
  }
  return [ok(about, `${name} ${first.version}`)]
}
