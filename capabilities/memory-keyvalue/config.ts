import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import { ignoredValue, integerValue, linkValues, parsedValue } from '../link-values.ts'

/** What one link asks of the in-memory store. Made from link values, which are named in capitals. */
export interface MemoryKeyValueConfig {
  /**
   * `STORE`: the store's name; links that give the same name share one, whichever actors they are of.
   * Default: a store of the link's own.
   */
  readonly store: string | undefined
  readonly limits: StoreLimits
  /** Values that only other providers of the contract have a use for, by name. */
  readonly withoutEffect: readonly string[]
}

/** How far a link may fill its store. Links that share a store are each held to their own limits. */
export interface StoreLimits {
  /** `MAX_KEYS` in the store. Default: 100,000. */
  readonly maxKeys: number
  /**
   * `MAX_BYTES` in the store: keys and values in UTF-8, and 64 bytes for each key, list item and set
   * item, which is about what they cost. Default: 64 MiB.
   */
  readonly maxBytes: number
  /** `MAX_VALUE_BYTES`: one key, value, list item or set item in UTF-8. Default: 1 MiB. */
  readonly maxValueBytes: number
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
    STORE: parsedValue(
      { description: 'name of a store that links share; without it, each link has its own' },
      parseStoreName,
    ),
    MAX_KEYS: integerValue(
      { description: 'keys that the store may hold', unit: 'keys', default: '100000' },
      { min: 1, max: 10_000_000 },
    ),
    MAX_BYTES: integerValue(
      {
        description: 'size of the store: keys, values, and 64 bytes for each key and item',
        unit: 'bytes',
        default: '67108864',
      },
      { min: 1024, max: mostBytes },
    ),
    MAX_VALUE_BYTES: integerValue(
      { description: 'size of one key, value or item', unit: 'bytes', default: '1048576' },
      { min: 1, max: mostBytes },
    ),
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

function parseStoreName(text: string): string {
  if (/^[\w.-]{1,64}$/.test(text)) return text
  throw new Error(
    `${JSON.stringify(text)} is not a store's name: 1 to 64 letters, digits, ".", "_" and "-"`,
  )
}
