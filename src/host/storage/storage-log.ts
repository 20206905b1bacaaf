/** Where the storage triggers write their own lines; `message` is one line, without a trailing newline. */
export type StorageLog = (level: 'information' | 'warning' | 'error', message: string) => void
