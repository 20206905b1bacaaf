/** Where timers write their own lines; `message` is one line, without a trailing newline. */
export type TimerLog = (level: 'information' | 'warning' | 'error', message: string) => void
