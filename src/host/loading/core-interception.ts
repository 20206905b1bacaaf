import nodeModule from 'node:module'
import type { CoreModule } from './core-module.js'

const specifier = '@azure/functions-core'
const syntheticUrl = 'functions-core:virtual'
const slot = Symbol.for('durable-agent-functions.functions-core')

type Require = (this: unknown, id: string) => unknown
interface Interceptable {
  require: Require
  [slot]?: true
}

/**
 * Makes `@azure/functions-core` resolve to the given module, for CommonJS and ESM code of this process.
 * Must run before any app code: the library looks once and remembers a failure for good.
 * The module sits on `globalThis`, so that two copies of this package agree on one.
 */
export function installCoreModule(core: CoreModule): void {
  Object.defineProperty(globalThis, slot, { value: core, configurable: true })
  const prototype = nodeModule.Module.prototype as unknown as Interceptable
  if (prototype[slot] === true) return
  prototype[slot] = true
  prototype.require = toIntercepting(prototype.require)
  registerSyntheticModule()
}

function toIntercepting(original: Require): Require {
  return new Proxy(original, {
    apply: (target, self, args: [string]) =>
      args[0] === specifier ? Reflect.get(globalThis, slot) : Reflect.apply(target, self, args),
  })
}

/** Catches `import '@azure/functions-core'` too. Node before 22.15 has no synchronous hooks; there only `require` works. */
function registerSyntheticModule(): void {
  if (typeof nodeModule.registerHooks !== 'function') return
  nodeModule.registerHooks({
    resolve: (requested, context, next) =>
      requested === specifier
        ? { url: syntheticUrl, format: 'commonjs', shortCircuit: true }
        : next(requested, context),
    load: (url, context, next) =>
      url === syntheticUrl
        ? { format: 'commonjs', shortCircuit: true, source: syntheticSource }
        : next(url, context),
  })
}

const syntheticSource = `module.exports = globalThis[Symbol.for(${JSON.stringify(slot.description)})]`
