/** Writes the sections of the rewritten module other than code: same contents, indices shifted. */

import { copyConstant } from './constant.ts'
import { checkRead, readMutability, sectionReader, type Declarations } from './declarations.ts'
import { checkCeiling, limitExceeded, pageBytes, type PrepareLimits } from './limits.ts'
import { feature } from './opcodes.ts'
import { sectionId, type Outline } from './outline.ts'
import { malformed, refusedFeature, type ByteReader } from './reader.ts'
import type { IndexShift } from './shift.ts'
import { referenceType, valueType } from './signatures.ts'
import type { ByteWriter } from './writer.ts'

const utf8 = new TextEncoder()

/** The import, and the exports, that preparing adds. No module may use the names itself. */
export const added = {
  module: '__wash',
  yield: 'yield',
  fuel: '__wash_fuel',
  start: '__wash_start',
} as const

/** What the writers of sections work on. */
export interface Rewriting {
  readonly outline: Outline
  readonly declarations: Declarations
  readonly shift: IndexShift
  readonly limits: PrepareLimits
  readonly writer: ByteWriter
}

function writeName(writer: ByteWriter, name: string): void {
  const bytes = utf8.encode(name)
  writer.u32(bytes.length)
  writer.copy(bytes, 0, bytes.length)
}

/** Writes `count` and the section's items as they are, so that more can follow. */
function copyItems({ outline, writer }: Rewriting, id: number, more: number): void {
  const reader = sectionReader(outline, id)
  const count = reader?.count() ?? 0
  writer.u32(count + more)
  if (reader !== undefined) writer.copy(reader.bytes, reader.pos, reader.end)
}

/** All types, then `() -> ()` for `yield`. */
export function writeTypes(rewriting: Rewriting): void {
  copyItems(rewriting, sectionId.type, 1)
  rewriting.writer.copy([0x60, 0, 0], 0, 3)
}

/** All imports, then `yield`. */
export function writeImports(rewriting: Rewriting): void {
  const { writer, shift } = rewriting
  copyItems(rewriting, sectionId.import, 1)
  writeName(writer, added.module)
  writeName(writer, added.yield)
  writer.u8(0)
  writer.u32(shift.types)
}

/**
 * All tables, together never larger than the limit: what the minima leave is shared out evenly.
 *
 * @throws EngineError `ERR_WASM_LIMIT` if the minima are more than the limit
 */
export function writeTables({ declarations, limits, writer }: Rewriting): void {
  const { tables } = declarations
  const minima = tables.reduce((sum, table) => sum + table.min, 0)
  if (minima > limits.tableElements) {
    throw limitExceeded('tableElements', minima, limits.tableElements)
  }
  const share = Math.floor((limits.tableElements - minima) / tables.length)
  writer.u32(tables.length)
  for (const table of tables) {
    writer.u8(table.type)
    writer.u8(1)
    writer.u32(table.min)
    writer.u32(Math.min(table.max ?? Number.POSITIVE_INFINITY, table.min + share))
  }
}

/** @throws EngineError `ERR_WASM_LIMIT` if the memory starts larger than the limit */
export function writeMemory({ declarations, limits, writer }: Rewriting): void {
  const { memory } = declarations
  if (memory === undefined) {
    writer.u32(0)
    return
  }
  const pages = Math.min(65_536, Math.floor(limits.memoryBytes / pageBytes))
  if (memory.min > pages) {
    throw limitExceeded('memoryBytes', memory.min * pageBytes, limits.memoryBytes)
  }
  writer.u32(1)
  writer.u8(1)
  writer.u32(memory.min)
  writer.u32(Math.min(memory.max ?? pages, pages))
}

/** All globals, then the fuel: a mutable i32, 0 until the host sets it. Returns feature bits. */
export function writeGlobals({ outline, declarations, shift, writer }: Rewriting): number {
  const exported = new Set(
    declarations.exports.filter((item) => item.kind === 'global').map((item) => item.index),
  )
  const reader = sectionReader(outline, sectionId.global)
  const count = reader?.count() ?? 0
  let features = 0
  writer.u32(count + 1)
  for (let i = 0; i < count; i++) {
    if (reader === undefined) break
    const from = reader.pos
    features |= valueType(reader)
    const mutable = readMutability(reader)
    if (mutable && exported.has(shift.importedGlobals + i)) features |= feature.mutableGlobals
    writer.copy(reader.bytes, from, reader.pos)
    features |= copyConstant(reader, writer, shift)
  }
  if (reader !== undefined) checkRead(reader)
  writer.copy([0x7f, 1, 0x41, 0, 0x0b], 0, 5)
  return features
}

/** All exports, then the fuel and, if there was a start section, what it named. */
export function writeExports({ declarations, shift, writer }: Rewriting): void {
  const { exports, start } = declarations
  writer.u32(exports.length + (start === undefined ? 1 : 2))
  for (const { name, kind, index } of exports) {
    writeName(writer, name)
    switch (kind) {
      case 'function':
        writer.u8(0)
        writer.u32(shift.function(index, 0))
        break
      case 'table':
        writer.u8(1)
        writer.u32(index)
        break
      case 'memory':
        writer.u8(2)
        writer.u32(index)
        break
      case 'global':
        writer.u8(3)
        writer.u32(index)
        break
    }
  }
  writeName(writer, added.fuel)
  writer.u8(3)
  writer.u32(shift.fuel)
  if (start === undefined) return
  writeName(writer, added.start)
  writer.u8(0)
  writer.u32(shift.function(start, 0))
}

/** All element segments, in each of their eight forms. Returns feature bits. */
export function writeElements({ outline, shift, writer }: Rewriting): number {
  const reader = sectionReader(outline, sectionId.element)
  if (reader === undefined) return 0
  const count = reader.count()
  checkCeiling('elementSegments', count)
  writer.u32(count)
  let features = 0
  let elements = 0
  for (let i = 0; i < count; i++) {
    const copied = copySegment(reader, writer, shift, elements)
    features |= copied.features
    elements = copied.elements
  }
  checkRead(reader)
  return features
}

/**
 * Copies one segment. Bit 0: not active. Bit 1: names its table, or is declarative. Bit 2: expressions.
 *
 * @param before elements of the segments before it
 */
function copySegment(
  reader: ByteReader,
  writer: ByteWriter,
  shift: IndexShift,
  before: number,
): { features: number; elements: number } {
  const at = reader.pos
  const form = reader.u32()
  if (form > 7) throw malformed(at, `unknown element segment form ${form}`)
  const active = (form & 1) === 0
  const expressions = (form & 4) !== 0
  let features = form === 0 ? 0 : form === 1 ? feature.bulkMemory : feature.referenceTypes
  writer.u32(form)
  if (active) {
    if ((form & 2) !== 0) writer.u32(reader.u32())
    features |= copyConstant(reader, writer, shift)
  }
  if ((form & 3) !== 0) {
    if (expressions) {
      writer.u8(referenceType(reader))
    } else {
      if (reader.u8() !== 0) throw malformed(reader.pos - 1, 'unknown element kind')
      writer.u8(0)
    }
  }
  const count = reader.count()
  const elements = before + count
  checkCeiling('elements', elements)
  writer.u32(count)
  for (let i = 0; i < count; i++) {
    if (expressions) features |= copyConstant(reader, writer, shift)
    else writer.u32(shift.function(reader.u32(), reader.pos))
  }
  return { features, elements }
}

/** All data segments; only where they go has to be looked at. Returns feature bits. */
export function writeData({ outline, shift, writer }: Rewriting): number {
  const reader = sectionReader(outline, sectionId.data)
  if (reader === undefined) return 0
  const count = reader.count()
  checkCeiling('dataSegments', count)
  writer.u32(count)
  let features = 0
  for (let i = 0; i < count; i++) {
    const at = reader.pos
    const form = reader.u32()
    if (form > 2) throw malformed(at, `unknown data segment form ${form}`)
    if (form === 2 && reader.u32() !== 0) throw refusedFeature('multi-memory', at)
    if (form === 1) features |= feature.bulkMemory
    writer.copy(reader.bytes, at, reader.pos)
    if (form !== 1) features |= copyConstant(reader, writer, shift)
    const from = reader.pos
    reader.skip(reader.count())
    writer.copy(reader.bytes, from, reader.pos)
  }
  checkRead(reader)
  return features
}
