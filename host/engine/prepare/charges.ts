/**
 * Decides where a function is charged for what, while its code goes by once.
 *
 * Code only ever jumps back to a loop's head, so everything between a loop's head and its end,
 * inner loops apart, runs at most once a turn. Each instruction is therefore put on the account of
 * a charge that every way to it has passed in the same turn: the latest one in its own block or in a
 * block around it. An account takes about {@link accountWeight}; after that a new charge is put right
 * there. So nothing runs unpaid, and a branch not taken costs at most one account too much.
 *
 * Function entries and loop heads check fuel. Charges in between only do once much code has gone by
 * since the last check, whichever way was taken.
 */

import { checkCeiling } from './limits.ts'
import { weights, type Meter } from './meter.ts'
import type { ByteWriter } from './writer.ts'

/** How much one charge pays for before another is put in. */
const accountWeight = 512

/** How much code may lie between two checks. */
const checkDistance = 16_384

export class ChargePlan {
  readonly #meter: Meter
  readonly #writer: ByteWriter
  /** By account: where its weight goes in the output, and how much it has come to. */
  #weightAt = new Int32Array(64)
  #weight = new Int32Array(64)
  #accounts = 0
  /** By depth: the account and the last check that every way into the block has passed. */
  #frameAccount = new Int32Array(64)
  #frameCheck = new Int32Array(64)
  #depth = 0
  #account = 0
  /** What the current account can still take, and what it could when it became current. */
  #left = 0
  #opened = 0
  /** All weight that has gone by in this function, and what that was at the last check. */
  #seen = 0
  #lastCheck = 0

  constructor(meter: Meter, writer: ByteWriter) {
    this.#meter = meter
    this.#writer = writer
  }

  /** Starts a function with a check. */
  begin(): void {
    this.#accounts = 0
    this.#depth = 0
    this.#seen = 0
    this.#left = 0
    this.#opened = 0
    this.#addCheck()
    this.#frameAccount[0] = 0
    this.#frameCheck[0] = 0
  }

  /** Puts `weight` on the current account; true once that is full and {@link renew} is due. */
  spend(weight: number): boolean {
    this.#left -= weight
    return this.#left < 0
  }

  /** Writes a charge and opens its account, which is current until the block ends. */
  renew(): void {
    this.#settle()
    if (this.#seen - this.#lastCheck > checkDistance) this.#addCheck()
    else this.#use(this.#addAccount(this.#meter.writeCharge(this.#writer)))
  }

  /** A `block` or `if` begins. */
  open(): void {
    this.#depth++
    checkCeiling('nesting', this.#depth)
    if (this.#depth === this.#frameAccount.length) {
      this.#frameAccount = grown(this.#frameAccount)
      this.#frameCheck = grown(this.#frameCheck)
    }
    this.#frameAccount[this.#depth] = this.#account
    this.#frameCheck[this.#depth] = this.#lastCheck
  }

  /** A `loop` begins and its header has been written: a check follows. */
  openLoop(): void {
    this.open()
    this.#settle()
    this.#addCheck()
    this.#left -= weights.loop
  }

  /** An `else` begins: whoever gets there has passed what led into the `if`. */
  alternative(): void {
    this.#settle()
    this.#use(this.#frameAccount[this.#depth] as number)
    this.#lastCheck = this.#frameCheck[this.#depth] as number
  }

  /** An `end`; true if it is the function's. */
  close(): boolean {
    if (this.#depth === 0) return true
    this.alternative()
    this.#depth--
    return false
  }

  /** Writes every account's weight to its charge; returns what the entry's came to. */
  finish(): number {
    this.#settle()
    for (let i = 0; i < this.#accounts; i++) {
      this.#meter.setWeight(this.#writer, this.#weightAt[i] as number, this.#weight[i] as number)
    }
    return this.#weight[0] as number
  }

  #addCheck(): void {
    this.#use(this.#addAccount(this.#meter.writeCheck(this.#writer)))
    this.#lastCheck = this.#seen
  }

  #addAccount(weightAt: number): number {
    if (this.#accounts === this.#weight.length) {
      this.#weightAt = grown(this.#weightAt)
      this.#weight = grown(this.#weight)
    }
    this.#weightAt[this.#accounts] = weightAt
    this.#weight[this.#accounts] = 0
    return this.#accounts++
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
    this.#left = accountWeight - (this.#weight[account] as number)
    this.#opened = this.#left
  }
}

function grown(values: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(values.length * 2)
  larger.set(values)
  return larger
}
