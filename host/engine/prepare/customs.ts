/** Which custom sections stay in the module that is compiled. */

import type { CustomSection, Outline } from './outline.ts'
import { copyNames } from './names.ts'
import type { IndexShift } from './shift.ts'
import type { ByteWriter } from './writer.ts'

/** Claims: verified before, of no use to the compiler. */
const claims = new Set(['jwt', 'wasmcloud_jwt'])

/** Sections that point into code by offset, which would point to the wrong places now. */
function pointsIntoCode(name: string): boolean {
  return (
    name.startsWith('.debug_') ||
    name.startsWith('reloc.') ||
    name.startsWith('metadata.code.') ||
    name === 'linking' ||
    name === 'sourceMappingURL' ||
    name === 'external_debug_info'
  )
}

/** Writes the custom sections that stand after `place` sections of the standard order. */
export function copyCustoms(
  outline: Outline,
  place: number,
  writer: ByteWriter,
  shift: IndexShift,
): void {
  for (const custom of outline.customs) {
    if (custom.place !== place || claims.has(custom.name) || pointsIntoCode(custom.name)) continue
    copyCustom(outline.bytes, custom, writer, shift)
  }
}

function copyCustom(
  bytes: Uint8Array,
  custom: CustomSection,
  writer: ByteWriter,
  shift: IndexShift,
): void {
  const before = writer.pos
  writer.u8(0)
  const sized = writer.beginSized()
  writer.copy(bytes, custom.start, custom.body)
  if (custom.name !== 'name') writer.copy(bytes, custom.body, custom.end)
  else if (!copyNames(bytes, custom.body, custom.end, writer, shift)) {
    writer.pos = before
    return
  }
  writer.endSized(sized)
}
