export type { AzureBlobConnection } from './azure-blob-connection.js'
export { AzureBlobRunLog, type AzureBlobRunLogOptions } from './azure-blob-run-log.js'
