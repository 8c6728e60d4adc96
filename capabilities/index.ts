/** The capability providers that come with the host. */
import type { CapabilityProvider } from '../host/index.ts'
import { extrasProvider } from './extras/index.ts'
import { fileBlobstoreProvider } from './file-blobstore/index.ts'
import { fileKeyValueProvider } from './file-keyvalue/index.ts'
import { httpClientProvider } from './http-client/index.ts'
import { httpServerProvider } from './http-server/index.ts'
import { loggingProvider } from './logging/index.ts'
import { memoryEventStreamsProvider } from './memory-eventstreams/index.ts'
import { memoryKeyValueProvider } from './memory-keyvalue/index.ts'
import { memoryMessagingProvider } from './memory-messaging/index.ts'
import { natsMessagingProvider } from './nats-messaging/index.ts'
import { postgresSqlDbProvider } from './postgres-sqldb/index.ts'
import { RedisConnections } from './redis-connection/index.ts'
import { redisEventStreamsProvider } from './redis-eventstreams/index.ts'
import { redisKeyValueProvider } from './redis-keyvalue/index.ts'
import { sqliteSqlDbProvider } from './sqlite-sqldb/index.ts'
import { s3BlobstoreProvider } from './s3-blobstore/index.ts'

export { archiveProvider, type ArchiveProviderOptions } from './archive-provider/index.ts'
export {
  type AnyCapabilityError,
  CapabilityError,
  type CapabilityErrorCode,
  type CapabilityErrorDetails,
  capabilityErrors,
} from './errors.ts'
export {
  type ExtrasConfig,
  type ExtrasOptions,
  extrasProvider,
  type Randomness,
} from './extras/index.ts'
export { type FileBlobstoreConfig, fileBlobstoreProvider } from './file-blobstore/index.ts'
export {
  type FileKeyValueConfig,
  type FileKeyValueOptions,
  fileKeyValueProvider,
  type Synchronous,
} from './file-keyvalue/index.ts'
export {
  type HostRule,
  type HttpClientConfig,
  type HttpClientOptions,
  httpClientProvider,
  type Resolve,
  type ResolvedAddress,
} from './http-client/index.ts'
export {
  findPortHolder,
  HttpListeners,
  type HttpServerConfig,
  type HttpServerOptions,
  httpServerProvider,
  type PortHolder,
} from './http-server/index.ts'
export type { StoreLimits } from './keyvalue-limits.ts'
export { type DescribedLinkValue, describeLinkValues, type LinkValueFacts } from './link-values.ts'
export { type LoggingConfig, type LoggingOptions, loggingProvider } from './logging/index.ts'
export {
  type MemoryKeyValueConfig,
  type MemoryKeyValueOptions,
  memoryKeyValueProvider,
} from './memory-keyvalue/index.ts'
export type { DeliveryTerms, EventStreamsConfig } from './event-streams/link-values.ts'
export {
  type MemoryEventStreamsConfig,
  type MemoryEventStreamsOptions,
  memoryEventStreamsProvider,
} from './memory-eventstreams/index.ts'
export {
  type RedisEventStreamsConfig,
  type RedisEventStreamsOptions,
  redisEventStreamsProvider,
} from './redis-eventstreams/index.ts'
export { type MemoryMessagingConfig, memoryMessagingProvider } from './memory-messaging/index.ts'
export type { DeliveryLimits } from './messaging/deliveries.ts'
export type { MessagingConfig } from './messaging/link-values.ts'
export { type NatsMessagingConfig, natsMessagingProvider } from './nats-messaging/index.ts'
export {
  type RedisConnectionConfig,
  RedisConnections,
  type RedisHost,
  type RedisTarget,
  type RedisTlsFiles,
} from './redis-connection/index.ts'
export {
  type RedisKeyValueConfig,
  type RedisKeyValueOptions,
  redisKeyValueProvider,
} from './redis-keyvalue/index.ts'
export {
  type PostgresConfig,
  type PostgresTarget,
  postgresSqlDbProvider,
  type TlsMode,
} from './postgres-sqldb/index.ts'
export {
  type BucketAccess,
  type S3BlobstoreConfig,
  s3BlobstoreProvider,
} from './s3-blobstore/index.ts'
export type { SqlLimits } from './sql-limits.ts'
export {
  type SqliteConfig,
  type SqliteOptions,
  sqliteSqlDbProvider,
} from './sqlite-sqldb/index.ts'

/**
 * One new instance of each provider, as a stock host starts with. Where several serve one contract,
 * the first is what a link gets that names none.
 */
export function stockProviders(): CapabilityProvider[] {
  const connections = new RedisConnections()
  return [
    httpServerProvider(),
    httpClientProvider(),
    memoryKeyValueProvider(),
    fileKeyValueProvider(),
    redisKeyValueProvider({ connections }),
    memoryMessagingProvider(),
    natsMessagingProvider(),
    memoryEventStreamsProvider(),
    redisEventStreamsProvider({ connections }),
    fileBlobstoreProvider(),
    s3BlobstoreProvider(),
    sqliteSqlDbProvider(),
    postgresSqlDbProvider(),
    loggingProvider(),
    extrasProvider(),
  ]
}
