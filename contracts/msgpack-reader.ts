/**
 * Reads MessagePack that an actor wrote, by what is expected next, never by what is there: nothing
 * is built that no field asked for. Counts are held against the bytes that are left before anything
 * is allocated, so a header that promises 4 GiB costs nothing.
 */
import { Buffer, isUtf8 } from 'node:buffer'
import { MessageFault } from './errors.ts'

/** How deep arrays and maps may be nested in a value that is passed over. */
export const maxDepth = 32

/**
 * How many elements and entries one message may have, bytes that are written as arrays apart. An
 * element takes many times as long to read as the byte that it takes to write, and nothing else of
 * the process runs meanwhile.
 */
export const maxItems = 65_536

const shortText = 24

/** Reads one message from its beginning. Every method throws {@link MessageFault} for what it did not expect. */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #maxItems: number
  #position = 0
  #items = 0
  #text: Buffer | undefined

  constructor(bytes: Uint8Array, itemLimit: number = maxItems) {
    this.#bytes = bytes
    this.#maxItems = itemLimit
    this.#end = bytes.length
  }

  /** How many bytes were read so far. */
  get position(): number {
    return this.#position
  }

  /**
   * Refuses what follows the message, except zero bytes: AssemblyScript actors reserve one byte more
   * than they write.
   */
  finish(): void {
    for (let at = this.#position; at < this.#end; at++) {
      if (this.#bytes[at] !== 0) throw new MessageFault('bytes after the end of the message')
    }
  }

  /** Passes over nil, if that is what comes next. */
  nil(): boolean {
    if (this.#bytes[this.#position] !== 0xc0) return false
    this.#position++
    return true
  }

  bool(): boolean {
    const marker = this.#byte()
    if (marker === 0xc3) return true
    if (marker === 0xc2) return false
    throw this.#unexpected('a boolean', marker)
  }

  /** Any of MessagePack's integer forms, within bounds (both included). */
  integer(least: number, most: number): number {
    const value = this.#anyInteger(this.#byte())
    if (value < least || value > most) {
      throw new MessageFault(`${value} is not between ${least} and ${most}`)
    }
    return value
  }

  /** Any of MessagePack's integer forms. */
  bigInteger(): bigint {
    const marker = this.#byte()
    if (marker !== 0xcf && marker !== 0xd3) return BigInt(this.#anyInteger(marker))
    const bits = (BigInt(this.#uint(4)) << 32n) | BigInt(this.#uint(4))
    return marker === 0xcf ? bits : BigInt.asIntN(64, bits)
  }

  /** A float of 4 or 8 bytes. */
  float(): number {
    const marker = this.#byte()
    if (marker !== 0xca && marker !== 0xcb) throw this.#unexpected('a float', marker)
    const width = marker === 0xca ? 4 : 8
    this.#claim(width)
    const { buffer, byteOffset } = this.#bytes
    const view = new DataView(buffer, byteOffset + this.#position, width)
    this.#position += width
    return width === 4 ? view.getFloat32(0) : view.getFloat64(0)
  }

  /** What comes next; `other` for maps, extensions and the end. */
  kind(): 'nil' | 'boolean' | 'integer' | 'float' | 'text' | 'bytes' | 'array' | 'other' {
    const marker = this.#bytes[this.#position] ?? 0xc1
    if (isTextMarker(marker)) return 'text'
    if (isArrayMarker(marker)) return 'array'
    if (marker === 0xc0) return 'nil'
    if (marker === 0xc2 || marker === 0xc3) return 'boolean'
    if (marker >= 0xc4 && marker <= 0xc6) return 'bytes'
    if (marker === 0xca || marker === 0xcb) return 'float'
    const isInteger = marker < 0x80 || marker >= 0xe0 || (marker >= 0xcc && marker <= 0xd3)
    return isInteger ? 'integer' : 'other'
  }

  text(): string {
    return this.#slice(this.#textLength(this.#byte()))
  }

  /** `bin`, `str`, or an array of integers from 0 to 255; the first two as a view. */
  bytes(): Uint8Array {
    const marker = this.#byte()
    let length = -1
    if (marker === 0xc4) length = this.#uint(1)
    else if (marker === 0xc5) length = this.#uint(2)
    else if (marker === 0xc6) length = this.#uint(4)
    else if (isTextMarker(marker)) length = this.#textLength(marker)
    else if (!isArrayMarker(marker)) throw this.#unexpected('bytes', marker)
    if (length >= 0) {
      this.#claim(length)
      const view = this.#bytes.subarray(this.#position, this.#position + length)
      this.#position += length
      return view
    }
    const count = this.#arrayCount(marker)
    const result = new Uint8Array(count)
    for (let index = 0; index < count; index++) result[index] = this.integer(0, 255)
    return result
  }

  /** Whether text comes next. */
  atText(): boolean {
    return isTextMarker(this.#bytes[this.#position] ?? 0)
  }

  /** Whether an array comes next. */
  atArray(): boolean {
    return isArrayMarker(this.#bytes[this.#position] ?? 0)
  }

  /** The number of elements; no more than there are bytes left, or than {@link maxItems}. */
  array(): number {
    const marker = this.#byte()
    if (!isArrayMarker(marker)) throw this.#unexpected('an array', marker)
    return this.#take(this.#arrayCount(marker))
  }

  /** The number of entries; no more than half the bytes left, or than {@link maxItems}. */
  map(): number {
    const marker = this.#byte()
    if (!isMapMarker(marker)) throw this.#unexpected('a map', marker)
    return this.#mapCount(marker)
  }

  /**
   * Which variant of an enum comes next, written as a map of one entry: its index or its name, then
   * its content, which is left to read. Undefined for anything else, which then is still to come.
   */
  variant(names: readonly string[]): number | undefined {
    const start = this.#position
    if (this.#bytes[start] !== 0x81) return undefined
    this.#position++
    const index = this.atText() ? names.indexOf(this.text()) : this.integer(0, names.length - 1)
    if (index >= 0) return index
    this.#position = start
    return undefined
  }

  /** Passes over exactly these bytes, if they come next: a map key that was written beforehand. */
  matches(expected: Uint8Array): boolean {
    const start = this.#position
    const length = expected.length
    if (start + length > this.#end) return false
    for (let index = 0; index < length; index++) {
      if (this.#bytes[start + index] !== expected[index]) return false
    }
    this.#position = start + length
    return true
  }

  /** A map key if it is text; any other key is passed over. */
  key(): string | undefined {
    if (this.atText()) return this.text()
    this.skip()
    return undefined
  }

  /** Passes over one value of any kind. */
  skip(depth = 0): void {
    const marker = this.#byte()
    if (isTextMarker(marker)) return this.#pass(this.#textLength(marker))
    const isArray = isArrayMarker(marker)
    if (isArray || isMapMarker(marker)) {
      if (depth >= maxDepth) throw new MessageFault(`nested deeper than ${maxDepth}`)
      let count = isArray ? this.#take(this.#arrayCount(marker)) : this.#mapCount(marker) * 2
      for (; count > 0; count--) this.skip(depth + 1)
      return
    }
    switch (marker) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return
      case 0xc4:
        return this.#pass(this.#uint(1))
      case 0xc5:
        return this.#pass(this.#uint(2))
      case 0xc6:
        return this.#pass(this.#uint(4))
      case 0xca:
        return this.#pass(4)
      case 0xcb:
        return this.#pass(8)
      default:
        if (marker < 0x80 || marker >= 0xe0) return
        if (marker >= 0xcc && marker <= 0xd3) return this.#pass(1 << (marker & 3))
        throw this.#unexpected('a value', marker)
    }
  }

  #anyInteger(marker: number): number {
    if (marker < 0x80) return marker
    if (marker >= 0xe0) return marker - 0x100
    switch (marker) {
      case 0xcc:
        return this.#uint(1)
      case 0xcd:
        return this.#uint(2)
      case 0xce:
        return this.#uint(4)
      case 0xcf:
        return this.#wide(this.#uint(4), this.#uint(4))
      case 0xd0:
        return (this.#uint(1) << 24) >> 24
      case 0xd1:
        return (this.#uint(2) << 16) >> 16
      case 0xd2:
        return this.#uint(4) | 0
      case 0xd3:
        return this.#wide(this.#uint(4) | 0, this.#uint(4))
      default:
        throw this.#unexpected('an integer', marker)
    }
  }

  #wide(high: number, low: number): number {
    const value = high * 0x1_0000_0000 + low
    if (!Number.isSafeInteger(value)) throw new MessageFault('an integer beyond 2^53')
    return value
  }

  #textLength(marker: number): number {
    if (marker >= 0xa0 && marker < 0xc0) return marker & 0x1f
    if (marker === 0xd9) return this.#uint(1)
    if (marker === 0xda) return this.#uint(2)
    if (marker === 0xdb) return this.#uint(4)
    throw this.#unexpected('text', marker)
  }

  #arrayCount(marker: number): number {
    const count = marker < 0xa0 ? marker & 0xf : this.#uint(marker === 0xdc ? 2 : 4)
    this.#claim(count)
    return count
  }

  #mapCount(marker: number): number {
    const count = marker < 0x90 ? marker & 0xf : this.#uint(marker === 0xde ? 2 : 4)
    this.#claim(count * 2)
    return this.#take(count)
  }

  #take(items: number): number {
    this.#items += items
    if (this.#items > this.#maxItems) throw new MessageFault(`more than ${this.#maxItems} items`)
    return items
  }

  #slice(length: number): string {
    this.#claim(length)
    const start = this.#position
    const end = start + length
    this.#position = end
    if (length <= shortText) {
      let result = ''
      let at = start
      for (; at < end; at++) {
        const byte = this.#bytes[at] as number
        if (byte > 0x7f) break
        result += String.fromCharCode(byte)
      }
      if (at === end) return result
    }
    const { buffer, byteOffset, byteLength } = this.#bytes
    this.#text ??= Buffer.from(buffer, byteOffset, byteLength)
    const view = this.#text.subarray(start, end)
    if (!isUtf8(view)) throw new MessageFault('text is not UTF-8')
    return view.toString('utf8')
  }

  #byte(): number {
    const value = this.#bytes[this.#position]
    if (value === undefined) throw new MessageFault('the message ends early')
    this.#position++
    return value
  }

  #uint(width: 1 | 2 | 4): number {
    this.#claim(width)
    let value = 0
    for (let index = 0; index < width; index++) {
      value = value * 0x100 + (this.#bytes[this.#position++] as number)
    }
    return value
  }

  #pass(length: number): void {
    this.#claim(length)
    this.#position += length
  }

  #claim(length: number): void {
    if (length > this.#end - this.#position) throw new MessageFault('the message ends early')
  }

  #unexpected(wanted: string, marker: number): MessageFault {
    return new MessageFault(`expected ${wanted}, found ${nameOf(marker)}`)
  }
}

function isTextMarker(marker: number): boolean {
  return (marker >= 0xa0 && marker < 0xc0) || (marker >= 0xd9 && marker <= 0xdb)
}

function isArrayMarker(marker: number): boolean {
  return (marker >= 0x90 && marker < 0xa0) || marker === 0xdc || marker === 0xdd
}

function isMapMarker(marker: number): boolean {
  return (marker >= 0x80 && marker < 0x90) || marker === 0xde || marker === 0xdf
}

function nameOf(marker: number): string {
  if (isTextMarker(marker)) return 'text'
  if (isArrayMarker(marker)) return 'an array'
  if (isMapMarker(marker)) return 'a map'
  if (marker === 0xc0) return 'nil'
  if (marker === 0xc1) return 'a byte that is not MessagePack'
  if (marker === 0xc2 || marker === 0xc3) return 'a boolean'
  if (marker >= 0xc4 && marker <= 0xc6) return 'bytes'
  if (marker === 0xca || marker === 0xcb) return 'a float'
  if ((marker >= 0xc7 && marker <= 0xc9) || (marker >= 0xd4 && marker <= 0xd8)) {
    return 'an extension'
  }
  return 'an integer'
}
