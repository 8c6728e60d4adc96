/** Messaging contract on NATS. */
import {
  type MessagingToActor,
  type MessagingToProvider,
  messaging,
} from '../../contracts/index.ts'
import type { CapabilityProvider, LinkContext, ProviderLink } from '../../host/index.ts'
import { Handover } from '../intake/handover.ts'
import { subscriptionInfo } from '../intake/subscription-info.ts'
import { linkToBroker } from '../messaging/link.ts'
import { configSchema, type NatsMessagingConfig } from './config.ts'
import { ConnectionPool } from './connection-pool.ts'

export type { NatsMessagingConfig } from './config.ts'

/**
 * Messages of actors on NATS. Links with the same servers and login share a connection, and have
 * subscriptions of their own.
 *
 * Operations throw CapabilityError `ERR_MESSAGE_SUBJECT`, `ERR_SUBJECT_DENIED`, `ERR_NO_RESPONDERS`,
 * `ERR_REPLY_TIMEOUT`, `ERR_MESSAGE_TOO_LARGE` (over the server's `max_payload`),
 * `ERR_SERVER_UNAVAILABLE` (at once, while the server is away), `ERR_SERVER_REFUSED`,
 * `ERR_OUTCOME_UNKNOWN` (the connection broke after the message was sent; it is not sent again).
 *
 * Disposing of a link ends its subscriptions, lets the actor handle what was delivered, and closes the
 * connection with its last link.
 */
export function natsMessagingProvider(): CapabilityProvider<
  NatsMessagingConfig,
  MessagingToProvider,
  MessagingToActor
> {
  const pool = new ConnectionPool()
  const handover = new Handover()
  return {
    name: 'nats-messaging',
    summary: 'messages through a NATS server',
    contract: messaging,
    configSchema,
    link: (context) => link(pool, handover, context),
  }
}

async function link(
  pool: ConnectionPool,
  handover: Handover,
  context: LinkContext<NatsMessagingConfig, MessagingToActor>,
): Promise<ProviderLink<MessagingToProvider>> {
  const { config, log, signal } = context
  await using opened = new AsyncDisposableStack()
  const { connection, release } = await pool.hold(config.connection, log, signal)
  opened.defer(release)
  const { operations, closeIntake } = await linkToBroker(context, config, connection, handover)
  opened.defer(closeIntake)
  const owned = opened.move()
  return {
    operations,
    closeIntake,
    info: {
      server: connection.server,
      ...subscriptionInfo(config),
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
