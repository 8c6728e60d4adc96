import { Literal } from './literal'
import { decodeUtf8, equalsAscii, isUtf8 } from './utf8'

/**
 * Reads MessagePack where it lies, and never past its end.
 *
 * The first thing that is not as expected is remembered in {@link problem}; from then on every read
 * gives 0, false or an empty value, so that code need not check each one. What was being handled
 * then ends with that problem as its error.
 */
@unmanaged
export class Reader {
  /** What was wrong first, or null. */
  problem: string | null = null
  /** How many bytes in. */
  problemOffset: i32 = 0
  /** Where the content is that {@link text} or {@link binary} went over last. */
  contentStart: usize = 0
  /** How many bytes it has. */
  contentLength: i32 = 0

  private first: usize = 0
  private at: usize = 0
  private end: usize = 0

  /** Starts over, on other bytes. */
  reset(start: usize, length: i32): void {
    this.first = start
    this.at = start
    this.end = start + length
    this.problem = null
  }

  /** Where the next value starts. */
  get position(): usize {
    return this.at
  }

  /** Says whether anything was not as expected. */
  get failed(): bool {
    // Comparing strings, even with null, is a call.
    return changetype<usize>(this.problem) != 0
  }

  /** How many bytes are left. */
  get remaining(): i32 {
    return <i32>(this.end - this.at)
  }

  /** Records a problem at the current place, unless there was one before. */
  fail(problem: string): void {
    if (this.failed) return
    this.problem = problem
    this.problemOffset = <i32>(this.at - this.first)
    this.at = this.end
    this.contentStart = this.end
    this.contentLength = 0
  }

  /** Goes over the next value if it is nil. */
  skipNil(): bool {
    if (this.at >= this.end || load<u8>(this.at) != 0xc0) return false
    this.at += 1
    return true
  }

  bool(): bool {
    const tag = this.tag()
    if (tag != 0xc2 && tag != 0xc3) this.fail('expected a boolean')
    return tag == 0xc3
  }

  /** An integer within the limits, both included. */
  int(least: i64 = i64.MIN_VALUE, most: i64 = i64.MAX_VALUE): i64 {
    const tag = this.tag()
    let value: i64 = 0
    if (tag < 0x80) value = tag
    else if (tag >= 0xe0) value = <i64>tag - 0x100
    else if (tag == 0xcc) value = <i64>this.big(1)
    else if (tag == 0xcd) value = <i64>this.big(2)
    else if (tag == 0xce) value = <i64>this.big(4)
    else if (tag == 0xcf) {
      value = <i64>this.big(8)
      if (value < 0) this.fail('integer out of range')
    } else if (tag == 0xd0) value = <i64>(<i8>this.big(1))
    else if (tag == 0xd1) value = <i64>(<i16>this.big(2))
    else if (tag == 0xd2) value = <i64>(<i32>this.big(4))
    else if (tag == 0xd3) value = <i64>this.big(8)
    else this.fail('expected an integer')
    if (value < least || value > most) this.fail('integer out of range')
    return !this.failed ? value : 0
  }

  /** An integer of 0 or more, up to the largest of 64 bits. */
  uint(): u64 {
    if (this.at < this.end && load<u8>(this.at) == 0xcf) {
      this.at += 1
      return this.big(8)
    }
    return <u64>this.int(0)
  }

  i32(): i32 {
    return <i32>this.int(i32.MIN_VALUE, i32.MAX_VALUE)
  }

  u32(): u32 {
    return <u32>this.int(0, u32.MAX_VALUE)
  }

  float(): f64 {
    const tag = this.tag()
    if (tag == 0xcb) return reinterpret<f64>(this.big(8))
    if (tag == 0xca) return reinterpret<f32>(<u32>this.big(4))
    this.fail('expected a float')
    return 0
  }

  /** The start of an array: how many values follow. */
  array(): i32 {
    const tag = this.tag()
    if (tag - 0x90 < 16) return this.sized(tag & 15, 1)
    if (tag == 0xdc) return this.sized(this.big(2), 1)
    if (tag == 0xdd) return this.sized(this.big(4), 1)
    this.fail('expected an array')
    return 0
  }

  /** The start of a map: how many pairs follow. */
  map(): i32 {
    const tag = this.tag()
    if (tag - 0x80 < 16) return this.sized(tag & 15, 2)
    if (tag == 0xde) return this.sized(this.big(2), 2)
    if (tag == 0xdf) return this.sized(this.big(4), 2)
    this.fail('expected a map')
    return 0
  }

  /** Goes over a text and leaves it in {@link contentStart}, as UTF-8 that was checked. */
  text(): void {
    const tag = this.tag()
    if (tag >> 5 == 5) this.content(tag & 31)
    else if (tag == 0xd9) this.content(this.big(1))
    else if (tag == 0xda) this.content(this.big(2))
    else if (tag == 0xdb) this.content(this.big(4))
    else this.fail('expected a string')
    if (!isUtf8(this.contentStart, this.contentLength)) this.fail('string is not utf-8')
  }

  /** Goes over bytes (or a text) and leaves them in {@link contentStart}. */
  binary(): void {
    const tag = this.tag()
    if (tag == 0xc4) this.content(this.big(1))
    else if (tag == 0xc5) this.content(this.big(2))
    else if (tag == 0xc6) this.content(this.big(4))
    else if (tag - 0xa0 < 32 || tag - 0xd9 < 3) {
      this.at -= 1
      this.text()
    } else this.fail('expected bytes')
  }

  string(): string {
    this.text()
    return decodeUtf8(this.contentStart, this.contentLength)
  }

  /** A copy of the bytes. */
  bytes(): Uint8Array {
    this.binary()
    return this.contentBytes()
  }

  /** A copy of what {@link text} or {@link binary} went over last. */
  contentBytes(): Uint8Array {
    const copy = new Uint8Array(this.contentLength)
    memory.copy(copy.dataStart, this.contentStart, this.contentLength)
    return copy
  }

  /** A copy of all the bytes that are left, whatever they are. */
  rest(): Uint8Array {
    this.content(this.remaining)
    return this.contentBytes()
  }

  /** Says whether {@link text} went over exactly this text. */
  contentIs(text: Literal): bool {
    return text.equals(this.contentStart, this.contentLength)
  }

  strings(): string[] {
    const size = this.array()
    const values = new Array<string>(0)
    for (let i = 0; i < size && !this.failed; i++) values.push(this.string())
    return values
  }

  /**
   * Goes to the value of a key in the map that the message is. Fails when there is none.
   *
   * For replies of one or two fields: it starts from the front each time.
   */
  field(key: string): void {
    if (!this.hasField(key)) this.fail('no field "' + key + '"')
  }

  /** As {@link field}, for a key that may be missing. */
  hasField(key: string): bool {
    if (this.failed) return false
    this.at = this.first
    const size = this.map()
    for (let i = 0; i < size && !this.failed; i++) {
      this.text()
      if (equalsAscii(this.contentStart, this.contentLength, key)) return true
      this.skip()
    }
    return false
  }

  /** The byte that says what the next value is; at the end one that means nothing. */
  get nextTag(): u32 {
    return this.at < this.end ? <u32>load<u8>(this.at) : 0xc1
  }

  /** Goes over one value, whatever it is. */
  skip(): void {
    let values: i64 = 1
    while (values > 0 && !this.failed) {
      values -= 1
      const tag = this.tag()
      if (tag < 0x80 || tag >= 0xe0) continue
      if (tag < 0x90) values += (tag & 15) << 1
      else if (tag < 0xa0) values += tag & 15
      else if (tag < 0xc0) this.content(tag & 31)
      else values += this.skipTagged(tag)
    }
  }

  /** Goes over what follows a tag from 0xc0 to 0xdf; returns how many values it contains. */
  private skipTagged(tag: u32): i64 {
    if (tag == 0xc1) this.fail('byte that means nothing')
    else if (tag <= 0xc3) return 0
    else if (tag <= 0xc6) this.content(this.big(1 << (tag - 0xc4)))
    else if (tag <= 0xc9) this.content(this.big(1 << (tag - 0xc7)) + 1)
    else if (tag == 0xca) this.content(4)
    else if (tag == 0xcb) this.content(8)
    else if (tag <= 0xd3) this.content(1 << ((tag - 0xcc) & 3))
    else if (tag <= 0xd8) this.content((1 << (tag - 0xd4)) + 1)
    else if (tag <= 0xdb) this.content(this.big(1 << (tag - 0xd9)))
    else if (tag <= 0xdd) return <i64>this.big(2 << (tag - 0xdc))
    else return (<i64>this.big(2 << (tag - 0xde))) << 1
    return 0
  }

  private tag(): u32 {
    if (this.at >= this.end) {
      this.fail('message ends early')
      return 0xc1
    }
    const tag = <u32>load<u8>(this.at)
    this.at += 1
    return tag
  }

  /** A big-endian number of `width` bytes. */
  private big(width: i32): u64 {
    if (this.remaining < width) {
      this.fail('message ends early')
      return 0
    }
    const at = this.at
    this.at = at + width
    if (width == 1) return load<u8>(at)
    if (width == 2) return bswap<u16>(load<u16>(at))
    if (width == 4) return bswap<u32>(load<u32>(at))
    return bswap<u64>(load<u64>(at))
  }

  private content(length: u64): void {
    if (length > <u64>this.remaining) {
      this.fail('message ends early')
      return
    }
    this.contentStart = this.at
    this.contentLength = <i32>length
    this.at += <usize>length
  }

  /** Refuses a count that the bytes left could never hold, before anyone allocates for it. */
  private sized(size: u64, bytesEach: u64): i32 {
    if (size * bytesEach > <u64>this.remaining) {
      this.fail('message ends early')
      return 0
    }
    return <i32>size
  }
}
