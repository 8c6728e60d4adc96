/**
 * Payloads of contracts of dialect E that have protocol 2: a byte that says CBOR, then a value of it.
 * Actors take MessagePack in its place, bare or behind a byte of its own, and some send it.
 *
 * Values go through MessagePack, whose shapes read structs by name and by position: actors in Rust
 * write them by position, those in TinyGo by name, and both read them by name.
 *
 * @see wasmbus-rpc, `message_format`
 */
import { Buffer, isUtf8 } from 'node:buffer'
import { asMap, type Body } from './codec.ts'
import { MessageFault } from './errors.ts'
import { maxDepth, maxItems } from './msgpack-reader.ts'
import { Writer } from './msgpack-writer.ts'
import { noBytes, type Shape } from './shape.ts'

const cborMark = 0x7f
const messagePackMark = 0xc1

/** CBOR on the way out, CBOR or MessagePack on the way in. */
export function asCbor<T>(shape: Shape<T>): Body<T> {
  const map = asMap(shape)
  return {
    encode: (value) => cborOf(map.encode(value)),
    decode: (payload) => map.decode(messagePackOf(payload)),
  }
}

function messagePackOf(payload: Uint8Array): Uint8Array {
  if (payload.length > 1 && payload[0] === cborMark) return new CborToMessagePack(payload).run()
  const isMarked = payload.length > 1 && payload[0] === messagePackMark
  return isMarked ? payload.subarray(1) : payload
}

/** Reads definite CBOR without tags and floats, which none of the contracts has. */
class CborToMessagePack {
  readonly #bytes: Buffer
  readonly #writer = new Writer()
  #position = 1
  #items = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  run(): Uint8Array {
    this.#writer.start()
    this.#value(0)
    return this.#writer.finish()
  }

  #value(depth: number): void {
    if (depth > maxDepth) throw new MessageFault(`more than ${maxDepth} levels`)
    const first = this.#take(1)[0] as number
    const writer = this.#writer
    switch (first >> 5) {
      case 0:
        return writer.integer(this.#size(first))
      case 1:
        return writer.integer(-1 - this.#size(first))
      case 2:
        return writer.bytes(this.#take(this.#size(first)))
      case 3: {
        const bytes = this.#take(this.#size(first))
        if (!isUtf8(bytes)) throw new MessageFault('not UTF-8')
        return writer.text(bytes.toString('utf8'))
      }
      case 4: {
        const count = this.#count(first, 1)
        writer.array(count)
        for (let index = 0; index < count; index++) this.#value(depth + 1)
        return
      }
      case 5: {
        const count = this.#count(first, 2)
        writer.map(count)
        for (let index = 0; index < 2 * count; index++) this.#value(depth + 1)
        return
      }
      default:
        if (first === 0xf4 || first === 0xf5) return writer.bool(first === 0xf5)
        if (first === 0xf6 || first === 0xf7) return writer.nil()
        throw new MessageFault('a tag or a float of CBOR')
    }
  }

  #size(first: number): number {
    const short = first & 31
    if (short < 24) return short
    if (short > 27) throw new MessageFault('an indefinite length of CBOR')
    const width = 1 << (short - 24)
    const bytes = this.#take(width)
    const size = width < 8 ? bytes.readUIntBE(0, width) : Number(bytes.readBigUInt64BE())
    if (!Number.isSafeInteger(size)) throw new MessageFault('an integer beyond 2^53')
    return size
  }

  #count(first: number, valuesEach: number): number {
    const count = this.#size(first)
    this.#items += count * valuesEach
    const left = this.#bytes.length - this.#position
    if (count * valuesEach > left) throw new MessageFault('it ends early')
    if (this.#items > maxItems) throw new MessageFault(`more than ${maxItems} items`)
    return count
  }

  #take(length: number): Buffer {
    const end = this.#position + length
    if (end > this.#bytes.length) throw new MessageFault('it ends early')
    const bytes = this.#bytes.subarray(this.#position, end)
    this.#position = end
    return bytes
  }
}

/** From our own writer, so that it holds what shapes write, and only that. */
function cborOf(messagePack: Uint8Array): Uint8Array {
  const from = Buffer.from(messagePack.buffer, messagePack.byteOffset, messagePack.byteLength)
  const parts: Uint8Array[] = [Uint8Array.of(cborMark)]
  let position = 0
  const size = (width: number): number => {
    const value =
      width < 8 ? from.readUIntBE(position, width) : Number(from.readBigUInt64BE(position))
    position += width
    return value
  }
  const content = (major: number, length: number): void => {
    parts.push(cborHead(major, length), from.subarray(position, position + length))
    position += length
  }
  while (position < from.length) {
    const first = from[position++] as number
    if (first < 0x80) parts.push(cborHead(0, first))
    else if (first < 0x90) parts.push(cborHead(5, first & 15))
    else if (first < 0xa0) parts.push(cborHead(4, first & 15))
    else if (first < 0xc0) content(3, first & 31)
    else if (first === 0xc0) parts.push(Uint8Array.of(0xf6))
    else if (first === 0xc2 || first === 0xc3)
      parts.push(Uint8Array.of(first === 0xc3 ? 0xf5 : 0xf4))
    else if (first >= 0xc4 && first <= 0xc6) content(2, size(1 << (first - 0xc4)))
    else if (first >= 0xcc && first <= 0xcf) parts.push(cborHead(0, size(1 << (first - 0xcc))))
    else if (first >= 0xd9 && first <= 0xdb) content(3, size(1 << (first - 0xd9)))
    else if (first === 0xdc || first === 0xdd) parts.push(cborHead(4, size(first === 0xdc ? 2 : 4)))
    else if (first === 0xde || first === 0xdf) parts.push(cborHead(5, size(first === 0xde ? 2 : 4)))
    else throw new MessageFault('a value that contracts in CBOR do not have')
  }
  return messagePack.length === 0 ? noBytes : Buffer.concat(parts)
}

function cborHead(major: number, size: number): Uint8Array {
  const first = major << 5
  if (size < 24) return Uint8Array.of(first | size)
  if (size < 0x100) return Uint8Array.of(first | 24, size)
  const head = Buffer.alloc(size < 0x10000 ? 3 : size < 2 ** 32 ? 5 : 9)
  if (head.length === 9) head.writeBigUInt64BE(BigInt(size), 1)
  else head.writeUIntBE(size, 1, head.length - 1)
  head[0] = first | (head.length === 3 ? 25 : head.length === 5 ? 26 : 27)
  return head
}
