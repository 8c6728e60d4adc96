/** What providers on Redis share: how links name a server, and the connections to it. */
export { type CommandTerms, RedisConnection, type RedisReply } from './connection.ts'
export { type ConnectionTerms, type HeldConnection, RedisConnections } from './connections.ts'
export {
  type RedisConnectionConfig,
  type RedisTls,
  type RedisTlsFiles,
  redisConnectionConfig,
  redisLinkValues,
} from './link-values.ts'
export { parseRedisUrl, type RedisHost, type RedisTarget } from './target.ts'
