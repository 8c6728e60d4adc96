/** Link values that the key-value providers with stores of their own have in common. */
import { integerValue, type LinkValue, parsedValue } from './link-values.ts'

/** How far a link may fill its store. Links that share a store are each held to their own limits. */
export interface StoreLimits {
  /** `MAX_KEYS` in the store. */
  readonly maxKeys: number
  /**
   * `MAX_BYTES` in the store: keys and values in UTF-8, and 64 bytes for each key, list item and set
   * item, which is about what they cost.
   */
  readonly maxBytes: number
  /** `MAX_VALUE_BYTES`: one key, value, list item or set item in UTF-8. Default: 1 MiB. */
  readonly maxValueBytes: number
}

/** `STORE`: the name of a store that links share. */
export function storeNameValue(description: string): LinkValue<string | undefined> {
  return parsedValue({ description }, (text) => {
    if (/^[\w.-]{1,64}$/.test(text)) return text
    throw new Error(
      `${JSON.stringify(text)} is not a store's name: 1 to 64 letters, digits, ".", "_" and "-"`,
    )
  })
}

/** `MAX_KEYS`. */
export function maxKeysValue(ordinary: number, max: number): LinkValue<number> {
  return integerValue(
    { description: 'keys that the store may hold', unit: 'keys', default: String(ordinary) },
    { min: 1, max },
  )
}

/** `MAX_BYTES`. */
export function maxBytesValue(ordinary: number, max: number): LinkValue<number> {
  return integerValue(
    {
      description: 'size of the store: keys, values, and 64 bytes for each key and item',
      unit: 'bytes',
      default: String(ordinary),
    },
    { min: 1024, max },
  )
}

/** `MAX_VALUE_BYTES`. */
export function maxValueBytesValue(max: number): LinkValue<number> {
  return integerValue(
    { description: 'size of one key, value or item', unit: 'bytes', default: '1048576' },
    { min: 1, max },
  )
}
