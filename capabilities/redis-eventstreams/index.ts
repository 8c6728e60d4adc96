/** Event stream contract on Redis streams. */
import {
  type EventStreamsToActor,
  type EventStreamsToProvider,
  eventStreams,
} from '../../contracts/index.ts'
import type { CapabilityProvider, LinkContext, ProviderLink } from '../../host/index.ts'
import type { EventSource } from '../event-streams/consumer.ts'
import { linkToStreams } from '../event-streams/link.ts'
import { streamPrefix } from '../event-streams/link-values.ts'
import { Handover } from '../intake/handover.ts'
import { subscriptionInfo } from '../intake/subscription-info.ts'
import { RedisConnections } from '../redis-connection/index.ts'
import { configSchema, type RedisEventStreamsConfig } from './config.ts'
import { GroupReader } from './group-reader.ts'
import { StreamReader } from './reader.ts'
import { redisEventStore } from './store.ts'

export type { RedisEventStreamsConfig } from './config.ts'

/** What several providers may have in common. */
export interface RedisEventStreamsOptions {
  /** Shares connections with providers that are given the same. Default: its own. */
  readonly connections?: RedisConnections
}

/**
 * Event streams in Redis 6.2 or newer. With an empty `PREFIX` it reads and writes the streams that the
 * Redis provider of waSCC and wasmCloud did. A link that subscribes has a connection of its own beside
 * the one that links share.
 *
 * Operations throw CapabilityError `ERR_EVENT_INVALID`, `ERR_STREAM_LIMIT`, and what the connection
 * throws: `ERR_SERVER_UNAVAILABLE`, `ERR_SERVER_REFUSED`, `ERR_OUTCOME_UNKNOWN`, `ERR_SERVER_TIMEOUT`.
 */
export function redisEventStreamsProvider(
  options: RedisEventStreamsOptions = {},
): CapabilityProvider<RedisEventStreamsConfig, EventStreamsToProvider, EventStreamsToActor> {
  const connections = options.connections ?? new RedisConnections()
  const handover = new Handover()
  return {
    name: 'redis-eventstreams',
    summary: 'event streams in Redis',
    contract: eventStreams,
    configSchema,
    link: (context) => link(connections, handover, context),
  }
}

async function link(
  connections: RedisConnections,
  handover: Handover,
  context: LinkContext<RedisEventStreamsConfig, EventStreamsToActor>,
): Promise<ProviderLink<EventStreamsToProvider>> {
  const { config, actor, linkName, log } = context
  if (config.maxBytesGiven) log.info('MAX_BYTES has no effect: Redis has its own limits')
  await using opened = new AsyncDisposableStack()
  const { connection } = opened.use(await connections.hold(config.connection, context))
  const prefix = streamPrefix(config, actor.id, linkName)
  const open = async (): Promise<EventSource> => {
    const streams = config.subscriptions.map((name) => ({ name, key: prefix + name }))
    if (connection.isCluster && !areTogether(streams.map(({ key }) => key))) {
      throw new Error(
        'a Redis Cluster may keep these streams apart, where no command reads all of them; give PREFIX a part in braces, such as {orders}:, or make a link for each stream',
      )
    }
    await using own = new AsyncDisposableStack()
    const blocking = own.use(await connections.openOwn(config.connection, context))
    const { queueGroup: group, delivery } = config
    const source =
      group === undefined
        ? await StreamReader.open(blocking, streams)
        : await GroupReader.open(
            { blocking, shared: connection },
            { group, streams, redeliverAfterMs: delivery.redeliverAfterMs },
          )
    own.move()
    return source
  }
  const store = redisEventStore(connection, prefix, config.maxLength, open)
  const { operations, closeIntake } = await linkToStreams(context, config, store, handover)
  opened.defer(closeIntake)
  const owned = opened.move()
  return {
    operations,
    closeIntake,
    info: {
      server: connection.server,
      prefix,
      ...subscriptionInfo(config),
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Whether a Redis Cluster keeps keys in one slot, by the text in their first braces. */
function areTogether(keys: readonly string[]): boolean {
  const hashed = keys.map((key) => /\{([^}]+)\}/.exec(key)?.[1] ?? key)
  return hashed.every((text) => text === hashed[0])
}
