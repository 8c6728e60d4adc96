import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import { ignoredValue, type LinkValue, linkValues } from '../link-values.ts'
import {
  connectionKeys,
  type MessagingConfig,
  messagingConfig,
  messagingValues,
} from '../messaging/link-values.ts'

/** What one link asks of the broker in memory. */
export interface MemoryMessagingConfig extends MessagingConfig {
  /** Link values that were given and say how to reach a server, which means nothing here. */
  readonly withoutEffect: readonly string[]
}

const ignored = Object.fromEntries(
  connectionKeys.map((key) => [
    key,
    ignoredValue(
      'how a NATS server is reached; without effect, so that its links can be served from memory',
    ),
  ]),
) as { readonly [Key in (typeof connectionKeys)[number]]: LinkValue<string | undefined> }

/** Link values of `memory-messaging`: those of every messaging provider; those of `nats-messaging` pass. */
export const configSchema: StandardSchema<unknown, MemoryMessagingConfig> = v.pipe(
  linkValues({ ...messagingValues, ...ignored }),
  v.transform(
    (values): MemoryMessagingConfig => ({
      ...messagingConfig(values),
      withoutEffect: connectionKeys.filter((key) => values[key] !== undefined),
    }),
  ),
)
