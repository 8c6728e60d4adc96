/** What a module declares before its code: types, imports, functions, tables, memory, exports. */

import { checkCeiling } from './limits.ts'
import { feature } from './opcodes.ts'
import { sectionId, type Outline } from './outline.ts'
import { ByteReader, malformed, refusedFeature } from './reader.ts'
import { readSignatures, referenceType, valueType, type Signatures } from './signatures.ts'

/** What an import or export is, in the words of the WebAssembly JavaScript interface. */
export type ExternKind = 'function' | 'table' | 'memory' | 'global'

const kinds: readonly ExternKind[] = ['function', 'table', 'memory', 'global']

export interface ImportDeclaration {
  readonly module: string
  readonly name: string
  readonly kind: ExternKind
  /** Functions only. */
  readonly type?: number
}

export interface ExportDeclaration {
  readonly name: string
  readonly kind: ExternKind
  /** Into the module's own index space of that kind, unchanged. */
  readonly index: number
}

/** Sizes in elements (tables) or pages (memories). */
export interface SizeRange {
  readonly min: number
  readonly max: number | undefined
}

export interface TableDeclaration extends SizeRange {
  /** 0x70 funcref, 0x6f externref. */
  readonly type: number
}

export interface Declarations {
  readonly signatures: Signatures
  readonly imports: readonly ImportDeclaration[]
  readonly importedFunctions: number
  readonly importedGlobals: number
  /** Type index of every function, imported ones first. */
  readonly functionTypes: Uint32Array
  readonly importedTables: number
  readonly tables: readonly TableDeclaration[]
  /** Whether defined or imported. */
  readonly memory: SizeRange | undefined
  readonly globals: number
  readonly exports: readonly ExportDeclaration[]
  readonly start: number | undefined
  /** Bits of {@link feature}. */
  readonly features: number
}

/**
 * Reads everything that has an index, and checks the indices that rewriting relies on.
 *
 * @throws EngineError `ERR_WASM_INVALID`, `ERR_WASM_FEATURE`, `ERR_WASM_LIMIT`
 */
export function readDeclarations(outline: Outline): Declarations {
  const signatures =
    wholeSection(outline, sectionId.type, (r) => readSignatures(r)) ?? readSignatures(undefined)
  const found = wholeSection(outline, sectionId.import, (r) =>
    readImports(r, signatures.params.length),
  )
  const imports = found?.imports ?? []
  const importedTypes = imports.flatMap((item) => (item.type === undefined ? [] : [item.type]))
  const functionTypes =
    wholeSection(outline, sectionId.function, (r) => readFunctions(r, importedTypes, signatures)) ??
    Uint32Array.from(importedTypes)
  const tables = wholeSection(outline, sectionId.table, readTables) ?? []
  const memory = wholeSection(outline, sectionId.memory, readMemories)
  if (memory !== undefined && found?.memory !== undefined) {
    throw refusedFeature('multi-memory', outline.sections[sectionId.memory]?.start ?? 0)
  }
  const exports = wholeSection(outline, sectionId.export, readExports) ?? []
  const importedGlobals = imports.filter((item) => item.kind === 'global').length
  const importedTables = imports.filter((item) => item.kind === 'table').length
  const globals = wholeSection(outline, sectionId.global, (r) => r.count(), true) ?? 0
  checkCeiling('globals', globals)
  const declarations: Declarations = {
    signatures,
    imports,
    importedFunctions: importedTypes.length,
    importedGlobals,
    functionTypes,
    importedTables,
    tables,
    memory: memory ?? found?.memory,
    globals: importedGlobals + globals,
    exports,
    start: wholeSection(outline, sectionId.start, (r) => r.u32()),
    features: signatures.features | (found?.features ?? 0) | tableFeatures(tables),
  }
  checkExports(declarations, outline.sections[sectionId.export]?.start ?? 0)
  checkStart(declarations, outline.sections[sectionId.start]?.start ?? 0)
  return declarations
}

/** A reader over a section of the outline, or undefined where the module has none. */
export function sectionReader(outline: Outline, id: number): ByteReader | undefined {
  const range = outline.sections[id]
  return range && new ByteReader(outline.bytes, range.start, range.end)
}

function wholeSection<T>(
  outline: Outline,
  id: number,
  read: (reader: ByteReader) => T,
  partly = false,
): T | undefined {
  const reader = sectionReader(outline, id)
  if (reader === undefined) return undefined
  const value = read(reader)
  if (!partly) checkRead(reader)
  return value
}

/** @throws EngineError `ERR_WASM_INVALID` if the section goes on after what it holds */
export function checkRead(reader: ByteReader): void {
  if (reader.pos !== reader.end) throw malformed(reader.pos, 'section goes on after its last item')
}

interface Imports {
  imports: ImportDeclaration[]
  memory: SizeRange | undefined
  features: number
}

function readImports(reader: ByteReader, types: number): Imports {
  const count = reader.count()
  checkCeiling('imports', count)
  const found: Imports = { imports: [], memory: undefined, features: 0 }
  for (let i = 0; i < count; i++) found.imports.push(readImport(reader, types, found))
  return found
}

function readImport(reader: ByteReader, types: number, found: Imports): ImportDeclaration {
  const module = reader.name()
  const name = reader.name()
  const at = reader.pos
  const code = reader.u8()
  if (code === 4) throw refusedFeature('exceptions', at)
  const kind = kinds[code]
  if (kind === undefined) throw malformed(at, `unknown import kind ${code}`)
  switch (kind) {
    case 'function': {
      const type = reader.u32()
      if (type >= types) throw malformed(at, `unknown type ${type}`)
      return { module, name, kind, type }
    }
    case 'table':
      referenceType(reader)
      readSize(reader)
      break
    case 'memory':
      if (found.memory !== undefined) throw refusedFeature('multi-memory', at)
      found.memory = readSize(reader)
      break
    case 'global':
      found.features |= valueType(reader)
      if (readMutability(reader)) found.features |= feature.mutableGlobals
      break
  }
  return { module, name, kind }
}

/** Reads whether a global may be set. */
export function readMutability(reader: ByteReader): boolean {
  const at = reader.pos
  const byte = reader.u8()
  if (byte === 2 || byte === 3) throw refusedFeature('shared-everything-threads', at)
  if (byte > 1) throw malformed(at, `unknown mutability ${byte}`)
  return byte === 1
}

function readFunctions(
  reader: ByteReader,
  importedTypes: readonly number[],
  signatures: Signatures,
): Uint32Array {
  const count = reader.count()
  checkCeiling('functions', count + importedTypes.length)
  const types = new Uint32Array(importedTypes.length + count)
  types.set(importedTypes)
  for (let i = importedTypes.length; i < types.length; i++) {
    const at = reader.pos
    const type = reader.u32()
    if (type >= signatures.params.length) throw malformed(at, `unknown type ${type}`)
    types[i] = type
  }
  return types
}

function readTables(reader: ByteReader): TableDeclaration[] {
  const count = reader.count()
  checkCeiling('tables', count)
  const tables: TableDeclaration[] = []
  for (let i = 0; i < count; i++) {
    const at = reader.pos
    // A table with an initial value is written 0x40 0x00 and belongs to function references.
    if (reader.bytes[at] === 0x40) throw refusedFeature('function-references', at)
    const type = referenceType(reader)
    tables.push({ type, ...readSize(reader) })
  }
  return tables
}

function tableFeatures(tables: readonly TableDeclaration[]): number {
  const newer = tables.length > 1 || tables.some(({ type }) => type !== 0x70)
  return newer ? feature.referenceTypes : 0
}

function readMemories(reader: ByteReader): SizeRange | undefined {
  const at = reader.pos
  const count = reader.count()
  if (count > 1) throw refusedFeature('multi-memory', at)
  if (count === 0) return undefined
  const memory = readSize(reader)
  return memory
}

function readSize(reader: ByteReader): SizeRange {
  const at = reader.pos
  const flags = reader.u8()
  if (flags === 2 || flags === 3) throw refusedFeature('threads', at)
  if (flags >= 4 && flags <= 7) throw refusedFeature('memory64', at)
  if (flags >= 8 && flags <= 15) throw refusedFeature('custom-page-sizes', at)
  if (flags > 15) throw malformed(at, `unknown limits 0x${flags.toString(16)}`)
  const min = reader.u32()
  const max = flags === 1 ? reader.u32() : undefined
  if (max !== undefined && max < min) throw malformed(at, 'maximum below minimum')
  return { min, max }
}

function readExports(reader: ByteReader): ExportDeclaration[] {
  const count = reader.count()
  checkCeiling('exports', count)
  const exports: ExportDeclaration[] = []
  for (let i = 0; i < count; i++) {
    const name = reader.name()
    const at = reader.pos
    const code = reader.u8()
    if (code === 4) throw refusedFeature('exceptions', at)
    const kind = kinds[code]
    if (kind === undefined) throw malformed(at, `unknown export kind ${code}`)
    exports.push({ name, kind, index: reader.u32() })
  }
  return exports
}

function checkExports(declarations: Declarations, at: number): void {
  const counts = {
    function: declarations.functionTypes.length,
    table: declarations.importedTables + declarations.tables.length,
    memory: declarations.memory === undefined ? 0 : 1,
    global: declarations.globals,
  }
  const names = new Set<string>()
  for (const { name, kind, index } of declarations.exports) {
    if (index >= counts[kind]) throw malformed(at, `export of unknown ${kind} ${index}`)
    if (names.has(name)) throw malformed(at, `two exports of one name: ${JSON.stringify(name)}`)
    names.add(name)
  }
}

function checkStart(declarations: Declarations, at: number): void {
  const { start, functionTypes, signatures } = declarations
  if (start === undefined) return
  const type = functionTypes[start]
  if (type === undefined) throw malformed(at, `start names unknown function ${start}`)
  if (signatures.params[type] !== 0 || signatures.results[type] !== 0) {
    throw malformed(at, 'start function has parameters or results')
  }
}
