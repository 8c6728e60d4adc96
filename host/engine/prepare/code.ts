/** Rewrites the code section, one function body after the other, in one pass over the bytes. */

import { ChargePlan } from './charges.ts'
import { ControlStack } from './control.ts'
import type { Declarations } from './declarations.ts'
import { InstructionReader, step, type Step } from './instructions.ts'
import { ceilings, checkCeiling, limitExceeded } from './limits.ts'
import {
  Meter,
  weights,
  writeLeavingBranch,
  writeLoopHeader,
  type Bulk,
  type MeterCode,
} from './meter.ts'
import { malformed, type ByteReader } from './reader.ts'
import type { IndexShift } from './shift.ts'
import { valueType } from './signatures.ts'
import { lebWidth, type ByteWriter } from './writer.ts'

/** What runs without a call and weighs at most this is paid for by the function's callers. */
const leafWeight = 64

/**
 * How many calls in a function get a check of their own in place of one at its entry. Recursion that
 * ends soon, and calls in branches not taken, then cost nothing.
 */
const guards = 2

/**
 * How many loops of a function yield outside themselves. It makes them faster, but V8's optimizing
 * compiler takes more than quadratic time over them: 7 ms for 50, four seconds for 1,000.
 */
const wrappedLoops = 50

/** What a loop counts for where blocks are counted: with what metering adds, it costs as much. */
const blocksOfLoop = 8

export class CodeRewriter {
  readonly #declarations: Declarations
  readonly #shift: IndexShift
  readonly #meter: Meter
  readonly #reader: InstructionReader
  readonly #writer: ByteWriter
  readonly #control = new ControlStack()
  readonly #charges: ChargePlan
  #localsTotal = 0
  /** Up to where the input has been copied to the output. */
  #copied = 0
  /** How to get at the fuel: in the global, within loops in a local. */
  #code: MeterCode
  /** The depth of the outermost loop around, 0 if there is none. */
  #loopDepth = 0
  /** The first local that the function itself does not have: holds the fuel, the next one lengths. */
  #spareLocal = 0
  #sparesUsed = 0
  /** How many calls no check but the entry's comes before. */
  #unguarded = 0
  #loops = 0
  #blocks = 0

  constructor(
    declarations: Declarations,
    shift: IndexShift,
    reader: ByteReader,
    writer: ByteWriter,
  ) {
    this.#declarations = declarations
    this.#shift = shift
    this.#meter = new Meter(shift)
    this.#code = this.#meter.global
    this.#reader = new InstructionReader(reader, declarations.signatures, shift)
    this.#writer = writer
    this.#charges = new ChargePlan(this.#control, writer)
  }

  /** Bits of the features that the bodies so far use. */
  get features(): number {
    return this.#reader.features
  }

  /** Where the next body begins. */
  get pos(): number {
    return this.#reader.pos
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
    const type = this.#declarations.functionTypes[functionIndex] as number
    const locals = this.#copyLocals(type, end)
    // Room for a group of one or two spare locals.
    const spareAt = writer.pos
    writer.reserve(2)
    writer.pos += 2
    const entryAt = writer.pos
    this.#sparesUsed = 0
    this.#unguarded = 0
    this.#loops = 0
    this.#blocks = 0
    this.#copied = reader.pos
    this.#control.begin(this.#declarations.signatures.results[type] as number)
    this.#charges.begin(this.#code)
    this.#charges.spend(entryWeight(this.#spareLocal, length))
    this.#walk()
    if (reader.pos !== end) throw malformed(reader.pos, 'function body goes on after its end')
    this.#copyUpTo(end)
    const entryNeeded = this.#charges.finish() > leafWeight || this.#unguarded > guards
    // What turned out not to be needed is cut out again.
    const keepFrom = entryNeeded ? entryAt : entryAt + this.#code.check.length
    const keepTo = this.#sparesUsed > 0 ? entryAt : spareAt
    if (keepFrom !== keepTo) {
      writer.bytes.copyWithin(keepTo, keepFrom, writer.pos)
      writer.pos -= keepFrom - keepTo
    }
    if (this.#sparesUsed > 0) {
      writer.bytes[spareAt] = this.#sparesUsed
      writer.bytes[spareAt + 1] = 0x7f
    }
    writer.patch(start, locals.width, locals.groups + (this.#sparesUsed > 0 ? 1 : 0))
    checkCeiling('functionBytes', writer.pos - start)
    checkCeiling('localsTimesBlocks', this.#blocks * this.#spareLocal)
    writer.endSized(start)
  }

  /** Copies the local declarations after room for their count. */
  #copyLocals(type: number, end: number): { groups: number; width: number } {
    const reader = this.#reader
    const writer = this.#writer
    const groups = reader.count()
    const from = reader.pos
    let count = this.#declarations.signatures.params[type] as number
    for (let i = 0; i < groups; i++) {
      count += reader.u32()
      if (count > ceilings.locals) throw limitExceeded('locals', count, ceilings.locals)
      reader.features |= valueType(reader)
    }
    this.#localsTotal += count
    checkCeiling('localsTotal', this.#localsTotal)
    const width = lebWidth(groups + 1)
    writer.reserve(width)
    writer.pos += width
    writer.copy(reader.bytes, from, reader.pos)
    this.#spareLocal = count
    reader.begin(end, count)
    return { groups, width }
  }

  #copyUpTo(pos: number): void {
    this.#writer.copy(this.#reader.bytes, this.#copied, pos)
    this.#copied = pos
  }

  /** Goes through a function's instructions up to the `end` that closes it. */
  #walk(): void {
    const reader = this.#reader
    const charges = this.#charges
    for (;;) {
      const found = reader.next(charges.left)
      charges.spend(reader.passed)
      if (found === step.end && this.#control.depth === 0) return
      this.#rewrite(found)
    }
  }

  #rewrite(found: Step): void {
    const reader = this.#reader
    const charges = this.#charges
    switch (found) {
      case step.pause:
        this.#spend(0)
        return
      case step.block:
      case step.if:
        this.#blocks++
        charges.open(reader.results)
        return
      case step.loop:
        this.#openLoop()
        return
      case step.else:
        this.#blocks++
        charges.returnToBlock()
        return
      case step.end:
        this.#closeBlock()
        return
      case step.branch:
      case step.branchIf:
        this.#spend(1)
        this.#branch(found)
        return
      case step.branchTable:
        this.#spend(weights.branchTable)
        this.#branchTable()
        return
      case step.return:
        this.#insert(this.#code.store)
        return
      case step.call:
        this.#call(weights.call)
        return
      case step.callIndirect:
        this.#call(weights.callIndirect)
        return
      case step.refFunc:
        this.#spend(1)
        this.#replaceIndex(this.#shift.function(reader.operand, reader.at))
        return
      case step.bulkBytes:
        this.#bulk('bytes', weights.bulk)
        return
      case step.bulkElements:
        this.#bulk('elements', weights.bulk)
        return
      case step.memoryGrow:
        this.#bulk('pages', weights.grow)
        return
      case step.tableGrow:
        this.#bulk('elements', weights.grow)
        return
    }
  }

  /** Charges for the instruction at hand. */
  #spend(weight: number): void {
    this.#charges.spend(weight)
    if (this.#charges.left >= 0) return
    this.#copyUpTo(this.#reader.at)
    this.#charges.renew(this.#code)
  }

  /** Puts `code` before the instruction at hand. */
  #insert(code: Uint8Array): void {
    this.#copyUpTo(this.#reader.at)
    this.#writer.copy(code, 0, code.length)
  }

  /** Writes the instruction at hand with another index. */
  #replaceIndex(index: number): void {
    const reader = this.#reader
    this.#copyUpTo(reader.at)
    this.#copied = reader.pos
    this.#writer.u8(reader.opcode)
    this.#writer.u32(index)
  }

  #openLoop(): void {
    const { at, pos, params, results, bytes } = this.#reader
    this.#copyUpTo(at)
    if (this.#loopDepth === 0) {
      this.#loopDepth = this.#control.depth + 1
      this.#code = this.#meter.local(this.#spareLocal)
      this.#sparesUsed = Math.max(this.#sparesUsed, 1)
      this.#insert(this.#code.fetch)
    }
    this.#loops++
    this.#blocks += blocksOfLoop
    checkCeiling('loops', this.#loops)
    // The blocks around a loop with parameters would need types that the module may not have.
    if (params > 0 || this.#loops > wrappedLoops) {
      this.#copyUpTo(pos)
      this.#charges.openLoop(results, false, this.#code)
      return
    }
    writeLoopHeader(this.#writer, bytes.subarray(at + 1, pos))
    this.#copied = pos
    this.#charges.openLoop(results, true, this.#code)
  }

  #closeBlock(): void {
    const control = this.#control
    const { store } = this.#code
    this.#copyUpTo(this.#reader.pos)
    if (control.wrapped) this.#charges.closeLoop(this.#code)
    this.#charges.returnToBlock()
    if (control.depth === this.#loopDepth) {
      this.#writer.copy(store, 0, store.length)
      this.#loopDepth = 0
      this.#code = this.#meter.global
    }
    control.depth--
  }

  #branch(found: Step): void {
    const reader = this.#reader
    const control = this.#control
    const target = control.target(reader.operand, reader.at)
    const label = control.label(target)
    const leaves = target < this.#loopDepth
    if (leaves && found === step.branchIf && control.results(target) === 0) {
      this.#copyUpTo(reader.at)
      this.#copied = reader.pos
      writeLeavingBranch(this.#writer, this.#code.store, label)
      return
    }
    if (leaves) this.#insert(this.#code.store)
    if (label !== reader.operand) this.#replaceIndex(label)
  }

  #branchTable(): void {
    const reader = this.#reader
    const control = this.#control
    const count = reader.operand + 1
    const targetsAt = reader.pos
    if (this.#loopDepth > 0) {
      let outermost = control.depth
      for (let i = 0; i < count; i++) {
        outermost = Math.min(outermost, control.target(reader.u32(), reader.at))
      }
      if (outermost < this.#loopDepth) this.#insert(this.#code.store)
      reader.pos = targetsAt
    }
    this.#copyUpTo(targetsAt)
    for (let i = 0; i < count; i++) {
      this.#writer.u32(control.label(control.target(reader.u32(), reader.at)))
    }
    this.#copied = reader.pos
  }

  #call(weight: number): void {
    const reader = this.#reader
    const { store, fetch } = this.#code
    if (this.#charges.unguarded) this.#guard()
    this.#spend(weight)
    this.#insert(store)
    if (reader.opcode === 0x10) this.#replaceIndex(this.#shift.function(reader.operand, reader.at))
    if (fetch.length === 0) return
    this.#copyUpTo(reader.pos)
    this.#writer.copy(fetch, 0, fetch.length)
  }

  /** A call that recursion could come by needs a check before it: here, or failing that at the entry. */
  #guard(): void {
    this.#unguarded++
    if (this.#unguarded > guards) return
    this.#copyUpTo(this.#reader.at)
    this.#charges.guard(this.#code)
  }

  /** Puts the charge for a bulk instruction before it: its length is on top of the stack there. */
  #bulk(kind: Bulk, weight: number): void {
    this.#spend(weight)
    this.#insert(this.#code.bulkCheck(kind, this.#spareLocal + 1))
    this.#sparesUsed = 2
  }
}

/**
 * What entering a function costs besides its instructions: every local is set to zero, and the first
 * time the whole body is compiled, in the event loop. Stays below what one charge can take.
 */
function entryWeight(locals: number, bytes: number): number {
  return Math.min(4_096, (locals >>> 3) + (bytes >>> 7))
}
