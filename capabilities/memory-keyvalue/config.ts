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
  /** `URL` was given, which Redis would need and which means nothing here. */
  readonly urlGiven: boolean
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

/** Link values of `memory-keyvalue`: `STORE`, `MAX_KEYS`, `MAX_BYTES`, `MAX_VALUE_BYTES`, `URL`. */
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
    URL: ignoredValue(
      'where a Redis store would be; without effect, so that its links can be served from memory',
    ),
  }),
  v.transform(({ STORE, MAX_KEYS, MAX_BYTES, MAX_VALUE_BYTES, URL }) => ({
    store: STORE,
    limits: { maxKeys: MAX_KEYS, maxBytes: MAX_BYTES, maxValueBytes: MAX_VALUE_BYTES },
    urlGiven: URL !== undefined,
  })),
)

function parseStoreName(text: string): string {
  if (/^[\w.-]{1,64}$/.test(text)) return text
  throw new Error(
    `${JSON.stringify(text)} is not a store's name: 1 to 64 letters, digits, ".", "_" and "-"`,
  )
}
