/**
 * Decodes instructions. Most of them pass by unreported; those that rewriting has to do with are
 * reported one by one.
 */

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
import type { IndexShift } from './shift.ts'
import { valueType, type Signatures } from './signatures.ts'

/** What {@link InstructionReader.next} reports. */
export const step = {
  /** Enough has passed by; `at` and `pos` are between two instructions. */
  pause: 0,
  block: 1,
  loop: 2,
  if: 3,
  else: 4,
  end: 5,
  branch: 6,
  branchIf: 7,
  /** `operand` is how many targets follow, the default not counted; the reader stands at the first. */
  branchTable: 8,
  return: 9,
  call: 10,
  callIndirect: 11,
  refFunc: 12,
  /** memory.fill, memory.copy, memory.init */
  bulkBytes: 13,
  /** table.fill, table.copy, table.init */
  bulkElements: 14,
  memoryGrow: 15,
  tableGrow: 16,
} as const

export type Step = (typeof step)[keyof typeof step]

export class InstructionReader extends ByteReader {
  /** Bits of the features met so far. */
  features = 0
  /** Where the reported instruction begins; `pos` is where it ends. */
  at = 0
  opcode = 0
  /** The reported instruction's index or label. */
  operand = 0
  /** Of the reported block: how many values its type takes and gives. */
  params = 0
  results = 0
  /** How many instructions have passed by before the reported one. */
  passed = 0
  readonly #signatures: Signatures
  readonly #shift: IndexShift
  #bodyEnd = 0
  #locals = 0

  constructor(reader: ByteReader, signatures: Signatures, shift: IndexShift) {
    super(reader.bytes, reader.pos, reader.end)
    this.#signatures = signatures
    this.#shift = shift
  }

  /** Starts on a function's instructions, which end at `end`; it has `locals` locals and parameters. */
  begin(end: number, locals: number): void {
    this.#bodyEnd = end
    this.#locals = locals
  }

  /**
   * Goes on to the next instruction to report, or until more than `limit` others have passed by.
   *
   * @throws EngineError `ERR_WASM_INVALID`, `ERR_WASM_FEATURE`
   */
  next(limit: number): Step {
    const bytes = this.bytes
    const end = this.#bodyEnd
    const locals = this.#locals
    let pos = this.pos
    let passed = 0
    for (;;) {
      if (pos >= end) throw malformed(Math.min(pos, end), 'function body has no end')
      if (passed > limit) {
        this.passed = passed
        this.at = pos
        this.pos = pos
        return step.pause
      }
      const at = pos
      const opcode = bytes[pos++] as number
      const kind = plain[opcode] as number
      switch (kind) {
        case immediate.none:
          break
        case immediate.local: {
          let local = bytes[pos++] as number
          if (local >= 0x80) {
            this.pos = pos - 1
            local = this.u32()
            pos = this.pos
          }
          if (local >= locals) throw malformed(at, `unknown local ${local}`)
          break
        }
        case immediate.index:
          if ((bytes[pos] as number) < 0x80) pos++
          else pos = skipLeb(bytes, pos, 5)
          break
        case immediate.memory:
          pos = skipMemoryImmediate(bytes, pos)
          break
        case immediate.i64:
          pos = skipLeb(bytes, pos, 10)
          break
        case immediate.f32:
          pos += 4
          break
        case immediate.f64:
          pos += 8
          break
        default: {
          this.pos = pos
          const found = this.#other(kind, opcode, at)
          if (found !== step.pause) {
            this.passed = passed
            this.at = at
            this.opcode = opcode
            return found
          }
          pos = this.pos
        }
      }
      passed++
    }
  }

  /** Reads the operands of a less frequent instruction; `step.pause` if it need not be reported. */
  #other(kind: number, opcode: number, at: number): Step {
    switch (kind) {
      case immediate.block:
        this.#blockType()
        return opcode === 0x02 ? step.block : opcode === 0x03 ? step.loop : step.if
      case immediate.else:
        return step.else
      case immediate.end:
        return step.end
      case immediate.return:
        return step.return
      case immediate.branch:
        this.operand = this.u32()
        return opcode === 0x0c ? step.branch : step.branchIf
      case immediate.branchTable:
        this.operand = this.u32()
        if (this.operand >= this.#bodyEnd - this.pos) {
          throw malformed(at, 'branch table beyond the function')
        }
        return step.branchTable
      case immediate.call:
        this.operand = this.u32()
        return step.call
      case immediate.callIndirect:
        this.#typeIndex()
        if (this.u32() !== 0) this.features |= feature.referenceTypes
        return step.callIndirect
      case immediate.refFunc:
        this.features |= feature.referenceTypes
        this.operand = this.u32()
        return step.refFunc
      case immediate.memoryGrow:
        this.#memoryIndex()
        return step.memoryGrow
      case immediate.prefixFC:
        return this.#prefixFC(at)
      default:
        this.#unreported(kind, opcode, at)
        return step.pause
    }
  }

  #unreported(kind: number, opcode: number, at: number): void {
    switch (kind) {
      case immediate.global: {
        const index = this.u32()
        if (index >= this.#shift.globals) throw malformed(at, `unknown global ${index}`)
        return
      }
      case immediate.signExtension:
        this.features |= feature.signExtension
        return
      case immediate.table:
        this.features |= feature.referenceTypes
        this.skipLeb(5)
        return
      case immediate.refIsNull:
        this.features |= feature.referenceTypes
        return
      case immediate.selectTyped:
        if (this.u32() !== 1) throw malformed(at, 'select with other than one type')
        this.features |= valueType(this) | feature.referenceTypes
        return
      case immediate.memoryIndex:
        this.#memoryIndex()
        return
      case immediate.refNull:
        this.#heapType()
        this.features |= feature.referenceTypes
        return
      case immediate.prefixFD:
        this.#prefixFD(at)
        return
      default:
        throw refused(refusedBy(opcode), at, `0x${opcode.toString(16)}`)
    }
  }

  #prefixFC(at: number): Step {
    const opcode = this.u32()
    const kind = opcode < 256 ? (prefixFC[opcode] as number) : immediate.refused
    this.features |=
      opcode < 8 ? feature.saturating : opcode < 15 ? feature.bulkMemory : feature.referenceTypes
    switch (kind) {
      case immediate.none:
        return step.pause
      case immediate.index:
        this.skipLeb(5)
        return step.pause
      case immediate.memoryInit:
        this.skipLeb(5)
        this.#memoryIndex()
        return step.bulkBytes
      case immediate.memoryCopy:
        this.#memoryIndex()
        this.#memoryIndex()
        return step.bulkBytes
      case immediate.memoryFill:
        this.#memoryIndex()
        return step.bulkBytes
      case immediate.tableInit:
        this.skipLeb(5)
        this.skipLeb(5)
        return step.bulkElements
      case immediate.table:
        this.skipLeb(5)
        return opcode === 15 ? step.tableGrow : step.bulkElements
      default:
        throw refused(refusedByFC(opcode), at, `0xfc ${opcode}`)
    }
  }

  #prefixFD(at: number): void {
    const opcode = this.u32()
    const kind = opcode < 256 ? (prefixFD[opcode] as number) : immediate.refused
    this.features |= feature.simd
    switch (kind) {
      case immediate.none:
        return
      case immediate.memory:
        this.pos = skipMemoryImmediate(this.bytes, this.pos)
        return
      case immediate.bytes16:
        this.skip(16)
        return
      case immediate.lane:
        this.skip(1)
        return
      case immediate.memoryLane:
        this.pos = skipMemoryImmediate(this.bytes, this.pos)
        this.skip(1)
        return
      default:
        throw refused(refusedByFD(opcode), at, `0xfd ${opcode}`)
    }
  }

  #memoryIndex(): void {
    const at = this.pos
    if (this.u32() !== 0) throw refusedFeature('multi-memory', at)
  }

  #typeIndex(): number {
    const at = this.pos
    const index = this.u32()
    if (index >= this.#shift.types) throw malformed(at, `unknown type ${index}`)
    return index
  }

  #blockType(): void {
    const byte = this.bytes[this.pos] as number
    this.params = 0
    if (byte === 0x40) {
      this.pos++
      this.results = 0
    } else if (byte > 0x40 && byte < 0x80) {
      this.features |= valueType(this)
      this.results = 1
    } else {
      this.features |= feature.multiValue
      const type = this.#typeIndex()
      this.params = this.#signatures.params[type] as number
      this.results = this.#signatures.results[type] as number
    }
  }

  #heapType(): void {
    const at = this.pos
    const byte = this.u8()
    if (byte === 0x70 || byte === 0x6f) return
    const name =
      refusedByType(byte) ?? (byte < 0x40 || byte >= 0x80 ? 'function-references' : undefined)
    if (name !== undefined) throw refusedFeature(name, at)
    throw malformed(at, `unknown heap type 0x${byte.toString(16)}`)
  }
}

function refused(name: string | undefined, at: number, opcode: string): Error {
  return name === undefined ? malformed(at, `unknown opcode ${opcode}`) : refusedFeature(name, at)
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
  if (alignment < 0x40) return skipLeb(bytes, pos + 1, 5)
  // Bit 6 says that the index of a memory follows; what is padded has it in its first byte, too.
  if ((alignment & 0x40) !== 0) throw refusedFeature('multi-memory', pos)
  return skipLeb(bytes, skipLeb(bytes, pos, 5), 5)
}
