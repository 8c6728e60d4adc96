/**
 * Writes MessagePack as the hosts of the time did (rmp-serde): integers in their smallest form,
 * text as `str`, bytes as `bin`.
 *
 * Messages stand one after the other in a slab and are handed out as views of it: a memory of its
 * own for each message would cost more than writing it does. What was handed out is never written
 * again. Encoding never waits, so one writer serves every message: `start`, write, `finish`.
 */
import { Buffer } from 'node:buffer'
import { MessageFault } from './errors.ts'

/** Small, because a message that somebody keeps keeps its whole slab. */
const slabBytes = 16 * 1024
/** Up to this length a loop in JavaScript beats the call into the native encoder. */
const shortText = 14
/** As `shortText`, for bytes. */
const shortBytes = 20
/** Up to this length room is made for the most that text could take, instead of measuring it. */
const unmeasuredText = 1024

/** Writes one message after the other. */
export class Writer {
  /** Dialect B: structs are arrays, bytes are arrays of integers. */
  readonly positional: boolean
  #slab: Buffer = Buffer.allocUnsafeSlow(slabBytes)
  /** Where the next message in the slab begins. */
  #next = 0
  /** The slab, or for a message that is larger a buffer of its own. */
  #buffer: Buffer = this.#slab
  #start = 0
  #position = 0

  constructor(positional: boolean = false) {
    this.positional = positional
  }

  /** Begins a message, and forgets one that was not finished. */
  start(): void {
    this.#buffer = this.#slab
    this.#start = this.#next
    this.#position = this.#next
  }

  /** What was written since `start`. */
  finish(): Uint8Array {
    if (this.#buffer === this.#slab) this.#next = this.#position
    return new Uint8Array(this.#buffer.buffer, this.#start, this.#position - this.#start)
  }

  nil(): void {
    this.#byte(0xc0)
  }

  bool(value: boolean): void {
    this.#byte(value ? 0xc3 : 0xc2)
  }

  /** A safe integer, in as few bytes as it takes. */
  integer(value: number): void {
    if (value >= 0) this.#unsigned(value)
    else this.#negative(value)
  }

  /** An integer from -2^63 to 2^64 - 1, in as few bytes as it takes. */
  bigInteger(value: bigint): void {
    if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) {
      return this.integer(Number(value))
    }
    if (value < -(2n ** 63n) || value >= 2n ** 64n) {
      throw new MessageFault('an integer beyond 64 bits')
    }
    let at = this.#reserve(9)
    this.#buffer[at++] = value < 0n ? 0xd3 : 0xcf
    this.#position = this.#buffer.writeBigUInt64BE(BigInt.asUintN(64, value), at)
  }

  /** A float of 8 bytes. */
  float(value: number): void {
    let at = this.#reserve(9)
    this.#buffer[at++] = 0xcb
    this.#position = this.#buffer.writeDoubleBE(value, at)
  }

  text(value: string): void {
    const length = value.length
    if (length > unmeasuredText) {
      const byteLength = Buffer.byteLength(value)
      this.#reserve(byteLength + 5)
      this.#textHeader(byteLength)
      this.#position += this.#buffer.write(value, this.#position, 'utf8')
      return
    }
    const start = this.#reserve(length * 3 + 5)
    const buffer = this.#buffer
    if (length <= shortText) {
      let index = 0
      for (; index < length; index++) {
        const unit = value.charCodeAt(index)
        if (unit > 0x7f) break
        buffer[start + 1 + index] = unit
      }
      if (index === length) {
        buffer[start] = 0xa0 | length
        this.#position = start + 1 + length
        return
      }
    }
    // Almost all text is ASCII: leave room for the header that it needs then, and write that last.
    const guessed = textHeaderBytes(length)
    const written = buffer.write(value, start + guessed, 'utf8')
    const needed = textHeaderBytes(written)
    if (needed !== guessed) {
      buffer.copyWithin(start + needed, start + guessed, start + guessed + written)
    }
    this.#textHeader(written)
    this.#position += written
  }

  bytes(value: Uint8Array): void {
    if (this.positional) {
      this.array(value.length)
      this.#reserve(value.length * 2)
      for (const byte of value) this.#unsigned(byte)
      return
    }
    this.#bytesHeader(value.length)
    this.raw(value)
  }

  /** Bytes that are MessagePack already. */
  raw(value: Uint8Array): void {
    const length = value.length
    const start = this.#reserve(length)
    if (length <= shortBytes) {
      const buffer = this.#buffer
      for (let index = 0; index < length; index++) buffer[start + index] = value[index] as number
    } else this.#buffer.set(value, start)
    this.#position = start + length
  }

  array(count: number): void {
    this.#reserve(5)
    this.#sized(count, 0x90, 16, 0, 0xdc, 0xdd)
  }

  map(count: number): void {
    this.#reserve(5)
    this.#sized(count, 0x80, 16, 0, 0xde, 0xdf)
  }

  #bytesHeader(length: number): void {
    this.#reserve(5)
    this.#sized(length, 0, 0, 0xc4, 0xc5, 0xc6)
  }

  #textHeader(length: number): void {
    this.#sized(length, 0xa0, 32, 0xd9, 0xda, 0xdb)
  }

  #unsigned(value: number): void {
    let at = this.#reserve(9)
    const buffer = this.#buffer
    if (value < 0x80) buffer[at++] = value
    else if (value < 0x100) {
      buffer[at++] = 0xcc
      buffer[at++] = value
    } else if (value < 0x10000) {
      buffer[at++] = 0xcd
      at = buffer.writeUInt16BE(value, at)
    } else if (value < 0x1_0000_0000) {
      buffer[at++] = 0xce
      at = buffer.writeUInt32BE(value, at)
    } else {
      if (!Number.isSafeInteger(value)) throw new MessageFault('an integer beyond 2^53')
      buffer[at++] = 0xcf
      at = buffer.writeBigUInt64BE(BigInt(value), at)
    }
    this.#position = at
  }

  #negative(value: number): void {
    let at = this.#reserve(9)
    const buffer = this.#buffer
    if (value >= -0x20) buffer[at++] = 0x100 + value
    else if (value >= -0x80) {
      buffer[at++] = 0xd0
      buffer[at++] = 0x100 + value
    } else if (value >= -0x8000) {
      buffer[at++] = 0xd1
      at = buffer.writeInt16BE(value, at)
    } else if (value >= -0x8000_0000) {
      buffer[at++] = 0xd2
      at = buffer.writeInt32BE(value, at)
    } else {
      if (!Number.isSafeInteger(value)) throw new MessageFault('an integer beyond 2^53')
      buffer[at++] = 0xd3
      at = buffer.writeBigInt64BE(BigInt(value), at)
    }
    this.#position = at
  }

  /** A header that holds a length; a marker of 0 is a form that does not exist. Space is reserved. */
  #sized(
    length: number,
    fixed: number,
    fixedLimit: number,
    m8: number,
    m16: number,
    m32: number,
  ): void {
    const buffer = this.#buffer
    let at = this.#position
    if (length < fixedLimit) buffer[at++] = fixed | length
    else if (m8 !== 0 && length < 0x100) {
      buffer[at++] = m8
      buffer[at++] = length
    } else if (length < 0x10000) {
      buffer[at++] = m16
      at = buffer.writeUInt16BE(length, at)
    } else {
      buffer[at++] = m32
      at = buffer.writeUInt32BE(length, at)
    }
    this.#position = at
  }

  #byte(value: number): void {
    const at = this.#reserve(1)
    this.#buffer[at] = value
    this.#position = at + 1
  }

  /** Makes room for `count` bytes; where the next one goes. */
  #reserve(count: number): number {
    if (this.#position + count > this.#buffer.length) this.#grow(count)
    return this.#position
  }

  /** Moves the message to a new slab, or to a buffer of its own. */
  #grow(count: number): void {
    const written = this.#position - this.#start
    const wanted = written + count
    const larger = Buffer.allocUnsafeSlow(
      wanted > slabBytes ? Math.max(wanted, written * 2) : slabBytes,
    )
    larger.set(this.#buffer.subarray(this.#start, this.#position))
    if (wanted <= slabBytes) {
      this.#slab = larger
      this.#next = 0
    }
    this.#buffer = larger
    this.#start = 0
    this.#position = written
  }
}

function textHeaderBytes(length: number): number {
  if (length < 32) return 1
  if (length < 0x100) return 2
  return length < 0x10000 ? 3 : 5
}
