/**
 * Decides where a function is charged for what, while its code goes by once.
 *
 * Code only ever jumps back to a loop's head, so everything between a loop's head and its end,
 * inner loops apart, runs at most once a turn. Each instruction is therefore put on the account of
 * a charge that every way to it has passed in the same turn: the latest one in its own block or in a
 * block around it. An account takes about {@link accountSize}; after that a new charge is put right
 * there. So nothing runs unpaid, and a branch not taken costs at most one account too much.
 *
 * Function entries, or the first calls in them, and loop heads check fuel. Charges in between only do
 * once much code has gone by since the last check, whichever way was taken.
 */

import type { ControlStack } from './control.ts'
import { setWeight, weights, type MeterCode } from './meter.ts'
import type { ByteWriter } from './writer.ts'

/** How much one charge pays for before another is put in. */
const accountSize = 256

/** How much code may lie between two checks. */
const checkDistance = 16_384

export class ChargePlan {
  readonly #control: ControlStack
  readonly #writer: ByteWriter
  /** By account: where its weight goes in the output, twice for wrapped loops, and what it is. */
  #weightAt = new Int32Array(64)
  #refundAt = new Int32Array(64)
  #weight = new Int32Array(64)
  #accounts = 0
  #account = 0
  /** What the current account can still take, and what it could when it became current. */
  #left = 0
  #opened = 0
  /** All weight that has gone by in this function, and what that was at the last check. */
  #seen = 0
  #lastCheck = 0

  constructor(control: ControlStack, writer: ByteWriter) {
    this.#control = control
    this.#writer = writer
  }

  /** Starts a function, with the check at its entry. */
  begin(code: MeterCode): void {
    this.#accounts = 0
    this.#seen = 0
    this.#left = 0
    this.#opened = 0
    this.#add(code.check, code.checkWeightAt)
    this.#lastCheck = 0
    this.#control.account[0] = 0
    this.#control.check[0] = 0
  }

  /** What the current account can still take; below zero, {@link renew} is due. */
  get left(): number {
    return this.#left
  }

  /** Puts `weight` on the current account. */
  spend(weight: number): void {
    this.#left -= weight
  }

  /** Whether nothing but the function's entry check has been passed on the way here. */
  get unguarded(): boolean {
    return this.#account === 0
  }

  /** Writes a check and opens its account, which is current until the block ends. */
  guard(code: MeterCode): void {
    this.#settle()
    this.#add(code.check, code.checkWeightAt)
    this.#lastCheck = this.#seen
  }

  /** Writes a charge and opens its account, which is current until the block ends. */
  renew(code: MeterCode): void {
    this.#settle()
    if (this.#seen - this.#lastCheck > checkDistance) this.guard(code)
    else this.#add(code.charge, code.weightAt)
  }

  /** A block begins. */
  open(results: number): void {
    this.#control.push(this.#account, this.#lastCheck, results)
  }

  /** A loop begins and its header has been written; `wrapped` says how. */
  openLoop(results: number, wrapped: boolean, code: MeterCode): void {
    this.#control.pushLoop(this.#account, this.#lastCheck, results, wrapped)
    this.#settle()
    this.#control.loop[this.#control.depth] = this.#accounts
    this.#add(wrapped ? code.loopHead : code.plainLoopHead, code.weightAt)
    this.#lastCheck = this.#seen
    this.#left -= weights.loop
  }

  /** The `end` of a wrapped loop has been written: writes what follows it. */
  closeLoop(code: MeterCode): void {
    const account = this.#control.loop[this.#control.depth] as number
    this.#refundAt[account] = this.#writer.pos + code.refundAt
    this.#writer.copy(code.loopTail, 0, code.loopTail.length)
  }

  /** An `else` begins, or a block has ended: what led into the block led here. */
  returnToBlock(): void {
    this.#settle()
    this.#use(this.#control.account[this.#control.depth] as number)
    this.#lastCheck = this.#control.check[this.#control.depth] as number
  }

  /** Writes every account's weight to its charge; returns what the entry's came to. */
  finish(): number {
    this.#settle()
    for (let i = 0; i < this.#accounts; i++) {
      const weight = this.#weight[i] as number
      const refundAt = this.#refundAt[i] as number
      setWeight(this.#writer, this.#weightAt[i] as number, weight)
      if (refundAt > 0) setWeight(this.#writer, refundAt, weight)
    }
    return this.#weight[0] as number
  }

  /** Writes `bytes`, whose charge has its weight at `weightAt`, and makes theirs the current account. */
  #add(bytes: Uint8Array, weightAt: number): void {
    if (this.#accounts === this.#weight.length) {
      this.#weightAt = grown(this.#weightAt)
      this.#refundAt = grown(this.#refundAt)
      this.#weight = grown(this.#weight)
    }
    this.#weightAt[this.#accounts] = this.#writer.pos + weightAt
    this.#refundAt[this.#accounts] = 0
    this.#weight[this.#accounts] = 0
    this.#writer.copy(bytes, 0, bytes.length)
    this.#use(this.#accounts++)
  }

  /** Books what was spent since the current account became current. */
  #settle(): void {
    const spent = this.#opened - this.#left
    this.#weight[this.#account] = (this.#weight[this.#account] as number) + spent
    this.#seen += spent
    this.#opened = this.#left
  }

  #use(account: number): void {
    this.#account = account
    this.#left = accountSize - (this.#weight[account] as number)
    this.#opened = this.#left
  }
}

function grown(values: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(values.length * 2)
  larger.set(values)
  return larger
}
