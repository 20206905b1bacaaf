import type { HostExtension } from '../host-extension.js'
import type { LoadedFunction } from '../loading/function-definitions.js'
import type { HostJson } from '../settings/host-json.js'

/** What of an app this host, or Azure, would not do as its author may think: a sentence each, for the start. */
export function findWarnings(
  functions: readonly LoadedFunction[],
  extensions: readonly HostExtension[],
  hostJson: HostJson,
): readonly string[] {
  return [
    ...findIdleFunctions(functions, extensions),
    ...findUnservedBindings(functions, extensions),
    ...findIgnoredRetries(functions, extensions),
    ...findGrpcFunctions(functions),
    ...findBundleGaps(functions, hostJson),
  ]
}

/** One line for each function whose trigger nothing in this host listens to. */
function findIdleFunctions(
  functions: readonly LoadedFunction[],
  extensions: readonly HostExtension[],
): readonly string[] {
  const served = new Set(['httptrigger'])
  for (const extension of extensions) {
    for (const type of extension.triggerTypes ?? []) served.add(type.toLowerCase())
  }
  return functions
    .filter((definition) => !served.has(definition.trigger.type.toLowerCase()))
    .map(
      ({ name, trigger }) =>
        `Function ${name} is loaded but not run: this development host does not listen to ${trigger.type} yet. POST /admin/functions/${name} runs it by hand.`,
    )
}

/** One line for each input or output that nothing in this host serves. */
function findUnservedBindings(
  functions: readonly LoadedFunction[],
  extensions: readonly HostExtension[],
): readonly string[] {
  const served = new Set(['http'])
  for (const { bindingTypes = [] } of extensions)
    for (const type of bindingTypes) served.add(type.toLowerCase())
  return functions.flatMap(({ name, trigger, bindings }) =>
    Object.values(bindings)
      .filter((binding) => binding !== trigger && !served.has(binding.type.toLowerCase()))
      .map(({ type, direction }) =>
        direction === 'out'
          ? `Function ${name} has a ${type} output, which this development host does not write: its values are dropped.`
          : `Function ${name} has a ${type} input, which this development host does not read: its value is undefined.`,
      ),
  )
}

/**
 * One line for each function with a retry policy that its trigger does not obey. Azure obeys it for whatever is listened
 * to, as yet, and warns that it will not.
 */
function findIgnoredRetries(
  functions: readonly LoadedFunction[],
  extensions: readonly HostExtension[],
): readonly string[] {
  const ignoring = new Set(['httptrigger'])
  for (const { obeysRetry = false, triggerTypes = [] } of extensions) {
    if (!obeysRetry) for (const type of triggerTypes) ignoring.add(type.toLowerCase())
  }
  return functions
    .filter(
      ({ trigger, metadata: { retryOptions } }) =>
        retryOptions !== undefined && ignoring.has(trigger.type.toLowerCase()),
    )
    .map(
      ({ name, trigger }) =>
        `Function ${name} has a retry policy, which a ${trigger.type} does not obey here. In Azure only timers and change feeds may rely on one.`,
    )
}

/** One line for each function of a library that asks for Durable Functions over gRPC. */
function findGrpcFunctions(functions: readonly LoadedFunction[]): readonly string[] {
  return functions
    .filter(({ bindings }) => Object.values(bindings).some((binding) => binding.durableRequiresGrpc === true))
    .map(
      ({ name }) =>
        `Function ${name} needs Durable Functions over gRPC, as durable-functions 4 does, which this development host does not speak: use durable-functions 3.`,
    )
}

/** Binding types that Azure knows without an extension bundle. */
const builtInTypes = new Set(['http', 'httptrigger', 'timertrigger'])
/** The least major version of the bundle that has a type. */
const leastVersions: Readonly<Record<string, number>> = {
  entitytrigger: 3,
  orchestrationtrigger: 3,
  activitytrigger: 3,
  durableclient: 3,
  mcptooltrigger: 4,
  mcpresourcetrigger: 4,
  mcpprompttrigger: 4,
}

/** A line about the binding types that host.json's extension bundle does not bring: this host does not need it, Azure does. */
export function findBundleGaps(
  functions: readonly LoadedFunction[],
  { bundleVersion }: Pick<HostJson, 'bundleVersion'>,
): readonly string[] {
  const types = functions.flatMap(({ bindings }) => Object.values(bindings).map(({ type }) => type))
  const newest = readNewestMajor(bundleVersion)
  const unknown = [...new Set(types)].filter(
    (type) => !builtInTypes.has(type.toLowerCase()) && newest < (leastVersions[type.toLowerCase()] ?? 1),
  )
  if (unknown.length === 0) return []
  const has =
    bundleVersion === undefined ? 'names no extensionBundle' : `has extensionBundle ${bundleVersion}`
  return [
    `host.json ${has}, so that Azure would not know ${unknown.join(', ')}. Set "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" }.`,
  ]
}

/** The newest major version of a range such as `[4.*, 5.0.0)`; 0 for none, endless for what is no such range. */
function readNewestMajor(range: string | undefined): number {
  if (range === undefined) return 0
  const [, major, rest, end] = /^\s*[[(].*,\s*(\d+)([.\d*]*)\s*([\])])\s*$/.exec(range) ?? []
  if (major === undefined) return Number.POSITIVE_INFINITY
  const isExcluded = end === ')' && /^(?:\.0)*$/.test(rest ?? '')
  return Number(major) - (isExcluded ? 1 : 0)
}
