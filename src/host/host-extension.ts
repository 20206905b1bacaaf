import type { IncomingMessage, ServerResponse } from 'node:http'
import type {
  BindingContext,
  BindingInfo,
  FunctionDefinition,
  FunctionInvoker,
  TypedData,
} from './functions.js'
import type { HostLog } from './log.js'
import type { HostJson } from './settings/host-json.js'

/** What an extension learns about the host that it becomes part of. */
export interface HostContext {
  /** Absolute path of the folder that holds host.json. */
  readonly root: string
  readonly hostJson: HostJson
  /** Authority under which the host answers, e.g. `localhost:7071`; the same as `WEBSITE_HOSTNAME`. */
  readonly hostName: string
  readonly log: HostLog
  /** Types of the app's triggers, inputs and outputs, in lower case. */
  readonly bindingTypes: ReadonlySet<string>
}

/** Where a part of the host writes its own lines; `message` is one line, without a trailing newline. */
export type ExtensionLog = (level: 'information' | 'warning' | 'error', message: string) => void

/** A part of the host that owns trigger types of its own, and may answer under `/runtime/webhooks/{name}`. */
export interface HostExtension {
  /** Path segment, compared ignoring case. */
  readonly name: string
  /** Trigger types that it listens to; functions with others are listed as not run. @default none */
  readonly triggerTypes?: readonly string[]
  /** Types of the input and output bindings that it serves besides. @default none */
  readonly bindingTypes?: readonly string[]
  /** Whether its triggers try failed runs again as a function's `retry` says. @default false */
  readonly obeysRetry?: boolean
  /** Looks at a function before anything starts. @throws {Error} saying why it cannot be run; it is listed as failed then, the others run. */
  check?(definition: FunctionDefinition): void
  /** Gives the value of an input binding besides the trigger, at once or fetched; undefined when its type is not its own, or there is none. A rejection fails the invocation. */
  readInput?(
    binding: BindingInfo,
    context: BindingContext,
  ): TypedData | Promise<TypedData | undefined> | undefined
  /** Writes what a function gave for an output binding; undefined when its type is not its own. A rejection fails the invocation. */
  writeOutput?(binding: BindingInfo, data: TypedData, context: BindingContext): Promise<void> | undefined
  /** Trigger value for a run by hand with this text; undefined for triggers that are not its own. @default the text itself */
  toManualInput?(definition: FunctionDefinition, input: string): TypedData | undefined
  /** Starts listening for work. Called once, after the app has loaded and before the HTTP port opens. */
  start(functions: readonly FunctionDefinition[], invoker: FunctionInvoker): Promise<void>
  /** Takes no new work, and waits up to `graceMs` for what runs. */
  stop(graceMs: number): Promise<void>
  /** Ends what functions may have used to their last moment, and gives its leases back. Called after every `stop` and after the app's last hook. */
  close?(): Promise<void>
  /** Answers a request below `/runtime/webhooks/{name}`; `path` is the rest, without leading slash. @default 404 */
  handle?(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>
}
