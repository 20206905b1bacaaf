/** How much a line matters, lowest first; `none` as a filter lets nothing through (Functions host: logging.logLevel). */
export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none'

/** One line of the host's output. */
export interface LogLine {
  /** For example `Function.hello.User`, `Host.Startup`; `Host.Console` is text for people, shown as it is. */
  readonly category: string
  readonly message: string
  readonly at: Date
}

/** Least level per category prefix, as host.json's `logging.logLevel` has it; `default` is for all others. */
export type LogFilters = Readonly<Record<string, LogLevel>>

/** Where the host and its extensions write. */
export interface HostLog {
  /** Ask first where making the message costs something. */
  isEnabled(category: string, level: LogLevel): boolean
  write(level: LogLevel, category: string, message: string): void
  /** Writes text for people whatever the filters say: the banner and the list of functions. */
  print(message: string): void
}

/** The category of lines that no filter holds back. */
const consoleCategory = 'Host.Console'

const levelOrder: Readonly<Record<LogLevel, number>> = {
  trace: 0,
  debug: 1,
  information: 2,
  warning: 3,
  error: 4,
  critical: 5,
  none: 6,
}

/** Lowest first. */
export const logLevelNames = Object.keys(levelOrder)

/** The level of that name, in any casing, or of that number, as a text or not. */
export function parseLogLevel(level: unknown): LogLevel | undefined {
  const text = String(level).trim().toLowerCase()
  const name = /^\d$/.test(text) ? logLevelNames[Number(text)] : text
  return name !== undefined && Object.hasOwn(levelOrder, name) ? (name as LogLevel) : undefined
}

/** A log that lets through what the filters say (longest matching category prefix wins, then `default`, then Information). */
export function createLog(options: {
  readonly filters?: LogFilters
  readonly sink: (line: LogLine) => void
}): HostLog {
  const { filters = {}, sink } = options
  const leastByCategory = new Map<string, number>()
  function isEnabled(category: string, level: LogLevel): boolean {
    let least = leastByCategory.get(category)
    if (least === undefined) {
      least = levelOrder[findFilter(filters, category)]
      leastByCategory.set(category, least)
    }
    return level !== 'none' && levelOrder[level] >= least
  }
  return {
    isEnabled,
    write(level, category, message) {
      if (isEnabled(category, level)) sink({ category, message, at: new Date() })
    },
    print(message) {
      sink({ category: consoleCategory, message, at: new Date() })
    },
  }
}

function findFilter(filters: LogFilters, category: string): LogLevel {
  let best: { readonly length: number; readonly level: LogLevel } | undefined
  for (const [prefix, level] of Object.entries(filters)) {
    const covers = category === prefix || category.startsWith(`${prefix}.`)
    if (covers && prefix.length > (best?.length ?? -1)) best = { length: prefix.length, level }
  }
  return best?.level ?? filters.default ?? 'information'
}

/** The line as the command line shows it: `[2026-01-01T00:00:00.000Z] message`; console text stays bare. */
function formatLogLine(line: LogLine): string {
  return line.category === consoleCategory ? line.message : `[${line.at.toISOString()}] ${line.message}`
}

/**
 * A sink that writes to stdout, errors too: two streams would not keep the order of lines.
 * Lines of one turn of the event loop leave in one write: a write per line is what costs.
 */
export function createConsoleSink(): (line: LogLine) => void {
  let pending = ''
  function flush(): void {
    const text = pending
    pending = ''
    if (text !== '') process.stdout.write(text)
  }
  process.once('exit', flush)
  return (line) => {
    if (pending === '') setImmediate(flush)
    pending += `${formatLogLine(line)}\n`
  }
}
