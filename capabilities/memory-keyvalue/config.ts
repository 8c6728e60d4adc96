import * as v from 'valibot'
import type { StandardSchema } from '../../host/index.ts'
import { ignoredValue, integerValue, linkValues, parsedValue } from '../link-values.ts'

/** What one link asks of the store. Made from link values, which are named in capitals. */
export interface MemoryKeyValueConfig {
  /** `STORE`: links that name the same one share its data. Default: each link has data of its own. */
  readonly store: string | undefined
  readonly limits: StoreLimits
  /** `URL` was given, which Redis would need and which means nothing here. */
  readonly urlGiven: boolean
}

/** How large a store may get. Links that share a store may differ: each holds its own writes to its own. */
export interface StoreLimits {
  /** `MAX_KEYS`. Default: 100,000. */
  readonly maxKeys: number
  /** `MAX_BYTES`: keys, values and 64 bytes for each of them. Default: 64 MiB. */
  readonly maxBytes: number
  /** `MAX_VALUE_BYTES` of one key, value, list item or set member. Default: 1 MiB. */
  readonly maxValueBytes: number
}

const values = linkValues({
  STORE: parsedValue(
    { description: 'links that name the same store share its data; each has its own otherwise' },
    parseStoreName,
  ),
  MAX_KEYS: integerValue(
    { description: 'keys in the store', unit: 'keys', default: '100000' },
    { min: 1, max: 10_000_000 },
  ),
  MAX_BYTES: integerValue(
    {
      description: 'keys and values together, and 64 bytes for each of them',
      unit: 'bytes',
      default: String(64 * 1024 * 1024),
    },
    { min: 1, max: 16 * 1024 ** 3 },
  ),
  MAX_VALUE_BYTES: integerValue(
    {
      description: 'one key, value, list item or set member',
      unit: 'bytes',
      default: String(1024 * 1024),
    },
    { min: 1, max: 256 * 1024 ** 2 },
  ),
  URL: ignoredValue(
    'accepted so that links to Redis can be served from memory, and without effect',
  ),
})

/** Parses the values of a link to the store in memory. */
export const configSchema: StandardSchema<unknown, MemoryKeyValueConfig> = v.pipe(
  values,
  v.transform(
    (given): MemoryKeyValueConfig => ({
      store: given.STORE,
      limits: {
        maxKeys: given.MAX_KEYS,
        maxBytes: given.MAX_BYTES,
        maxValueBytes: given.MAX_VALUE_BYTES,
      },
      urlGiven: given.URL !== undefined,
    }),
  ),
)

function parseStoreName(text: string): string {
  if (!/^[\w.-]{1,64}$/.test(text)) {
    throw new Error(
      `${JSON.stringify(text)} is not a store name; use up to 64 letters, digits, dots, hyphens and underscores`,
    )
  }
  return text
}
