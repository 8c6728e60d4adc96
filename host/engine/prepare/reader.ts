/** Reads a module's bytes: every read is bounded, every failure says at which byte. */

import { EngineError } from '../errors.ts'
import { checkCeiling } from './limits.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The error for bytes that are no module. `offset` counts from the module's first byte. */
export function malformed(offset: number, reason: string): EngineError<'ERR_WASM_INVALID'> {
  return new EngineError(
    'ERR_WASM_INVALID',
    { offset, reason },
    `malformed module at byte ${offset}: ${reason}`,
  )
}

/** The error for a module of a proposal that this host does not run. */
export function refusedFeature(feature: string, offset: number): EngineError<'ERR_WASM_FEATURE'> {
  return new EngineError(
    'ERR_WASM_FEATURE',
    { feature, offset },
    `module uses ${feature} at byte ${offset}, which this host does not run`,
  )
}

/** A cursor over `bytes` from `pos` up to but not including `end`. */
export class ByteReader {
  readonly bytes: Uint8Array
  pos: number
  readonly end: number

  constructor(bytes: Uint8Array, pos: number, end: number) {
    this.bytes = bytes
    this.pos = pos
    this.end = end
  }

  u8(): number {
    if (this.pos >= this.end) throw malformed(this.pos, 'unexpected end')
    return this.bytes[this.pos++] as number
  }

  /** An unsigned LEB128 of at most 32 bits, padding allowed within five bytes. */
  u32(): number {
    const start = this.pos
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    const last = this.u8()
    if (last > 0x0f) throw malformed(start, 'integer beyond 32 bits')
    return (value | (last << 28)) >>> 0
  }

  /** A count of things that take at least one byte each, so that it cannot exceed what is left. */
  count(): number {
    const start = this.pos
    const value = this.u32()
    if (value > this.end - this.pos) throw malformed(start, 'count beyond the section')
    return value
  }

  /** Passes over a LEB128 of at most `maxBytes` bytes. */
  skipLeb(maxBytes: number): void {
    const start = this.pos
    for (let i = 0; i < maxBytes; i++) {
      if (this.u8() < 0x80) return
    }
    throw malformed(start, 'integer too long')
  }

  skip(length: number): void {
    if (length > this.end - this.pos) throw malformed(this.pos, 'unexpected end')
    this.pos += length
  }

  /** A length and that many bytes of UTF-8. */
  name(): string {
    const start = this.pos
    const length = this.count()
    checkCeiling('nameBytes', length)
    this.pos += length
    try {
      return utf8.decode(this.bytes.subarray(this.pos - length, this.pos))
    } catch (cause) {
      if (cause instanceof TypeError) throw malformed(start, 'name is not UTF-8')
      throw cause
    }
  }
}
