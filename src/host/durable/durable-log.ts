/** Where the extension's own lines go; `message` is one line, without a trailing newline. */
export type DurableLog = (level: 'debug' | 'information' | 'warning' | 'error', message: string) => void
