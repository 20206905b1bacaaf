export type { RedisClient, RedisSource } from './redis/connection.js'
export { RedisRunLog, type RedisRunLogOptions } from './redis/redis-run-log.js'
