import { error, type Finding, ok } from './finding.js'

/** Whether this Node is as new as the package's `engines` ask for, e.g. `>=22.13`. */
export function checkNode(version: string, engines: string): readonly Finding[] {
  const least = engines.replace(/^>=/, '')
  if (isOlder(version, least)) {
    const message = `${version} is too old: install ${least} or newer, and choose such a version for the function app in Azure.`
    return [error('Node', message)]
  }
  return [ok('Node', version)]
}

function isOlder(version: string, least: string): boolean {
  const [numbers, wanted] = [toNumbers(version), toNumbers(least)]
  const index = wanted.findIndex((number, at) => number !== (numbers[at] ?? 0))
  return index >= 0 && (numbers[index] ?? 0) < (wanted[index] ?? 0)
}

function toNumbers(version: string): readonly number[] {
  return version.split(/[.-]/).slice(0, 3).map(Number)
}
