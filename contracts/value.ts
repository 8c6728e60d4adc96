/**
 * Messages of operations that no contract describes: any MessagePack value. The one place that
 * needs a general encoder and decoder; messages of contracts go through shapes.
 */
import { Decoder, Encoder } from '@msgpack/msgpack'
import { MessageFault } from './errors.ts'
import { Reader } from './msgpack-reader.ts'

const encoder = new Encoder({ ignoreUndefined: true, maxDepth: 32 })
const decoder = new Decoder({ useBigInt64: true })

/** Bytes become `bin`, objects maps in the order of their keys. */
export function encodeValue(value: unknown): Uint8Array {
  try {
    return encoder.encode(value)
  } catch (error) {
    throw new MessageFault(error instanceof Error ? error.message : String(error))
  }
}

/**
 * One value, with zero bytes after it as AssemblyScript leaves them. 64-bit integers are bigints.
 * Extensions (timestamps too), `__proto__` as a key and more than 32 levels are refused.
 */
export function decodeValue(bytes: Uint8Array): unknown {
  // The library bounds neither depth nor counts and throws on what follows: look before it builds.
  const reader = new Reader(bytes)
  reader.skip()
  const end = reader.position
  reader.finish()
  try {
    return decoder.decode(bytes.subarray(0, end))
  } catch (error) {
    throw new MessageFault(error instanceof Error ? error.message : String(error))
  }
}
