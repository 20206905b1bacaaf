import { toErrorMessage } from '../../core/errors.js'
import type { BindingInfo, FunctionDefinition } from '../functions.js'
import type { HostExtension } from '../host-extension.js'
import { isSettingOn, resolveSettingNames, type Settings } from '../settings/setting-names.js'
import type { UncheckedObject } from '../unchecked-object.js'
import type { FunctionMetadata, FunctionRegistration } from './function-metadata.js'

/** A definition with what only the invoker needs: the handler and the registered metadata. */
export interface LoadedFunction extends FunctionDefinition, FunctionRegistration {}

/** A function that the host does not run, and why. */
export interface FunctionError {
  readonly name: string
  readonly message: string
}

/** What became of the app's registrations. */
export interface FunctionDefinitions {
  /** Sorted by name, ordinal, ignoring case: the order in which routes match. */
  readonly functions: readonly LoadedFunction[]
  readonly errors: readonly FunctionError[]
}

const functionName = /^[a-z][a-z0-9_-]{0,127}$/i
const bindingName = /^(?:[a-zA-Z][a-zA-Z0-9]{0,127}|\$return)$/

/**
 * Validates and sorts registrations. One that does not hold is left out with its error, the others stay
 * (Functions host: function metadata validation). `allowed` is host.json's `functions`; `extensions` check what is enabled.
 */
export function toFunctionDefinitions(
  registrations: readonly FunctionRegistration[],
  options: {
    readonly settings: Settings
    readonly allowed?: readonly string[] | undefined
    readonly extensions?: readonly HostExtension[]
    /** For functions without a `retry` of their own, in the same form. */
    readonly retryOptions?: UncheckedObject | undefined
  },
): FunctionDefinitions {
  const functions: LoadedFunction[] = []
  const errors: FunctionError[] = []
  const allowed = options.allowed === undefined ? undefined : new Set(options.allowed.map(toKey))
  const seen = new Set<string>()
  for (const registration of registrations) {
    const { name } = registration.metadata
    if (allowed !== undefined && !allowed.has(toKey(name))) continue
    try {
      checkNames(registration.metadata, seen)
      const loaded = toLoadedFunction(registration, options.settings, options.retryOptions)
      if (!loaded.disabled) for (const extension of options.extensions ?? []) extension.check?.(loaded)
      functions.push(loaded)
      seen.add(toKey(name))
    } catch (error) {
      errors.push({ name, message: toErrorMessage(error) })
    }
  }
  return { functions: functions.sort(compareNames), errors }
}

function toKey(name: string): string {
  return name.toUpperCase()
}

/** Ordinal and ignoring case as .NET has it: by upper-case letters, so `_` comes after them. */
function compareNames(a: FunctionDefinition, b: FunctionDefinition): number {
  const [first, second] = [toKey(a.name), toKey(b.name)]
  return first < second ? -1 : first > second ? 1 : 0
}

function checkNames(metadata: FunctionMetadata, seen: ReadonlySet<string>): void {
  const { name } = metadata
  if (!functionName.test(name) || name.toLowerCase() === 'host') {
    throw new Error(`'${name}' is not a valid function name.`)
  }
  if (seen.has(toKey(name))) {
    throw new Error(`The function or proxy name '${name}' must be unique within the function app.`)
  }
  const wrong = Object.keys(metadata.bindings).find((key) => !bindingName.test(key))
  if (wrong !== undefined) throw new Error(`The binding name '${wrong}' is invalid.`)
}

function toLoadedFunction(
  registration: FunctionRegistration,
  settings: Settings,
  appRetryOptions: UncheckedObject | undefined,
): LoadedFunction {
  const { name } = registration.metadata
  const entries = Object.entries(registration.metadata.bindings)
  const bindings = Object.fromEntries(entries.map(([key, value]) => [key, resolveBinding(value, settings)]))
  const trigger = Object.values(bindings).find((binding) => /trigger$/i.test(binding.type))
  if (trigger === undefined) throw new Error(`No trigger binding specified for function '${name}'.`)
  const isDisabled = isSettingOn(settings, `AzureWebJobs.${name}.Disabled`)
  const disabled = isDisabled || isSettingOn(settings, `AzureWebJobs__${name}__Disabled`)
  const { retryOptions = appRetryOptions } = registration.metadata
  return { ...registration, name, bindings, trigger, disabled, retryOptions }
}

/** Text for people, for routing or already JSON: a `%` there is no expression. */
const plainMembers = new Set([
  'name',
  'type',
  'direction',
  'route',
  'description',
  'title',
  'metadata',
  'toolProperties',
  'promptArguments',
])

function resolveBinding(binding: BindingInfo, settings: Settings): BindingInfo {
  const entries = Object.entries(binding).map(([key, value]) => {
    const isExpression = typeof value === 'string' && !plainMembers.has(key)
    return [key, isExpression ? resolveSettingNames(value, settings) : value]
  })
  return { ...binding, ...Object.fromEntries(entries) }
}
