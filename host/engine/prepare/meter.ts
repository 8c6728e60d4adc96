/**
 * The code that is put into a module to meter it.
 *
 * Fuel is a mutable i32 global that counts down by about one per instruction. A *charge* takes the
 * weight of the code that follows it; a *check* is a charge that calls the host's `yield` once fuel
 * is below zero. `yield` refills the global, suspends the guest, or throws.
 *
 * Within loops fuel is held in a local, which V8 keeps in a register. It is put back into the global
 * before anything that may look at it or leave the loop, and fetched again after calls.
 */

import type { IndexShift } from './shift.ts'
import { leb, type ByteWriter } from './writer.ts'

/** What an instruction costs where it is not 1. One unit is about a simple instruction's time. */
export const weights = {
  loop: 2,
  branchTable: 4,
  call: 8,
  callIndirect: 12,
  bulk: 20,
  grow: 1_000,
} as const

/** How many blocks {@link MeterCode.loopHead} puts around a loop. */
export const loopWrappers = 3

/** What the length operand of a bulk instruction counts. */
export type Bulk = 'bytes' | 'elements' | 'pages'

const op = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i32LtS: 0x48,
  i32GeS: 0x4e,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32Shl: 0x74,
  i32ShrU: 0x76,
  void: 0x40,
} as const

/** Turns a length into fuel; never more than 2^28, so that fuel cannot wrap around. */
const bulkCost: Readonly<Record<Bulk, readonly number[]>> = {
  // length >>> 4: 16 bytes a unit
  bytes: [op.i32Const, 4, op.i32ShrU],
  // (length & 0xffffff) << 3: longer ones fail anyway
  elements: [op.i32Const, 0xff, 0xff, 0xff, 0x07, op.i32And, op.i32Const, 3, op.i32Shl],
  // (length & 0x1ffff) << 8: 256 bytes a unit; touching the pages is paid for when it happens
  pages: [op.i32Const, 0xff, 0xff, 0x07, op.i32And, op.i32Const, 8, op.i32Shl],
}

/** The pieces of metering code, for fuel in the global or in one certain local. */
export interface MeterCode {
  readonly charge: Uint8Array
  /** Yields until there is fuel, then charges. As a loop, because V8 makes of that what is fastest. */
  readonly check: Uint8Array
  /** What comes first in a loop that yields within itself. */
  readonly plainLoopHead: Uint8Array
  /**
   * What comes first in a loop that yields outside itself; the module's `loop` becomes
   *
   *     block type
   *       loop type
   *         block
   *           loop type
   *             charge; br_if 1 when spent
   *             …
   *           end
   *           br 2
   *         end
   *         call yield; refund
   *         br 0
   *       end
   *     end
   *
   * With the call inside the inner loop, V8 neither unrolls it nor keeps its values in registers:
   * short loops then took up to 2.6 times as long. The charge is given back because it is passed
   * again; checking before charging would do, too, but was measurably slower.
   */
  readonly loopHead: Uint8Array
  /** What follows the inner `end` above. */
  readonly loopTail: Uint8Array
  /** Where the weight stands, as two bytes: in `charge` and loop heads, in `check`, in `loopTail`. */
  readonly weightAt: number
  readonly checkWeightAt: number
  readonly refundAt: number
  /** Puts the fuel into the global, and fetches it from there: nothing where it is in the global. */
  readonly store: Uint8Array
  readonly fetch: Uint8Array
  /** Charges for a bulk instruction by the length on top of the stack, and checks. */
  bulkCheck(kind: Bulk, scratchLocal: number): Uint8Array
}

const maxKept = 256

/** Makes the metering code of one module. */
export class Meter {
  /** For fuel in the global. */
  readonly global: MeterCode
  readonly #fuel: readonly number[]
  readonly #yield: readonly number[]
  readonly #locals = new Map<number, MeterCode>()

  constructor(shift: IndexShift) {
    this.#fuel = leb(shift.fuel)
    this.#yield = leb(shift.yield)
    this.global = this.#assemble({
      get: [op.globalGet, ...this.#fuel],
      set: [op.globalSet, ...this.#fuel],
      store: [],
      fetch: [],
    })
  }

  /** For fuel in the local `index`. */
  local(index: number): MeterCode {
    let code = this.#locals.get(index)
    if (code === undefined) {
      const local = leb(index)
      code = this.#assemble({
        get: [op.localGet, ...local],
        set: [op.localSet, ...local],
        store: [op.localGet, ...local, op.globalSet, ...this.#fuel],
        fetch: [op.globalGet, ...this.#fuel, op.localSet, ...local],
      })
      // A module may have a different index in every function.
      if (this.#locals.size === maxKept) this.#locals.clear()
      this.#locals.set(index, code)
    }
    return code
  }

  #assemble(fuel: Record<'get' | 'set' | 'store' | 'fetch', number[]>): MeterCode {
    const yieldNow = [...fuel.store, op.call, ...this.#yield, ...fuel.fetch]
    const spent = [...fuel.get, op.i32Const, 0, op.i32LtS]
    const yieldIfSpent = [...spent, op.if, op.void, ...yieldNow, op.end]
    const yieldWhileSpent = [
      [op.block, op.void, op.loop, op.void, ...fuel.get, op.i32Const, 0, op.i32GeS, op.brIf, 1],
      [...yieldNow, op.br, 0, op.end, op.end],
    ].flat()
    const charge = [...fuel.get, op.i32Const, 0x80, 0x00, op.i32Sub, ...fuel.set]
    const refund = [...fuel.get, op.i32Const, 0x80, 0x00, op.i32Add, ...fuel.set]
    const tail = [op.br, 2, op.end, ...yieldNow, ...refund, op.br, 0, op.end, op.end]
    return {
      charge: Uint8Array.from(charge),
      check: Uint8Array.from([...yieldWhileSpent, ...charge]),
      plainLoopHead: Uint8Array.from([...charge, ...yieldIfSpent]),
      loopHead: Uint8Array.from([...charge, ...spent, op.brIf, 1]),
      loopTail: Uint8Array.from(tail),
      weightAt: fuel.get.length + 1,
      checkWeightAt: yieldWhileSpent.length + fuel.get.length + 1,
      refundAt: tail.length - refund.length - 4 + fuel.get.length + 1,
      store: Uint8Array.from(fuel.store),
      fetch: Uint8Array.from(fuel.fetch),
      bulkCheck(kind, scratchLocal): Uint8Array {
        const scratch = leb(scratchLocal)
        const keepLength = [op.localTee, ...scratch]
        const cost = [op.localGet, ...scratch, ...bulkCost[kind]]
        return Uint8Array.from(
          [keepLength, fuel.get, cost, op.i32Sub, fuel.set, yieldIfSpent].flat(),
        )
      },
    }
  }
}

/** Writes the blocks around a loop of `type`, and the loop's own header. */
export function writeLoopHeader(writer: ByteWriter, type: Uint8Array): void {
  const opcodes = [op.block, op.loop, op.block, op.loop]
  opcodes.forEach((opcode, at) => {
    writer.u8(opcode)
    if (at === 2) writer.u8(op.void)
    else writer.copy(type, 0, type.length)
  })
}

/** Writes `if store; br label; end` in place of `br_if`; `label` is counted without that `if`. */
export function writeLeavingBranch(writer: ByteWriter, store: Uint8Array, label: number): void {
  writer.u8(op.if)
  writer.u8(op.void)
  writer.copy(store, 0, store.length)
  writer.u8(op.br)
  writer.u32(label + 1)
  writer.u8(op.end)
}

/** Puts the weight of a charge where it belongs: a signed LEB128 of two bytes, so at most 8191. */
export function setWeight(writer: ByteWriter, at: number, weight: number): void {
  writer.patch(at, 2, weight)
}
