/** The little of protobuf 3 that dialect A needs: varints, text, bytes and messages in messages. */
import { Buffer, isUtf8 } from 'node:buffer'
import { MessageFault } from './errors.ts'
import { maxItems } from './msgpack-reader.ts'

/** Writes the fields of one message. */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = []
  #length = 0

  varint(field: number, value: number): void {
    this.#tag(field, 0)
    this.#number(BigInt.asUintN(64, BigInt(value)))
  }

  text(field: number, value: string): void {
    this.bytes(field, Buffer.from(value, 'utf8'))
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, 2)
    this.#number(BigInt(value.length))
    this.#add(value)
  }

  message(field: number, write: (inner: ProtobufWriter) => void): void {
    const inner = new ProtobufWriter()
    write(inner)
    this.bytes(field, inner.finish())
  }

  finish(): Uint8Array<ArrayBuffer> {
    const result = new Uint8Array(this.#length)
    let at = 0
    for (const part of this.#parts) {
      result.set(part, at)
      at += part.length
    }
    return result
  }

  #tag(field: number, wireType: 0 | 2): void {
    this.#number(BigInt(field * 8 + wireType))
  }

  #number(value: bigint): void {
    const digits: number[] = []
    let rest = value
    for (; rest > 0x7fn; rest >>= 7n) digits.push(Number(rest & 0x7fn) | 0x80)
    digits.push(Number(rest))
    this.#add(Uint8Array.from(digits))
  }

  #add(part: Uint8Array): void {
    this.#parts.push(part)
    this.#length += part.length
  }
}

/** Reads fields in the order they come; a field that nobody wants is skipped. */
export class ProtobufReader {
  readonly #bytes: Uint8Array
  #position = 0
  #wireType = 0
  #fields = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The number of the next field, of which a message may have {@link maxItems}; 0 at the end. */
  next(): number {
    if (this.#position === this.#bytes.length) return 0
    if (++this.#fields > maxItems) throw new MessageFault(`more than ${maxItems} items`)
    const tag = this.#number()
    const field = tag >> 3n
    if (field < 1n || field > 0x1fff_ffffn) throw new MessageFault('a field number out of range')
    this.#wireType = Number(tag & 7n)
    return Number(field)
  }

  /** A varint as a signed 64-bit number: negative ones take ten bytes. */
  varint(least: number, most: number): number {
    this.#expect(0)
    const value = Number(BigInt.asIntN(64, this.#number()))
    if (value < least || value > most) {
      throw new MessageFault(`${value} is not between ${least} and ${most}`)
    }
    return value
  }

  bytes(): Uint8Array {
    this.#expect(2)
    return this.#view()
  }

  message(): ProtobufReader {
    return new ProtobufReader(this.bytes())
  }

  text(): string {
    const view = this.bytes()
    if (!isUtf8(view)) throw new MessageFault('text is not UTF-8')
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('utf8')
  }

  skip(): void {
    switch (this.#wireType) {
      case 0:
        this.#number()
        return
      case 1:
        return this.#pass(8)
      case 2:
        this.#view()
        return
      case 5:
        return this.#pass(4)
      default:
        throw new MessageFault(`wire type ${this.#wireType}`)
    }
  }

  #view(): Uint8Array {
    const length = Number(this.#number())
    const start = this.#position
    this.#pass(length)
    return this.#bytes.subarray(start, start + length)
  }

  #pass(length: number): void {
    if (length > this.#bytes.length - this.#position) {
      throw new MessageFault('the message ends early')
    }
    this.#position += length
  }

  #expect(wireType: 0 | 2): void {
    if (this.#wireType !== wireType) {
      throw new MessageFault(`wire type ${this.#wireType}, expected ${wireType}`)
    }
  }

  #number(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#position++]
      if (byte === undefined) throw new MessageFault('the message ends early')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new MessageFault('a varint longer than ten bytes')
  }
}
