/** The blocks around the instruction that is being rewritten. */

import { checkCeiling } from './limits.ts'
import { loopWrappers } from './meter.ts'
import { malformed } from './reader.ts'

/** A stack of blocks. Depth 0 is the function itself. */
export class ControlStack {
  depth = 0
  /** By depth: the account that every way into the block has passed (charges.ts). */
  account: Int32Array = new Int32Array(64)
  /** By depth: as `account`, the weight seen at the last check. */
  check: Int32Array = new Int32Array(64)
  /** By depth, for loops: the account that pays for each turn. */
  loop: Int32Array = new Int32Array(64)
  /** By depth: how many values a branch to the block's end takes. */
  #results = new Uint8Array(64)
  /** By depth: how many loops there are up to and including it. */
  #loops = new Int32Array(64)
  /** By depth: how many blocks metering has put around it, on this level and those around it. */
  #added = new Int32Array(64)

  /** Starts a function of `results` results. */
  begin(results: number): void {
    this.depth = 0
    this.#results[0] = results
    this.#loops[0] = 0
    this.#added[0] = 0
  }

  /** Enters a loop; `wrapped` if metering puts blocks around it. */
  pushLoop(account: number, check: number, results: number, wrapped: boolean): void {
    this.push(account, check, results)
    const loops = (this.#loops[this.depth] as number) + 1
    checkCeiling('loopNesting', loops)
    this.#loops[this.depth] = loops
    if (wrapped) this.#added[this.depth] = (this.#added[this.depth] as number) + loopWrappers
  }

  /** Enters a block. */
  push(account: number, check: number, results: number): void {
    const depth = ++this.depth
    checkCeiling('nesting', depth)
    if (depth === this.account.length) this.#grow()
    this.account[depth] = account
    this.check[depth] = check
    this.#results[depth] = results
    this.#loops[depth] = this.#loops[depth - 1] as number
    this.#added[depth] = this.#added[depth - 1] as number
  }

  /** Whether the innermost block is a loop that metering put blocks around. */
  get wrapped(): boolean {
    return this.depth > 0 && this.#added[this.depth] !== this.#added[this.depth - 1]
  }

  /**
   * The depth of the block that the module's `label` leads to.
   *
   * @throws EngineError `ERR_WASM_INVALID` if there are not that many; `at` is where it was read
   */
  target(label: number, at: number): number {
    if (label > this.depth) throw malformed(at, `unknown label ${label}`)
    return this.depth - label
  }

  /** The label that leads to the block at `target` with the blocks that metering added. */
  label(target: number): number {
    const added = (this.#added[this.depth] as number) - (this.#added[target] as number)
    return this.depth - target + added
  }

  /** How many values a branch to the end of the block at `target` takes. */
  results(target: number): number {
    return this.#results[target] as number
  }

  #grow(): void {
    const length = this.account.length * 2
    this.account = copied(new Int32Array(length), this.account)
    this.check = copied(new Int32Array(length), this.check)
    this.loop = copied(new Int32Array(length), this.loop)
    this.#loops = copied(new Int32Array(length), this.#loops)
    this.#added = copied(new Int32Array(length), this.#added)
    this.#results = copied(new Uint8Array(length), this.#results)
  }
}

function copied<T extends Int32Array | Uint8Array>(target: T, source: T): T {
  target.set(source)
  return target
}
