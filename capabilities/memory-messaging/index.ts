/** Messaging contract within one host: for development, tests, and actors that live together. */
import {
  type MessagingToActor,
  type MessagingToProvider,
  messaging,
} from '../../contracts/index.ts'
import type { CapabilityProvider } from '../../host/index.ts'
import { Handover } from '../intake/handover.ts'
import { subscriptionInfo } from '../intake/subscription-info.ts'
import { linkToBroker } from '../messaging/link.ts'
import { MemoryBroker } from './broker.ts'
import { configSchema, type MemoryMessagingConfig } from './config.ts'

export type { MemoryMessagingConfig } from './config.ts'

/**
 * A broker in memory, one for each provider, with the semantics of NATS: subjects with wildcards,
 * queue groups (whose members take turns), requests and their answers. A message goes to whoever
 * subscribes when it is sent, and is gone otherwise.
 *
 * Operations throw CapabilityError `ERR_MESSAGE_SUBJECT`, `ERR_SUBJECT_DENIED`, `ERR_NO_RESPONDERS`,
 * `ERR_REPLY_TIMEOUT`, `ERR_MESSAGE_TOO_LARGE` (over 1 MiB).
 */
export function memoryMessagingProvider(): CapabilityProvider<
  MemoryMessagingConfig,
  MessagingToProvider,
  MessagingToActor
> {
  const broker = new MemoryBroker()
  const handover = new Handover()
  return {
    name: 'memory-messaging',
    summary: 'messages between the actors of this host, in its memory',
    contract: messaging,
    configSchema,
    link: async (context) => {
      const { config, log } = context
      if (config.withoutEffect.length > 0) {
        log.info('link values without effect: this broker is in memory', {
          values: config.withoutEffect,
        })
      }
      const { operations, closeIntake } = await linkToBroker(context, config, broker, handover)
      return {
        operations,
        closeIntake,
        info: subscriptionInfo(config),
        [Symbol.asyncDispose]: closeIntake,
      }
    },
  }
}
