/**
 * Requests and responses of any contract as bytes, as host and provider know them and not as any
 * dialect writes them: MessagePack by the names of their fields. What goes in comes out: bytes, and
 * the difference between numbers and bigints, too.
 */
import { Decoder, Encoder } from '@msgpack/msgpack'
import { asContractError, MessageFault } from './errors.ts'
import { maxDepth, maxItems, Reader } from './msgpack-reader.ts'

// With big integers apart, numbers beyond 32 bits are written as floats and come back as they were.
const encoder = new Encoder({ ignoreUndefined: true, maxDepth, useBigInt64: true })
const decoder = new Decoder({ useBigInt64: true })

/** As many as the largest answer has, and some more: what a link keeps is moved item by item. */
const maxPackedItems = 4 * maxItems

/**
 * Writes a value: texts, numbers, booleans, bigints of 64 bits, bytes, lists, plain objects. Members
 * that are undefined are left out; undefined itself is nothing at all.
 *
 * @throws ContractError `ERR_MESSAGE_INVALID`
 */
export function packValue(value: unknown): Uint8Array {
  if (value === undefined) return new Uint8Array(0)
  try {
    const bytes = encoder.encode(value)
    refuseHugeIntegers(value)
    return bytes
  } catch (error) {
    throw invalid(error)
  }
}

/**
 * Reads a value that {@link packValue} wrote. Byte fields are views of `bytes`. Extensions,
 * `__proto__` as a key, more than 32 levels and more than 262,144 items are refused.
 *
 * @throws ContractError `ERR_MESSAGE_INVALID`
 */
export function unpackValue(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined
  try {
    // The library bounds neither depth nor counts: look before it builds.
    const reader = new Reader(bytes, maxPackedItems)
    reader.skip()
    if (reader.position !== bytes.length) throw new MessageFault('bytes after its end')
    return decoder.decode(bytes)
  } catch (error) {
    throw invalid(error)
  }
}

/** The library cuts a bigint to 64 bits in silence. */
function refuseHugeIntegers(value: unknown): void {
  if (typeof value === 'bigint') {
    if (value >= -(2n ** 63n) && value < 2n ** 64n) return
    throw new MessageFault('an integer beyond 64 bits')
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  for (const item of Object.values(value)) refuseHugeIntegers(item)
}

function invalid(error: unknown): unknown {
  const fault =
    error instanceof MessageFault
      ? error
      : new MessageFault(error instanceof Error ? error.message : String(error))
  return asContractError(fault, 'wasmbus', 'value')
}
