/** Rewrites the code section, one function body after the other, in one pass over the bytes. */

import type { Declarations } from './declarations.ts'
import { ceilings, checkCeiling, limitExceeded } from './limits.ts'
import { Meter, weights, type Bulk } from './meter.ts'
import {
  feature,
  immediate,
  plain,
  prefixFC,
  prefixFD,
  refusedBy,
  refusedByFC,
  refusedByFD,
  refusedByType,
} from './opcodes.ts'
import { ByteReader, malformed, refusedFeature } from './reader.ts'
import { ChargePlan } from './charges.ts'
import type { IndexShift } from './shift.ts'
import { valueType } from './signatures.ts'
import { lebWidth, type ByteWriter } from './writer.ts'

/** A function without calls that costs at most this is paid for by its callers. */
const leafWeight = 64

export class CodeRewriter {
  features = 0
  readonly #declarations: Declarations
  readonly #shift: IndexShift
  readonly #meter: Meter
  readonly #reader: ByteReader
  readonly #writer: ByteWriter
  readonly #charges: ChargePlan
  #localsTotal = 0
  /** Up to where the input has been copied to the output. */
  #copied = 0
  #scratchLocal = 0
  #scratchUsed = false
  #calls = false

  constructor(
    declarations: Declarations,
    shift: IndexShift,
    reader: ByteReader,
    writer: ByteWriter,
  ) {
    this.#declarations = declarations
    this.#shift = shift
    this.#meter = new Meter(shift)
    this.#reader = reader
    this.#writer = writer
    this.#charges = new ChargePlan(this.#meter, writer)
  }

  /**
   * Rewrites the body of `functionIndex`, whose length prefix is next in the reader.
   *
   * @throws EngineError `ERR_WASM_INVALID`, `ERR_WASM_FEATURE`, `ERR_WASM_LIMIT`
   */
  rewriteBody(functionIndex: number): void {
    const reader = this.#reader
    const writer = this.#writer
    const length = reader.count()
    const end = reader.pos + length
    const start = writer.beginSized()
    const locals = this.#copyLocals(functionIndex, end)
    const scratchAt = writer.pos
    writer.u8(1)
    writer.u8(0x7f)
    const entryAt = writer.pos
    this.#scratchUsed = false
    this.#calls = false
    this.#charges.begin()
    this.#copied = reader.pos
    this.#walk(end)
    if (reader.pos !== end) throw malformed(reader.pos, 'function body goes on after its end')
    this.#copyUpTo(end)
    const entryNeeded = this.#charges.finish() > leafWeight || this.#calls
    const scratchNeeded = this.#scratchUsed
    // What turned out not to be needed is cut out again; the short distance makes that cheap.
    const keepFrom = entryNeeded ? entryAt : entryAt + this.#meter.checkLength
    const keepTo = scratchNeeded ? entryAt : scratchAt
    if (keepFrom !== keepTo) {
      writer.bytes.copyWithin(keepTo, keepFrom, writer.pos)
      writer.pos -= keepFrom - keepTo
    }
    writer.patch(start, locals.width, locals.groups + (scratchNeeded ? 1 : 0))
    checkCeiling('functionBytes', writer.pos - start)
    writer.endSized(start)
  }

  /** Copies the local declarations after room for their count. */
  #copyLocals(functionIndex: number, end: number): { groups: number; width: number } {
    const reader = this.#reader
    const writer = this.#writer
    const { signatures, functionTypes } = this.#declarations
    const groups = reader.count()
    const from = reader.pos
    let count = signatures.params[functionTypes[functionIndex] as number] as number
    for (let i = 0; i < groups; i++) {
      count += reader.u32()
      if (count > ceilings.locals) throw limitExceeded('locals', count, ceilings.locals)
      this.features |= valueType(reader)
    }
    this.#localsTotal += count
    checkCeiling('localsTotal', this.#localsTotal)
    if (reader.pos > end) throw malformed(end, 'unexpected end of function body')
    const width = lebWidth(groups + 1)
    writer.reserve(width)
    writer.pos += width
    writer.copy(reader.bytes, from, reader.pos)
    this.#scratchLocal = count
    return { groups, width }
  }

  #spend(weight: number, at: number): void {
    if (this.#charges.spend(weight)) this.#renew(at)
  }

  /** Puts a charge before the instruction at `at`. */
  #renew(at: number): void {
    this.#copyUpTo(at)
    this.#charges.renew()
  }

  #copyUpTo(pos: number): void {
    this.#writer.copy(this.#reader.bytes, this.#copied, pos)
    this.#copied = pos
  }

  /** Goes through a function's instructions up to the `end` that closes it. */
  #walk(end: number): void {
    const reader = this.#reader
    const bytes = reader.bytes
    const charges = this.#charges
    let pos = reader.pos
    for (;;) {
      if (pos >= end) throw malformed(pos, 'function body has no end')
      const at = pos
      const opcode = bytes[pos++] as number
      const kind = plain[opcode] as number
      if (kind <= immediate.f64 && charges.spend(1)) this.#renew(at)
      switch (kind) {
        case immediate.none:
          if (opcode >= 0xc0)
            this.features |= opcode === 0xd1 ? feature.referenceTypes : feature.signExtension
          continue
        case immediate.index:
          if (opcode === 0x25 || opcode === 0x26) this.features |= feature.referenceTypes
          if ((bytes[pos] as number) < 0x80) pos++
          else pos = skipLeb(bytes, pos, 5)
          continue
        case immediate.memory:
          pos = skipMemoryImmediate(bytes, pos)
          continue
        case immediate.i64:
          pos = skipLeb(bytes, pos, 10)
          continue
        case immediate.f32:
          pos += 4
          continue
        case immediate.f64:
          pos += 8
          continue
      }
      reader.pos = pos
      if (this.#other(kind, opcode, at, end)) return
      pos = reader.pos
    }
  }

  /** The less frequent instructions. Returns whether the function has ended. */
  #other(kind: number, opcode: number, at: number, end: number): boolean {
    const reader = this.#reader
    const charges = this.#charges
    switch (kind) {
      case immediate.block:
      case immediate.if:
        this.#blockType()
        charges.open()
        return false
      case immediate.loop:
        this.#blockType()
        this.#copyUpTo(reader.pos)
        charges.openLoop()
        return false
      case immediate.else:
        charges.alternative()
        return false
      case immediate.end:
        return charges.close()
      case immediate.brTable: {
        const targets = reader.u32()
        if (targets >= end - reader.pos) throw malformed(at, 'branch table beyond the function')
        for (let i = 0; i <= targets; i++) reader.skipLeb(5)
        this.#spend(4, at)
        return false
      }
      case immediate.call: {
        const index = reader.u32()
        this.#calls = true
        this.#spend(weights.call, at)
        this.#replaceIndex(at, opcode, this.#shift.function(index, at))
        return false
      }
      case immediate.callIndirect: {
        this.#typeIndex()
        if (reader.u32() !== 0) this.features |= feature.referenceTypes
        this.#calls = true
        this.#spend(weights.callIndirect, at)
        return false
      }
      case immediate.global: {
        const index = reader.u32()
        if (index >= this.#shift.globals) throw malformed(at, `unknown global ${index}`)
        this.#spend(1, at)
        return false
      }
      case immediate.selectTyped: {
        const count = reader.u32()
        if (count !== 1) throw malformed(at, 'select with other than one type')
        this.#spend(1, at)
        this.features |= valueType(reader) | feature.referenceTypes
        return false
      }
      case immediate.memoryIndex:
        this.#memoryIndex()
        this.#spend(1, at)
        return false
      case immediate.memoryGrow:
        this.#memoryIndex()
        this.#chargeBulk(at, 'pages', weights.grow)
        return false
      case immediate.refNull: {
        const typeAt = reader.pos
        const byte = reader.u8()
        const refused = refusedByType(byte)
        if (refused !== undefined) throw refusedFeature(refused, typeAt)
        if (byte !== 0x70 && byte !== 0x6f) throw refusedHeapType(byte, typeAt)
        this.features |= feature.referenceTypes
        this.#spend(1, at)
        return false
      }
      case immediate.refFunc: {
        const index = reader.u32()
        this.features |= feature.referenceTypes
        this.#spend(1, at)
        this.#replaceIndex(at, opcode, this.#shift.function(index, at))
        return false
      }
      case immediate.prefixFC:
        this.#spend(1, at)
        this.#prefixFC(at)
        return false
      case immediate.prefixFD:
        this.#spend(1, at)
        this.#prefixFD(at)
        return false
      default: {
        const refused = refusedBy(opcode)
        if (refused !== undefined) throw refusedFeature(refused, at)
        throw malformed(at, `unknown opcode 0x${opcode.toString(16)}`)
      }
    }
  }

  #prefixFC(at: number): void {
    const reader = this.#reader
    const opcode = reader.u32()
    const kind = opcode < 256 ? (prefixFC[opcode] as number) : immediate.refused
    switch (kind) {
      case immediate.none:
        this.features |= feature.saturating
        return
      case immediate.index:
        reader.skipLeb(5)
        break
      case immediate.memoryInit:
        reader.skipLeb(5)
        this.#memoryIndex()
        this.#chargeBulk(at, 'bytes', weights.bulk)
        break
      case immediate.memoryCopy:
        this.#memoryIndex()
        this.#memoryIndex()
        this.#chargeBulk(at, 'bytes', weights.bulk)
        break
      case immediate.memoryFill:
        this.#memoryIndex()
        this.#chargeBulk(at, 'bytes', weights.bulk)
        break
      case immediate.tableInit:
      case immediate.tableCopy:
        reader.skipLeb(5)
        reader.skipLeb(5)
        this.#chargeBulk(at, 'elements', weights.bulk)
        break
      case immediate.tableSized:
        reader.skipLeb(5)
        this.#chargeBulk(at, 'elements', opcode === 15 ? weights.grow : weights.bulk)
        break
      default: {
        const refused = refusedByFC(opcode)
        if (refused !== undefined) throw refusedFeature(refused, at)
        throw malformed(at, `unknown opcode 0xfc ${opcode}`)
      }
    }
    this.features |= opcode >= 15 ? feature.referenceTypes : feature.bulkMemory
  }

  #prefixFD(at: number): void {
    const reader = this.#reader
    const opcode = reader.u32()
    const kind = opcode < 256 ? (prefixFD[opcode] as number) : immediate.refused
    this.features |= feature.simd
    switch (kind) {
      case immediate.none:
        return
      case immediate.memory:
        reader.pos = skipMemoryImmediate(reader.bytes, reader.pos)
        return
      case immediate.bytes16:
        reader.skip(16)
        return
      case immediate.lane:
        reader.skip(1)
        return
      case immediate.memoryLane:
        reader.pos = skipMemoryImmediate(reader.bytes, reader.pos)
        reader.skip(1)
        return
      default: {
        const refused = refusedByFD(opcode)
        if (refused !== undefined) throw refusedFeature(refused, at)
        throw malformed(at, `unknown opcode 0xfd ${opcode}`)
      }
    }
  }

  /** Puts the charge for a bulk instruction before it; its length is on top of the stack there. */
  #chargeBulk(at: number, kind: Bulk, weight: number): void {
    this.#spend(weight, at)
    this.#copyUpTo(at)
    this.#meter.writeBulkCheck(this.#writer, kind, this.#scratchLocal)
    this.#scratchUsed = true
    this.#calls = true
  }

  /** Writes an instruction of an opcode and an index in place of the one just read. */
  #replaceIndex(at: number, opcode: number, index: number): void {
    this.#copyUpTo(at)
    this.#copied = this.#reader.pos
    this.#writer.u8(opcode)
    this.#writer.u32(index)
  }

  #memoryIndex(): void {
    const at = this.#reader.pos
    if (this.#reader.u32() !== 0) throw refusedFeature('multi-memory', at)
  }

  #typeIndex(): void {
    const at = this.#reader.pos
    const index = this.#reader.u32()
    if (index >= this.#shift.types) throw malformed(at, `unknown type ${index}`)
  }

  #blockType(): void {
    const reader = this.#reader
    const byte = reader.bytes[reader.pos] as number
    if (byte === 0x40) {
      reader.pos++
    } else if (byte >= 0x41 && byte <= 0x7f) {
      this.features |= valueType(reader)
    } else {
      this.#typeIndex()
      this.features |= feature.multiValue
    }
  }
}

function refusedHeapType(byte: number, at: number): Error {
  if (byte < 0x40 || byte >= 0x80) return refusedFeature('function-references', at)
  return malformed(at, `unknown heap type 0x${byte.toString(16)}`)
}

/** Where a LEB128 of at most `maxBytes` bytes that starts at `pos` ends. */
function skipLeb(bytes: Uint8Array, pos: number, maxBytes: number): number {
  for (let i = 0; i < maxBytes; i++) {
    if ((bytes[pos + i] as number) < 0x80) return pos + i + 1
  }
  throw malformed(pos, 'integer too long')
}

/** Where an alignment and an offset that start at `pos` end. */
function skipMemoryImmediate(bytes: Uint8Array, pos: number): number {
  const alignment = bytes[pos] as number
  if (alignment >= 0x40) {
    throw alignment < 0x80
      ? refusedFeature('multi-memory', pos)
      : malformed(pos, 'alignment too large')
  }
  return skipLeb(bytes, pos + 1, 5)
}
