/**
 * Writes MessagePack as the hosts of the time did (rmp-serde): integers in their smallest form,
 * text as `str`, bytes as `bin`.
 *
 * One buffer serves every message, because encoding never waits: `start`, write, `finish`.
 */
import { Buffer } from 'node:buffer'
import { MessageFault } from './errors.ts'

const initialBytes = 64 * 1024
/** A buffer that one large message made larger than this is let go afterwards. */
const keptBytes = 1024 * 1024
/** Up to this length a loop in JavaScript beats the call into the native encoder. */
const shortText = 40

export class Writer {
  /** Dialect B: structs are arrays, bytes are arrays of integers. */
  readonly positional: boolean
  #buffer: Buffer
  #position = 0

  constructor(positional: boolean = false, bytes: number = initialBytes) {
    this.positional = positional
    this.#buffer = Buffer.allocUnsafeSlow(bytes)
  }

  start(): void {
    this.#position = 0
  }

  /** A copy of what was written since `start`, exactly as long as it is. */
  finish(): Uint8Array<ArrayBuffer> {
    const result = new Uint8Array(this.#position)
    result.set(this.#buffer.subarray(0, this.#position))
    this.#letGo()
    return result
  }

  /** As `bytes` and `finish`, without copying a large body twice. */
  finishWithBytes(body: Uint8Array): Uint8Array<ArrayBuffer> {
    if (this.positional) {
      this.bytes(body)
      return this.finish()
    }
    this.#bytesHeader(body.length)
    const result = new Uint8Array(this.#position + body.length)
    result.set(this.#buffer.subarray(0, this.#position))
    result.set(body, this.#position)
    this.#letGo()
    return result
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

  text(value: string): void {
    const length = value.length
    if (length < shortText) {
      const start = this.#reserve(length + 2)
      const buffer = this.#buffer
      const headed = length < 32 ? start + 1 : start + 2
      let index = 0
      for (; index < length; index++) {
        const unit = value.charCodeAt(index)
        if (unit > 0x7f) break
        buffer[headed + index] = unit
      }
      if (index === length) {
        if (length < 32) buffer[start] = 0xa0 | length
        else {
          buffer[start] = 0xd9
          buffer[start + 1] = length
        }
        this.#position = headed + length
        return
      }
    }
    const byteLength = Buffer.byteLength(value)
    this.#reserve(byteLength + 5)
    this.#sized(byteLength, 0xa0, 32, 0xd9, 0xda, 0xdb)
    this.#position += this.#buffer.write(value, this.#position, 'utf8')
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
    const start = this.#reserve(value.length)
    this.#buffer.set(value, start)
    this.#position = start + value.length
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
    const wanted = this.#position + count
    if (wanted > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(wanted, this.#buffer.length * 2))
      larger.set(this.#buffer.subarray(0, this.#position))
      this.#buffer = larger
    }
    return this.#position
  }

  #letGo(): void {
    if (this.#buffer.length > keptBytes) this.#buffer = Buffer.allocUnsafeSlow(initialBytes)
    this.#position = 0
  }
}
