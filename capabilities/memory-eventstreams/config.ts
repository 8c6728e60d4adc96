import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import {
  type EventStreamsConfig,
  eventStreamsConfig,
  eventStreamsValues,
} from '../event-streams/link-values.ts'
import { ignoredValue, integerValue, linkValues } from '../link-values.ts'

/** What one link asks of the event streams in memory. */
export interface MemoryEventStreamsConfig extends EventStreamsConfig {
  /** `MAX_BYTES` of all streams that the link shares. Default: 64 MiB. */
  readonly maxBytes: number
  /** `URL` was given, which Redis would need and which means nothing here. */
  readonly urlGiven: boolean
}

/** Link values of `memory-eventstreams`: those of every provider of event streams, and `MAX_BYTES`. */
export const configSchema: StandardSchema<unknown, MemoryEventStreamsConfig> = v.pipe(
  linkValues({
    ...eventStreamsValues,
    MAX_BYTES: integerValue(
      {
        description: 'size of all streams: names, values, and 64 bytes for each event',
        unit: 'bytes',
        default: '67108864',
      },
      { min: 1024, max: 2 ** 30 },
    ),
    URL: ignoredValue(
      'where a Redis server would be; without effect, so that its links can be served from memory',
    ),
  }),
  v.transform((values) => ({
    ...eventStreamsConfig(values),
    maxBytes: values.MAX_BYTES,
    urlGiven: values.URL !== undefined,
  })),
)
