import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import {
  type EventStreamsConfig,
  eventStreamsConfig,
  eventStreamsValues,
} from '../event-streams/link-values.ts'
import { ignoredValue, linkValues } from '../link-values.ts'
import {
  type RedisConnectionConfig,
  redisConnectionConfig,
  redisLinkValues,
} from '../redis-connection/index.ts'

/** What one link asks of the event streams in Redis. */
export interface RedisEventStreamsConfig extends EventStreamsConfig {
  readonly connection: RedisConnectionConfig
  /** `MAX_BYTES` was given, which streams in memory have and which means nothing here. */
  readonly maxBytesGiven: boolean
}

/** Link values of `redis-eventstreams`: those of every provider of event streams, and of Redis. */
export const configSchema: StandardSchema<unknown, RedisEventStreamsConfig> = v.pipe(
  linkValues({
    ...eventStreamsValues,
    ...redisLinkValues,
    MAX_BYTES: ignoredValue(
      'size of streams in memory; without effect, as Redis has its own limits',
    ),
  }),
  v.rawTransform(({ dataset: { value }, addIssue }): RedisEventStreamsConfig => {
    const connection = redisConnectionConfig(value, (key, message) => {
      addIssue({
        message,
        path: [{ type: 'object', origin: 'value', input: value, key, value: undefined }],
      })
    })
    return {
      ...eventStreamsConfig(value),
      connection,
      maxBytesGiven: value.MAX_BYTES !== undefined,
    }
  }),
)
