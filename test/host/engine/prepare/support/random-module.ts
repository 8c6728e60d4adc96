/** Makes modules with random control flow that always ends: a global counts loop turns down. */

import { leb, moduleOf, section } from '../../../../support/module-bytes.ts'
import type { Random } from '../../../../fuzz/random.ts'
import { sized, vector } from './assemble.ts'

const functions = 6
const locals = 4
const i32 = 0x7f
const empty = 0x40
/** Type indices: a function of the module, a loop that takes and gives an i32, the imported one. */
const types = { function: 0, loop: 1, imported: 2 }
const turnsGlobal = 0
const importedFunctions = 1

class FunctionMaker {
  readonly #random: Random
  readonly #index: number
  /** Of each block around, innermost last: how many values a branch there takes. */
  readonly #labels: number[] = [1]
  #size = 0

  constructor(random: Random, index: number) {
    this.#random = random
    this.#index = index
  }

  code(): number[] {
    return [...this.#statements(4), ...this.#value(3)]
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.next(items.length)] as T
  }

  #local(): number[] {
    return leb(this.#random.next(2 + locals))
  }

  #statements(depth: number): number[] {
    return Array.from({ length: 1 + this.#random.next(3) }, () => this.#statement(depth)).flat()
  }

  #inside(labelArity: number, make: () => number[]): number[] {
    this.#labels.push(labelArity)
    const code = make()
    this.#labels.pop()
    return code
  }

  /** Code that pushes an i32. */
  #value(depth: number): number[] {
    this.#size++
    if (depth === 0 || this.#size > 300) {
      return this.#random.next(2) === 0 ? [0x20, ...this.#local()] : [0x41, this.#random.next(64)]
    }
    const operand = (): number[] => this.#value(depth - 1)
    switch (this.#random.next(9)) {
      case 0:
        return [...operand(), ...operand(), this.#pick([0x6a, 0x6b, 0x6c, 0x71, 0x73, 0x48])]
      case 1:
        return [
          0x02,
          i32,
          ...this.#inside(1, () => [...this.#statements(depth - 1), ...operand()]),
          0x0b,
        ]
      case 2:
        return [...operand(), 0x04, i32, ...this.#arms(1, depth), 0x0b]
      case 3:
        return [
          0x03,
          i32,
          ...this.#loop(0, () => [...this.#statements(depth - 1), ...operand()]),
          0x0b,
        ]
      case 4:
        return [
          ...operand(),
          0x03,
          types.loop,
          ...this.#loop(1, () => this.#loopOfOne(depth)),
          0x0b,
        ]
      case 5:
        return this.#call(depth)
      case 6:
        return [...operand(), 0x41, 63, 0x71, 0x28, 2, 0]
      case 7: {
        const label = this.#label(1)
        return label === undefined ? operand() : [...operand(), ...operand(), 0x0d, ...leb(label)]
      }
      default:
        return [0x20, ...this.#local()]
    }
  }

  /** The inside of a loop that takes an i32, which is on the stack, and leaves one. */
  #loopOfOne(depth: number): number[] {
    const again = [0x22, ...this.#local(), ...this.#value(depth - 1), 0x0d, 0]
    return [...this.#statements(depth - 1), ...again]
  }

  #arms(arity: number, depth: number): number[] {
    const arm = (): number[] =>
      this.#inside(arity, () => [
        ...this.#statements(depth - 1),
        ...(arity === 1 ? this.#value(depth - 1) : []),
      ])
    return arity === 1 || this.#random.next(2) === 0 ? [...arm(), 0x05, ...arm()] : arm()
  }

  /** A loop's inside, which leaves the function once all turns are spent. */
  #loop(params: number, make: () => number[]): number[] {
    const turns = [0x23, turnsGlobal]
    const spend = [...turns, 0x41, 1, 0x6b, 0x24, turnsGlobal]
    const stop = [...turns, 0x41, 0, 0x48, 0x04, empty, 0x20, ...this.#local(), 0x0f, 0x0b]
    return this.#inside(params, () => [...spend, ...stop, ...make()])
  }

  #statement(depth: number): number[] {
    this.#size++
    const value = (): number[] => this.#value(Math.max(0, depth - 1))
    if (depth === 0 || this.#size > 300) return [...value(), 0x21, ...this.#local()]
    switch (this.#random.next(12)) {
      case 0:
        return [0x02, empty, ...this.#inside(0, () => this.#statements(depth - 1)), 0x0b]
      case 1:
        return [...value(), 0x04, empty, ...this.#arms(0, depth), 0x0b]
      case 2:
      case 3: {
        const again = (): number[] => [...this.#statements(depth - 1), ...value(), 0x0d, 0]
        return [0x03, empty, ...this.#loop(0, again), 0x0b]
      }
      case 4:
        return this.#branch(value)
      case 5:
        return this.#branchTable(value)
      case 6:
        return this.#random.next(4) === 0 ? [...value(), 0x0f] : [...value(), 0x1a]
      case 7:
        return [...this.#call(depth), 0x21, ...this.#local()]
      case 8:
        return [0x41, this.#random.next(64), ...value(), 0x36, 2, 0]
      case 9:
        return [0x41, 32, ...value(), 0x41, this.#random.next(32), 0xfc, 11, 0]
      case 10:
        return [0x41, 0, 0x40, 0, 0x1a]
      default:
        return [...value(), 0x21, ...this.#local()]
    }
  }

  /** A label that takes `arity` values. */
  #label(arity: number): number | undefined {
    const fitting = this.#labels.flatMap((taken, at) =>
      taken === arity ? [this.#labels.length - 1 - at] : [],
    )
    return fitting.length === 0 ? undefined : this.#pick(fitting)
  }

  #branch(value: () => number[]): number[] {
    const arity = this.#random.next(2)
    const label = this.#label(arity)
    if (label === undefined) return [0x01]
    const carried = arity === 1 ? value() : []
    if (this.#random.next(3) === 0) return [...carried, 0x0c, ...leb(label)]
    return [...carried, ...value(), 0x0d, ...leb(label), ...(arity === 1 ? [0x1a] : [])]
  }

  /** Conditional half of the time, or most functions would end here. */
  #branchTable(value: () => number[]): number[] {
    if (this.#random.next(2) === 0) return this.#jump(value)
    const jump = (): number[] => [...value(), 0x45, 0x0d, 0, ...this.#jump(value)]
    return [0x02, empty, ...this.#inside(0, jump), 0x0b]
  }

  #jump(value: () => number[]): number[] {
    const arity = this.#random.next(2)
    const targets = Array.from({ length: 1 + this.#random.next(4) }, () => this.#label(arity))
    if (targets.some((target) => target === undefined)) return [0x01]
    const labels = targets.map((target) => leb(target ?? 0))
    const table = [0x0e, ...leb(labels.length - 1), ...labels.flat()]
    const carried = arity === 1 ? value() : []
    return [...carried, ...value(), ...table]
  }

  #call(depth: number): number[] {
    const operands = [...this.#value(depth - 1), ...this.#value(depth - 1)]
    // Only functions before this one, so that recursion never happens.
    const callee = this.#random.next(this.#index + 1)
    if (callee > 0 && this.#random.next(3) === 0) {
      return [...operands, 0x41, ...leb(callee - 1), 0x11, types.function, 0]
    }
    return [...operands, 0x10, ...leb(callee)]
  }
}

/**
 * A module that imports `env.mix` and exports functions `f0` to `f5`, all `(i32, i32) -> i32`, its
 * memory, and the global `turns`.
 */
export function randomModule(random: Random): Uint8Array<ArrayBuffer> {
  const binary = [0x60, 2, i32, i32, 1, i32]
  const indices = Array.from({ length: functions }, (_, at) => at)
  return moduleOf(
    section(1, vector(binary, [0x60, 1, i32, 1, i32], binary)),
    section(2, vector([...sized('env'), ...sized('mix'), 0, types.imported])),
    section(3, vector(...indices.map(() => [types.function]))),
    section(4, vector([0x70, 0, functions])),
    section(5, vector([0, 1])),
    section(6, vector([i32, 1, 0x41, 0, 0x0b])),
    section(
      7,
      vector(
        [...sized('memory'), 2, 0],
        [...sized('turns'), 3, turnsGlobal],
        ...indices.map((at) => [...sized(`f${at}`), 0, at + importedFunctions]),
      ),
    ),
    section(
      9,
      vector([0, 0x41, 0, 0x0b, ...vector(...indices.map((at) => [at + importedFunctions]))]),
    ),
    section(
      10,
      vector(
        ...indices.map((at) =>
          sized([1, locals, i32, ...new FunctionMaker(random, at).code(), 0x0b]),
        ),
      ),
    ),
  )
}
