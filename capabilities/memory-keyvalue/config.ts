import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import {
  maxBytesValue,
  maxKeysValue,
  maxValueBytesValue,
  type StoreLimits,
  storeNameValue,
} from '../keyvalue-limits.ts'
import { ignoredValue, linkValues } from '../link-values.ts'

/** What one link asks of the in-memory store. Made from link values, which are named in capitals. */
export interface MemoryKeyValueConfig {
  /**
   * `STORE`: the store's name; links that give the same name share one, whichever actors they are of.
   * Default: a store of the link's own.
   */
  readonly store: string | undefined
  /** `MAX_KEYS` (default 100,000), `MAX_BYTES` (64 MiB), `MAX_VALUE_BYTES` (1 MiB). */
  readonly limits: StoreLimits
  /** Values that only other providers of the contract have a use for, by name. */
  readonly withoutEffect: readonly string[]
}

/** A JavaScript map or set holds 2^24 items; at 64 bytes an item, this is as many. */
const mostBytes = 2 ** 30

/**
 * What the other stock providers of the contract are told, so that their links can be served from
 * memory, and back, with the values that they have.
 */
const foreign = {
  URL: ignoredValue('where a Redis server would be; without effect'),
  PREFIX: ignoredValue('what keys in Redis would begin with; without effect'),
  TLS_CA_FILE: ignoredValue('whom to trust with Redis; without effect'),
  TLS_CERT_FILE: ignoredValue('what to show to Redis; without effect'),
  TLS_KEY_FILE: ignoredValue('the key to what Redis is shown; without effect'),
  TLS_SERVER_NAME: ignoredValue('the name of the Redis server; without effect'),
  FILE: ignoredValue('where a store in a file would be; without effect'),
  SYNCHRONOUS: ignoredValue('what a store in a file would outlast; without effect'),
}

/** Link values of `memory-keyvalue`, and those of its peers, which have no effect. */
export const configSchema: StandardSchema<unknown, MemoryKeyValueConfig> = v.pipe(
  linkValues({
    STORE: storeNameValue('name of a store that links share; without it, each link has its own'),
    MAX_KEYS: maxKeysValue(100_000, 10_000_000),
    MAX_BYTES: maxBytesValue(64 * 1024 * 1024, mostBytes),
    MAX_VALUE_BYTES: maxValueBytesValue(mostBytes),
    ...foreign,
  }),
  v.transform(({ STORE, MAX_KEYS, MAX_BYTES, MAX_VALUE_BYTES, ...others }) => ({
    store: STORE,
    limits: { maxKeys: MAX_KEYS, maxBytes: MAX_BYTES, maxValueBytes: MAX_VALUE_BYTES },
    withoutEffect: Object.entries(others)
      .filter(([, value]) => value !== undefined)
      .map(([name]) => name),
  })),
)
