/** Where a part of the host writes its own lines; `message` is one line, without a trailing newline. */
export type ExtensionLog = (level: 'information' | 'warning' | 'error', message: string) => void
