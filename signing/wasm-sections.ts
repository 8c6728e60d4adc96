/** The framing of a wasm module: which sections, where, in what order. Contents are not looked at. */

import { SigningError } from './errors.ts'

/** One section of a module. Offsets count from the module's first byte. */
export interface WasmSection {
  readonly id: number
  /** Of the id byte. */
  readonly start: number
  /** Of the first byte after id and size. */
  readonly payload: number
  /** Of the first byte after the section. */
  readonly end: number
  /** Whether the size is written in as few bytes as it can be. */
  readonly minimalSize: boolean
  /** A custom section's name; `undefined` for every other section. */
  readonly name: string | undefined
  /** Of the first byte after a custom section's name; elsewhere the same as `payload`. */
  readonly content: number
}

/** Bytes before the first section: `\0asm` and the version. */
export const preambleBytes = 8

/** Real modules have a few dozen; a module of nothing but empty sections shall not cost a gigabyte. */
const maxSections = 4096

/**
 * The place of each known section, by id. Custom sections (id 0) may stand anywhere, the others once
 * each and in this order: data count comes before code, tag before global.
 *
 * @see https://webassembly.github.io/spec/core/binary/modules.html
 */
const placeOfId = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6]

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads the sections of a core module, strictly: exact preamble, sizes within the file, known ids,
 * each once and in order, custom names in UTF-8.
 *
 * @throws SigningError `ERR_WASM_MALFORMED`
 */
export function readSections(wasm: Uint8Array): WasmSection[] {
  checkPreamble(wasm)
  const sections: WasmSection[] = []
  let lastPlace = 0
  let offset = preambleBytes
  while (offset < wasm.length) {
    if (sections.length === maxSections) malformed(offset, `more than ${maxSections} sections`)
    const section = readSection(wasm, offset)
    const place = placeOfId[section.id]
    if (place === undefined) malformed(offset, `unknown section id ${section.id}`)
    if (place > 0) {
      if (place <= lastPlace) malformed(offset, `section ${section.id} is repeated or out of order`)
      lastPlace = place
    }
    sections.push(section)
    offset = section.end
  }
  return sections
}

/**
 * Reads one section's frame, of a module or a component alike.
 *
 * @throws SigningError `ERR_WASM_MALFORMED`
 */
export function readSection(wasm: Uint8Array, start: number): WasmSection {
  const id = wasm[start]
  if (id === undefined) return malformed(start, 'the file ends where a section should start')
  const size = readU32(wasm, start + 1, wasm.length)
  const payload = size.next
  const end = payload + size.value
  if (end > wasm.length)
    malformed(
      start,
      `section ${id} is ${size.value} bytes, but only ${wasm.length - payload} follow`,
    )
  const minimalSize = size.next - start - 1 === lebBytes(size.value)
  if (id !== 0) return { id, start, payload, end, minimalSize, name: undefined, content: payload }
  const nameSize = readU32(wasm, payload, end)
  const content = nameSize.next + nameSize.value
  if (content > end) malformed(payload, 'a custom section’s name is longer than the section')
  const name = decodeName(wasm, nameSize.next, content)
  return { id, start, payload, end, minimalSize, name, content }
}

/** Whether a module or component could start at `offset`: the four bytes `\0asm`. */
export function startsWithMagic(wasm: Uint8Array, offset: number): boolean {
  return (
    wasm[offset] === 0x00 &&
    wasm[offset + 1] === 0x61 &&
    wasm[offset + 2] === 0x73 &&
    wasm[offset + 3] === 0x6d
  )
}

/** An unsigned number below 2^32 as LEB128, in as few bytes as it can be. */
export function encodeU32(value: number): Uint8Array {
  const bytes = new Uint8Array(lebBytes(value))
  let rest = value
  for (let index = 0; index < bytes.length; index++) {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes[index] = rest > 0 ? low | 0x80 : low
  }
  return bytes
}

function checkPreamble(wasm: Uint8Array): void {
  if (!startsWithMagic(wasm, 0)) malformed(0, 'it does not start with \\0asm')
  if (wasm.length < preambleBytes) malformed(wasm.length, 'the file ends in the preamble')
  if (wasm[6] === 1 && wasm[7] === 0) malformed(4, 'it is a component, not a core module')
  if (wasm[4] !== 1 || wasm[5] !== 0 || wasm[6] !== 0 || wasm[7] !== 0)
    malformed(4, 'its version is not 1')
}

/** LEB128 of at most five bytes below `limit`; longer spellings than needed are allowed. */
function readU32(wasm: Uint8Array, start: number, limit: number): { value: number; next: number } {
  let value = 0
  for (let index = 0; index < 5; index++) {
    const offset = start + index
    const byte = wasm[offset]
    if (byte === undefined || offset >= limit) return malformed(start, 'a number is cut off')
    if (index === 4 && byte > 0x0f) return malformed(start, 'a number exceeds 32 bits')
    value += (byte & 0x7f) * 128 ** index
    if (byte < 0x80) return { value, next: offset + 1 }
  }
  return malformed(start, 'a number exceeds 32 bits')
}

function lebBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

function decodeName(wasm: Uint8Array, start: number, end: number): string {
  try {
    return utf8.decode(wasm.subarray(start, end))
  } catch (cause) {
    return malformed(start, 'a custom section’s name is not UTF-8', cause)
  }
}

function malformed(offset: number, reason: string, cause?: unknown): never {
  const message = `not a core wasm module: ${reason} (at byte ${offset})`
  throw new SigningError('ERR_WASM_MALFORMED', { reason, offset }, message, { cause })
}
