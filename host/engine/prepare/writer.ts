/** Builds a module's bytes in one growing buffer. */

import { ceilings, limitExceeded } from './limits.ts'

/** Width of a length that is written before what it measures: holds 2^28 - 1. */
const paddedWidth = 4

/** Bytes that the unsigned LEB128 of `value` takes. */
export function lebWidth(value: number): number {
  let width = 1
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) width++
  return width
}

/** The unsigned LEB128 of `value`, as short as it gets. */
export function leb(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
  return bytes
}

export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>
  pos = 0

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity)
  }

  /**
   * Makes room for `more` bytes; `bytes` may be another array afterwards.
   *
   * @throws EngineError `ERR_WASM_LIMIT` beyond the ceiling of a rewritten module
   */
  reserve(more: number): void {
    const wanted = this.pos + more
    if (wanted <= this.bytes.length) return
    if (wanted > ceilings.preparedBytes) {
      throw limitExceeded('preparedBytes', wanted, ceilings.preparedBytes)
    }
    const grown = new Uint8Array(
      Math.min(ceilings.preparedBytes, Math.max(wanted, this.bytes.length * 2)),
    )
    grown.set(this.bytes.subarray(0, this.pos))
    this.bytes = grown
  }

  u8(byte: number): void {
    this.reserve(1)
    this.bytes[this.pos++] = byte
  }

  u32(value: number): void {
    this.reserve(5)
    let rest = value
    while (rest > 0x7f) {
      this.bytes[this.pos++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.bytes[this.pos++] = rest
  }

  /** Copies `source` from `start` up to but not including `end`. */
  copy(source: ArrayLike<number>, start: number, end: number): void {
    const length = end - start
    this.reserve(length)
    if (length > 48 && source instanceof Uint8Array) {
      this.bytes.set(source.subarray(start, end), this.pos)
      this.pos += length
      return
    }
    const bytes = this.bytes
    let pos = this.pos
    for (let i = start; i < end; i++) bytes[pos++] = source[i] as number
    this.pos = pos
  }

  /** Leaves room for a length, which {@link endSized} fills in. Returns what that needs. */
  beginSized(): number {
    this.reserve(paddedWidth)
    this.pos += paddedWidth
    return this.pos
  }

  /** Fills in the length of everything since `start`, as {@link beginSized} returned it. */
  endSized(start: number): void {
    this.patch(start - paddedWidth, paddedWidth, this.pos - start)
  }

  /** Overwrites `width` bytes with the unsigned LEB128 of `value`, padded to that width. */
  patch(at: number, width: number, value: number): void {
    let rest = value
    for (let i = 0; i < width - 1; i++) {
      this.bytes[at + i] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.bytes[at + width - 1] = rest
  }

  /** What was written, in a buffer of its own size. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.pos)
  }
}
