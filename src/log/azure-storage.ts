export { AzureBlobRunLog, type AzureBlobRunLogOptions } from './azure-blob/azure-blob-run-log.js'
export type { AzureBlobConnection } from './azure-blob/connection.js'
