/** Puts the rewritten module together, section by section in the standard order. */

import { CodeRewriter } from './code.ts'
import { copyCustoms } from './customs.ts'
import { sectionReader } from './declarations.ts'
import { feature } from './opcodes.ts'
import { sectionId, sectionOrder } from './outline.ts'
import { malformed } from './reader.ts'
import {
  writeData,
  writeElements,
  writeExports,
  writeGlobals,
  writeImports,
  writeMemory,
  writeTables,
  writeTypes,
  type Rewriting,
} from './sections.ts'

/** Writes the whole module and returns the bits of the features it uses. */
export function rewriteModule(rewriting: Rewriting): number {
  const { outline, declarations, shift, writer } = rewriting
  let features = declarations.features
  writer.copy(outline.bytes, 0, 8)
  sectionOrder.forEach((id, place) => {
    copyCustoms(outline, place, writer, shift)
    if (outline.sections[id] === undefined && !alwaysWritten.has(id)) return
    // A start section runs inside instantiation, where nothing can suspend: it becomes an export.
    if (id === sectionId.start) return
    writer.u8(id)
    const sized = writer.beginSized()
    features |= writeSection(rewriting, id)
    writer.endSized(sized)
  })
  copyCustoms(outline, sectionOrder.length, writer, shift)
  checkBodies(rewriting)
  return features
}

const alwaysWritten: ReadonlySet<number> = new Set([
  sectionId.type,
  sectionId.import,
  sectionId.global,
  sectionId.export,
])

function writeSection(rewriting: Rewriting, id: number): number {
  switch (id) {
    case sectionId.type:
      writeTypes(rewriting)
      return 0
    case sectionId.import:
      writeImports(rewriting)
      return 0
    case sectionId.table:
      writeTables(rewriting)
      return 0
    case sectionId.memory:
      writeMemory(rewriting)
      return 0
    case sectionId.global:
      return writeGlobals(rewriting)
    case sectionId.export:
      writeExports(rewriting)
      return 0
    case sectionId.element:
      return writeElements(rewriting)
    case sectionId.code:
      return writeCode(rewriting)
    case sectionId.data:
      return writeData(rewriting)
    default:
      return copySection(rewriting, id)
  }
}

/** Sections without an index that moves: functions, which hold types, and the data count. */
function copySection({ outline, writer }: Rewriting, id: number): number {
  const range = outline.sections[id]
  if (range !== undefined) writer.copy(outline.bytes, range.start, range.end)
  return id === sectionId.dataCount ? feature.bulkMemory : 0
}

/** Rewrites every body; `each` is called after each one. Returns feature bits. */
export function writeCode(rewriting: Rewriting, each?: () => void): number {
  const { outline, declarations, shift, writer } = rewriting
  const reader = sectionReader(outline, sectionId.code)
  if (reader === undefined) return 0
  const at = reader.pos
  const count = reader.count()
  const defined = declarations.functionTypes.length - declarations.importedFunctions
  if (count !== defined) throw malformed(at, `${count} bodies for ${defined} functions`)
  writer.u32(count)
  const rewriter = new CodeRewriter(declarations, shift, reader, writer)
  for (let i = 0; i < count; i++) {
    rewriter.rewriteBody(declarations.importedFunctions + i)
    each?.()
  }
  if (rewriter.pos !== reader.end)
    throw malformed(rewriter.pos, 'section goes on after its last item')
  return rewriter.features
}

function checkBodies({ outline, declarations }: Rewriting): void {
  if (outline.sections[sectionId.code] !== undefined) return
  if (declarations.functionTypes.length > declarations.importedFunctions) {
    throw malformed(outline.bytes.length, 'functions without bodies')
  }
}
