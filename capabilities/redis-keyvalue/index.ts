/** Key-value contract on Redis, Redis Sentinel and Redis Cluster. */
import { keyvalue, type KeyValueToProvider, type NoOperations } from '../../contracts/index.ts'
import type { CapabilityProvider, LinkedActor } from '../../host/index.ts'
import { RedisConnections } from '../redis-connection/index.ts'
import { configSchema, type RedisKeyValueConfig } from './config.ts'
import { redisContent } from './content.ts'
import { redisOperations } from './operations.ts'

export type { RedisKeyValueConfig } from './config.ts'

/** What the provider shares with others. */
export interface RedisKeyValueOptions {
  /** Default: connections that only links of this provider share. */
  readonly connections?: RedisConnections
}

/**
 * Key-value stores on Redis 6.2 or newer. Links to the same server share a connection. The keys of each
 * link lie apart, and in one slot of a cluster, unless `PREFIX` says what they begin with.
 *
 * Operations throw CapabilityError `ERR_KEY_TYPE`, `ERR_NOT_AN_INTEGER`, `ERR_INTEGER_OVERFLOW`,
 * `ERR_STORE_LIMIT`, with nothing changed; `ERR_SERVER_UNAVAILABLE` and `ERR_SERVER_REFUSED`, with
 * nothing executed; `ERR_OUTCOME_UNKNOWN` and `ERR_SERVER_TIMEOUT`, after which it may have been. None
 * is ever tried again.
 */
export function redisKeyValueProvider(
  options: RedisKeyValueOptions = {},
): CapabilityProvider<RedisKeyValueConfig, KeyValueToProvider, NoOperations> {
  const connections = options.connections ?? new RedisConnections()
  return {
    name: 'redis-keyvalue',
    summary: 'key-value store on Redis, with Sentinel or Cluster',
    contract: keyvalue,
    configSchema,
    link: async ({ config, actor, linkName, log, signal }) => {
      const held = await connections.hold(config.connection, { log, signal })
      const { connection } = held
      const prefix = config.prefix ?? ownPrefix(actor, linkName)
      return {
        operations: redisOperations(connection, { prefix, maxValueBytes: config.maxValueBytes }),
        content: redisContent(connection, prefix),
        info: { server: connection.server, prefix },
        [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
      }
    },
  }
}

/**
 * No link's prefix begins with another's: what could end the braces, or part the names, is escaped. A
 * cluster keeps all keys in one slot that have the same text in their first braces.
 */
function ownPrefix(actor: LinkedActor, linkName: string): string {
  const named = [actor.id, linkName].map((name) => encodeURIComponent(name.toWellFormed()))
  return `wash-ts:{${named.join(':')}}:`
}
