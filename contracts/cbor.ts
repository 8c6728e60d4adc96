/**
 * The part of CBOR (RFC 8949) that values of SQL need: integers of 64 bits, floats, text, bytes, null,
 * booleans and arrays of known length. Maps, tags and indefinite lengths are refused: actors of the
 * time wrote none (minicbor), and nothing of SQL needs them.
 */
import { Buffer, isUtf8 } from 'node:buffer'
import { MessageFault } from './errors.ts'
import { maxArrayDepth, type SqlValue, tooDeep } from './sql-value.ts'

/** How many values one message of CBOR may have, arrays counted. */
const maxItems = 1_000_000

const most = 2n ** 64n - 1n
const least = -(2n ** 64n)

/** Writes one message of CBOR: integers and lengths in as few bytes as they take, floats in 4 or 8. */
export class CborWriter {
  #buffer: Buffer = Buffer.allocUnsafe(1024)
  #length = 0

  /** What was written. The writer must not be used again. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  /** The start of an array of `count` values, which must follow. */
  array(count: number): void {
    this.#head(4, count)
  }

  /** @param single Floats take 4 bytes, as readers of a `float4` column expect. */
  value(value: SqlValue, single: boolean = false, depth: number = 0): void {
    if (value === null) this.#byte(0xf6)
    else if (typeof value === 'string') this.#text(value)
    else if (typeof value === 'bigint') this.#integer(value)
    else if (typeof value === 'number') this.#float(value, single)
    else if (typeof value === 'boolean') this.#byte(value ? 0xf5 : 0xf4)
    else if (value instanceof Uint8Array) this.#bytes(value)
    else if (Array.isArray(value)) {
      if (depth >= maxArrayDepth) throw tooDeep()
      this.array(value.length)
      for (const item of value as readonly SqlValue[]) this.value(item, single, depth + 1)
    } else throw new MessageFault('not a value of SQL')
  }

  #integer(value: bigint): void {
    if (value < least || value > most) throw new MessageFault('an integer beyond 64 bits')
    const major = value < 0n ? 1 : 0
    const size = value < 0n ? -1n - value : value
    if (size <= 0xffff_ffffn) return this.#head(major, Number(size))
    this.#byte((major << 5) | 27)
    this.#reserve(8)
    this.#length = this.#buffer.writeBigUInt64BE(size, this.#length)
  }

  #float(value: number, single: boolean): void {
    this.#byte(single ? 0xfa : 0xfb)
    this.#reserve(8)
    this.#length = single
      ? this.#buffer.writeFloatBE(value, this.#length)
      : this.#buffer.writeDoubleBE(value, this.#length)
  }

  #text(value: string): void {
    const length = Buffer.byteLength(value)
    this.#head(3, length)
    this.#reserve(length)
    this.#length += this.#buffer.write(value, this.#length, 'utf8')
  }

  #bytes(value: Uint8Array): void {
    this.#head(2, value.length)
    this.#reserve(value.length)
    this.#buffer.set(value, this.#length)
    this.#length += value.length
  }

  /** A major type, and a length or a number below 2^32. */
  #head(major: number, size: number): void {
    const first = major << 5
    this.#reserve(5)
    if (size < 24) this.#buffer[this.#length++] = first | size
    else if (size < 0x100) {
      this.#buffer[this.#length++] = first | 24
      this.#buffer[this.#length++] = size
    } else if (size < 0x10000) {
      this.#buffer[this.#length++] = first | 25
      this.#length = this.#buffer.writeUInt16BE(size, this.#length)
    } else {
      this.#buffer[this.#length++] = first | 26
      this.#length = this.#buffer.writeUInt32BE(size, this.#length)
    }
  }

  #byte(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
  }

  #reserve(count: number): void {
    const wanted = this.#length + count
    if (wanted <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(wanted, this.#buffer.length * 2))
    larger.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = larger
  }
}

/**
 * Reads one message of CBOR from its beginning. Counts are held against the bytes that are left before
 * anything is built. Every method throws {@link MessageFault} for what it did not expect.
 */
export class CborReader {
  readonly #bytes: Buffer
  #position = 0
  #items = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Refuses what follows the message. */
  finish(): void {
    if (this.#position < this.#bytes.length) {
      throw new MessageFault('bytes after the end of the CBOR value')
    }
  }

  /** How many values the array has that comes next. */
  array(): number {
    const first = this.#byte()
    if (first >> 5 !== 4) throw new MessageFault('expected an array of CBOR')
    return this.#count(this.#size(first))
  }

  /** Any value. Bytes are views of the message. */
  value(depth: number = 0): SqlValue {
    const first = this.#byte()
    switch (first >> 5) {
      case 0:
        return BigInt(this.#size(first))
      case 1:
        return -1n - BigInt(this.#size(first))
      case 2:
        return this.#take(this.#size(first))
      case 3:
        return this.#text(this.#size(first))
      case 4: {
        if (depth >= maxArrayDepth) throw tooDeep()
        const count = this.#count(this.#size(first))
        const items: SqlValue[] = []
        for (let index = 0; index < count; index++) items.push(this.value(depth + 1))
        return items
      }
      case 5:
        throw new MessageFault('a map is not a value of SQL')
      case 6:
        throw new MessageFault('CBOR tags are not supported')
      default:
        return this.#simple(first & 31)
    }
  }

  #simple(kind: number): SqlValue {
    switch (kind) {
      case 20:
        return false
      case 21:
        return true
      case 22:
      case 23:
        return null
      case 25:
        return halfFloat(this.#take(2).readUInt16BE())
      case 26:
        return this.#take(4).readFloatBE()
      case 27:
        return this.#take(8).readDoubleBE()
      default:
        throw new MessageFault('not a value of SQL')
    }
  }

  /** The number that comes with a type: a bigint where it takes 8 bytes. */
  #size(first: number): number | bigint {
    const kind = first & 31
    if (kind < 24) return kind
    if (kind === 24) return this.#byte()
    if (kind === 25) return this.#take(2).readUInt16BE()
    if (kind === 26) return this.#take(4).readUInt32BE()
    if (kind === 27) return this.#take(8).readBigUInt64BE()
    throw new MessageFault('CBOR of indefinite length is not supported')
  }

  #count(size: number | bigint): number {
    const left = this.#bytes.length - this.#position
    if (size > left) throw new MessageFault('the message ends early')
    this.#items += Number(size)
    if (this.#items > maxItems) throw new MessageFault(`more than ${maxItems} values`)
    return Number(size)
  }

  #text(size: number | bigint): string {
    const view = this.#take(size)
    if (!isUtf8(view)) throw new MessageFault('text is not UTF-8')
    return view.toString('utf8')
  }

  #take(size: number | bigint): Buffer {
    if (size > this.#bytes.length - this.#position) {
      throw new MessageFault('the message ends early')
    }
    const start = this.#position
    this.#position += Number(size)
    return this.#bytes.subarray(start, this.#position)
  }

  #byte(): number {
    const value = this.#bytes[this.#position]
    if (value === undefined) throw new MessageFault('the message ends early')
    this.#position++
    return value
  }
}

/** A float of 2 bytes (RFC 8949, appendix D). */
function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}
