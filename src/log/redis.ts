export type { RedisClient, RedisSource } from './redis-connection.js'
export { RedisRunLog, type RedisRunLogOptions } from './redis-run-log.js'
