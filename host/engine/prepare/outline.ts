/** Where each section of a module lies: the first pass, which looks at headers only. */

import { checkCeiling } from './limits.ts'
import { ByteReader, malformed, refusedFeature } from './reader.ts'

/** Section ids of the core format. */
export const sectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const

/** The order in which sections other than custom ones stand in a module. */
export const sectionOrder: readonly number[] = [
  sectionId.type,
  sectionId.import,
  sectionId.function,
  sectionId.table,
  sectionId.memory,
  sectionId.global,
  sectionId.export,
  sectionId.start,
  sectionId.element,
  sectionId.dataCount,
  sectionId.code,
  sectionId.data,
]

/** A section's contents, without id and length. */
export interface SectionRange {
  readonly start: number
  readonly end: number
}

export interface CustomSection extends SectionRange {
  readonly name: string
  /** Where the contents begin, after the name. */
  readonly body: number
  /** How many of {@link sectionOrder} come before it. */
  readonly place: number
}

export interface Outline {
  readonly bytes: Uint8Array
  /** By section id; absent sections are `undefined`. */
  readonly sections: readonly (SectionRange | undefined)[]
  readonly customs: readonly CustomSection[]
}

/**
 * Finds the sections of a module and checks that each known one occurs once and in order.
 *
 * @throws EngineError `ERR_WASM_INVALID`, `ERR_WASM_FEATURE`, `ERR_WASM_LIMIT`
 */
export function outlineModule(bytes: Uint8Array): Outline {
  checkCeiling('moduleBytes', bytes.length)
  checkPreamble(bytes)
  const reader = new ByteReader(bytes, 8, bytes.length)
  const sections = Array.from<SectionRange | undefined>({ length: 13 })
  const customs: CustomSection[] = []
  let place = 0
  while (reader.pos < reader.end) {
    const at = reader.pos
    const id = reader.u8()
    const length = reader.u32()
    const start = reader.pos
    reader.skip(length)
    const range = { start, end: reader.pos }
    if (id === sectionId.custom) {
      customs.push(customSection(bytes, range, place))
      checkCeiling('customSections', customs.length)
      continue
    }
    const rank = sectionOrder.indexOf(id)
    if (rank < 0) throw unknownSection(id, at)
    if (rank < place) throw malformed(at, `section ${id} twice or out of order`)
    place = rank + 1
    sections[id] = range
  }
  return { bytes, sections, customs }
}

function checkPreamble(bytes: Uint8Array): void {
  const magic = [0x00, 0x61, 0x73, 0x6d]
  if (magic.some((byte, at) => bytes[at] !== byte)) throw malformed(0, 'not a WebAssembly file')
  if (bytes.length < 8) throw malformed(bytes.length, 'unexpected end')
  // A component has a version of its own and, in the upper half, the layer 1.
  if (bytes[6] === 1 && bytes[7] === 0) throw refusedFeature('component-model', 4)
  if (bytes[4] !== 1 || bytes[5] !== 0 || bytes[6] !== 0 || bytes[7] !== 0) {
    throw malformed(4, 'unknown version')
  }
}

function unknownSection(id: number, at: number): Error {
  if (id === 13) return refusedFeature('exceptions', at)
  if (id === 14) return refusedFeature('stringref', at)
  return malformed(at, `unknown section ${id}`)
}

function customSection(bytes: Uint8Array, range: SectionRange, place: number): CustomSection {
  const reader = new ByteReader(bytes, range.start, range.end)
  const name = reader.name()
  return { ...range, name, body: reader.pos, place }
}
