import { copyBytes } from './bytes'
import { Literal } from './literal'
import { Region } from './region'
import { codeUnit, encodeUtf8 } from './utf8'

/** How many bytes stand before the content of a text or bytes, at most. */
const LONGEST_HEAD: i32 = 5

/**
 * Writes MessagePack, always in the shortest form, straight into the memory the host reads.
 *
 * A handler is given one; nothing it writes is copied again inside the actor.
 */
@unmanaged
export class Writer {
  private used: i32 = 0

  constructor(private readonly region: Region) {}

  /** Where the first byte is. It moves when more room is needed. */
  get start(): usize {
    return this.region.start
  }

  /** How many bytes have been written. */
  get length(): i32 {
    return this.used
  }

  /** Forgets everything after the first `length` bytes. */
  truncate(length: i32): void {
    if (length < this.used) this.used = length
  }

  /** Gives memory back that an unusually large message needed. */
  release(): void {
    this.used = 0
    this.region.release()
  }

  nil(): void {
    this.byte(0xc0)
  }

  bool(value: bool): void {
    this.byte(value ? 0xc3 : 0xc2)
  }

  int(value: i64): void {
    if (value >= 0) this.uint(<u64>value)
    else if (value >= -32) this.byte(<u32>value & 0xff)
    else if (value >= i8.MIN_VALUE) this.tagged8(0xd0, <u32>value)
    else if (value >= i16.MIN_VALUE) this.tagged16(0xd1, <u32>value)
    else if (value >= i32.MIN_VALUE) this.tagged32(0xd2, <u32>value)
    else this.tagged64(0xd3, <u64>value)
  }

  uint(value: u64): void {
    if (value < 0x80) this.byte(<u32>value)
    else if (value <= 0xff) this.tagged8(0xcc, <u32>value)
    else if (value <= 0xffff) this.tagged16(0xcd, <u32>value)
    else if (value <= 0xffffffff) this.tagged32(0xce, <u32>value)
    else this.tagged64(0xcf, value)
  }

  float(value: f64): void {
    this.tagged64(0xcb, reinterpret<u64>(value))
  }

  /** The start of an array of `size` values, which must follow. */
  array(size: i32): void {
    if (size < 16) this.byte(0x90 | size)
    else if (size <= 0xffff) this.tagged16(0xdc, size)
    else this.tagged32(0xdd, size)
  }

  /** The start of a map of `size` keys, each followed by its value. */
  map(size: i32): void {
    if (size < 16) this.byte(0x80 | size)
    else if (size <= 0xffff) this.tagged16(0xde, size)
    else this.tagged32(0xdf, size)
  }

  /** A text; half a surrogate pair becomes U+FFFD. */
  string(value: string): void {
    const mark = this.used
    this.stringHead(value.length)
    if (this.ascii(value)) return
    // Its length in UTF-8 is not known yet: write it behind the longest head, then close the gap.
    this.used = mark
    this.beginBinary()
    this.text(value)
    const length = this.used - mark - LONGEST_HEAD
    this.used = mark
    this.stringHead(length)
    this.raw(this.start + mark + LONGEST_HEAD, length)
  }

  /** A text that was made ready to be written. */
  literal(value: Literal): void {
    this.raw(value.start - 1, value.length + 1)
  }

  /** A text that is UTF-8 already. */
  utf8(start: usize, length: i32): void {
    this.stringHead(length)
    this.raw(start, length)
  }

  bytes(value: Uint8Array): void {
    this.binary(value.dataStart, value.length)
  }

  binary(start: usize, length: i32): void {
    this.binaryHead(length)
    this.raw(start, length)
  }

  /** The UTF-8 of a text, as bytes. */
  binaryText(value: string): void {
    const mark = this.beginBinary()
    this.text(value)
    this.endBinary(mark)
  }

  /** Starts bytes of unknown length; give the result to {@link endBinary}. */
  beginBinary(): i32 {
    const mark = this.used
    this.need(LONGEST_HEAD)
    this.used = mark + LONGEST_HEAD
    return mark
  }

  /** Ends what {@link beginBinary} started: everything written since is its content. */
  endBinary(mark: i32): void {
    const length = this.used - mark - LONGEST_HEAD
    this.used = mark
    this.binary(this.start + mark + LONGEST_HEAD, length)
  }

  /** Bytes as they are: MessagePack made elsewhere, or a reply that is none. */
  raw(start: usize, length: i32): void {
    this.need(length)
    copyBytes(this.start + this.used, start, length)
    this.used += length
  }

  /** The UTF-8 of a text, bare. */
  text(value: string): void {
    this.need(value.length * 3)
    this.used = <i32>(encodeUtf8(value, this.start + this.used) - this.start)
  }

  /** The UTF-8 of a text that was made ready, bare. */
  rawLiteral(value: Literal): void {
    this.raw(value.start, value.length)
  }

  /** A number in decimal digits, bare. */
  decimal(value: i64): void {
    let left = <u64>value
    if (value < 0) {
      this.byte(0x2d)
      left = <u64>-value
    }
    let unit: u64 = 1
    while (left / unit >= 10) unit *= 10
    while (unit > 0) {
      this.byte(0x30 + <u32>((left / unit) % 10))
      unit /= 10
    }
  }

  /** One byte, bare. */
  byte(value: u32): void {
    this.need(1)
    store<u8>(this.start + this.used, value)
    this.used += 1
  }

  /** Writes ASCII bare; at the first other character it stops and returns false. */
  private ascii(value: string): bool {
    const length = value.length
    this.need(length)
    const to = this.start + this.used
    for (let i = 0; i < length; i++) {
      const unit = codeUnit(value, i)
      if (unit >= 0x80) return false
      store<u8>(to + i, unit)
    }
    this.used += length
    return true
  }

  private stringHead(length: i32): void {
    if (length < 32) this.byte(0xa0 | length)
    else if (length <= 0xff) this.tagged8(0xd9, length)
    else if (length <= 0xffff) this.tagged16(0xda, length)
    else this.tagged32(0xdb, length)
  }

  private binaryHead(length: i32): void {
    if (length <= 0xff) this.tagged8(0xc4, length)
    else if (length <= 0xffff) this.tagged16(0xc5, length)
    else this.tagged32(0xc6, length)
  }

  private tagged8(tag: u32, value: u32): void {
    this.need(2)
    const at = this.start + this.used
    store<u8>(at, tag)
    store<u8>(at, value, 1)
    this.used += 2
  }

  private tagged16(tag: u32, value: u32): void {
    this.need(3)
    const at = this.start + this.used
    store<u8>(at, tag)
    store<u16>(at, bswap<u16>(<u16>value), 1)
    this.used += 3
  }

  private tagged32(tag: u32, value: u32): void {
    this.need(5)
    const at = this.start + this.used
    store<u8>(at, tag)
    store<u32>(at, bswap<u32>(value), 1)
    this.used += 5
  }

  private tagged64(tag: u32, value: u64): void {
    this.need(9)
    const at = this.start + this.used
    store<u8>(at, tag)
    store<u64>(at, bswap<u64>(value), 1)
    this.used += 9
  }

  @inline
  private need(more: i32): void {
    const total = this.used + more
    if (<u32>total > <u32>this.region.capacity) this.region.grow(total, this.used)
  }
}
