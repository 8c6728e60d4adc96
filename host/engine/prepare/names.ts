/**
 * Rewrites the `name` section, so that stacks of traps still name the right functions.
 *
 * @see https://webassembly.github.io/spec/core/appendix/custom.html#name-section
 */

import { EngineError } from '../errors.ts'
import { ceilings } from './limits.ts'
import { ByteReader, malformed } from './reader.ts'
import type { IndexShift } from './shift.ts'
import type { ByteWriter } from './writer.ts'

const moduleName = 0
const functionNames = 1
const localNames = 2
const labelNames = 3

/**
 * Writes the contents of a name section with its function indices shifted. Labels are left out:
 * metering adds blocks, so that their numbers no longer hold. Returns false, having written
 * nothing, if the section is malformed, which the format allows it to be, or if a name is too long:
 * V8 writes them out in every frame of every trap.
 */
export function copyNames(
  bytes: Uint8Array,
  start: number,
  end: number,
  writer: ByteWriter,
  shift: IndexShift,
): boolean {
  const before = writer.pos
  try {
    const reader = new ByteReader(bytes, start, end)
    while (reader.pos < reader.end) copySubsection(reader, writer, shift)
    return true
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'ERR_WASM_INVALID') throw error
    writer.pos = before
    return false
  }
}

function copySubsection(reader: ByteReader, writer: ByteWriter, shift: IndexShift): void {
  const at = reader.pos
  const id = reader.u8()
  const length = reader.count()
  const start = reader.pos
  reader.skip(length)
  if (id === labelNames) return
  if (id === moduleName) skipName(new ByteReader(reader.bytes, start, reader.pos))
  if (id !== functionNames && id !== localNames) {
    writer.copy(reader.bytes, at, reader.pos)
    return
  }
  writer.u8(id)
  const sized = writer.beginSized()
  const part = new ByteReader(reader.bytes, start, reader.pos)
  const count = part.count()
  writer.u32(count)
  for (let i = 0; i < count; i++) {
    writer.u32(shift.function(part.u32(), part.pos))
    const from = part.pos
    if (id === functionNames) skipName(part)
    else skipNameMap(part)
    writer.copy(part.bytes, from, part.pos)
  }
  writer.endSized(sized)
}

function skipNameMap(reader: ByteReader): void {
  const count = reader.count()
  for (let i = 0; i < count; i++) {
    reader.skipLeb(5)
    skipName(reader)
  }
}

function skipName(reader: ByteReader): void {
  const at = reader.pos
  const length = reader.count()
  if (length > ceilings.nameBytes) throw malformed(at, 'name too long')
  reader.skip(length)
}
