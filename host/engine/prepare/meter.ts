/**
 * The code that is put into a module to meter it.
 *
 * Fuel is a mutable i32 that counts down by about one per instruction. A *charge* takes the weight
 * of the code that follows it, a *check* is a charge that calls the host's `yield` once fuel is
 * below zero; `yield` refills it, suspends the guest, or throws.
 */

import type { IndexShift } from './shift.ts'
import { leb, type ByteWriter } from './writer.ts'

/** Bytes of the constant that holds a weight: signed, so up to {@link maxWeight}. */
const weightWidth = 2

/** The most that one charge can take. */
export const maxWeight = 8191

/** What an instruction costs where it is not 1. One unit is about a simple instruction's time. */
export const weights = {
  loop: 2,
  call: 8,
  callIndirect: 12,
  bulk: 20,
  grow: 1_000,
} as const

/** The kinds of length operand that are charged for, and what a unit of each costs. */
export type Bulk = 'bytes' | 'elements' | 'pages'

const op = {
  if: 0x04,
  end: 0x0b,
  call: 0x10,
  localGet: 0x20,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i32LtS: 0x48,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32Shl: 0x74,
  i32ShrU: 0x76,
  void: 0x40,
} as const

/** Turns the length on the stack into fuel; never more than 2^28, so that fuel cannot wrap around. */
const bulkCost: Readonly<Record<Bulk, readonly number[]>> = {
  // length >>> 4: 16 bytes a unit
  bytes: [op.i32Const, 4, op.i32ShrU],
  // (length & 0xffffff) << 3: longer ones fail anyway
  elements: [op.i32Const, 0xff, 0xff, 0xff, 0x07, op.i32And, op.i32Const, 3, op.i32Shl],
  // (length & 0x1ffff) << 8: 256 bytes a unit, pages are touched later and pay for that then
  pages: [op.i32Const, 0xff, 0xff, 0x07, op.i32And, op.i32Const, 8, op.i32Shl],
}

export class Meter {
  readonly #charge: Uint8Array
  readonly #check: Uint8Array
  readonly #weightAt: number
  readonly #getFuel: readonly number[]
  readonly #setFuel: readonly number[]
  readonly #yieldIfSpent: readonly number[]

  constructor(shift: IndexShift) {
    const fuel = leb(shift.fuel)
    this.#getFuel = [op.globalGet, ...fuel]
    this.#setFuel = [op.globalSet, ...fuel]
    this.#yieldIfSpent = [
      ...this.#getFuel,
      ...[op.i32Const, 0, op.i32LtS],
      ...[op.if, op.void, op.call, ...leb(shift.yield), op.end],
    ]
    const charge = [...this.#getFuel, op.i32Const, 0x80, 0x00, op.i32Sub, ...this.#setFuel]
    this.#charge = Uint8Array.from(charge)
    this.#check = Uint8Array.from([...charge, ...this.#yieldIfSpent])
    this.#weightAt = this.#getFuel.length + 1
  }

  /** Bytes that {@link writeCheck} writes. */
  get checkLength(): number {
    return this.#check.length
  }

  /** Writes a charge; returns where {@link setWeight} puts its weight. */
  writeCharge(writer: ByteWriter): number {
    writer.copy(this.#charge, 0, this.#charge.length)
    return writer.pos - this.#charge.length + this.#weightAt
  }

  /** Writes a check; returns where {@link setWeight} puts its weight. */
  writeCheck(writer: ByteWriter): number {
    writer.copy(this.#check, 0, this.#check.length)
    return writer.pos - this.#check.length + this.#weightAt
  }

  setWeight(writer: ByteWriter, at: number, weight: number): void {
    writer.patch(at, weightWidth, weight)
  }

  /** Writes what charges for a bulk instruction by the length on top of the stack, then checks. */
  writeBulkCheck(writer: ByteWriter, kind: Bulk, scratchLocal: number): void {
    const local = leb(scratchLocal)
    const code = [
      ...[op.localTee, ...local],
      ...this.#getFuel,
      ...[op.localGet, ...local],
      ...bulkCost[kind],
      op.i32Sub,
      ...this.#setFuel,
      ...this.#yieldIfSpent,
    ]
    writer.copy(code, 0, code.length)
  }
}
