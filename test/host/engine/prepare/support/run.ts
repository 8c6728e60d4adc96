/** Instantiates modules as a host does, only that `yield` is a plain function. */

import {
  prepare,
  type PreparedModule,
  type PrepareLimits,
} from '../../../../../host/engine/prepare/index.ts'

export const limits: PrepareLimits = { memoryBytes: 64 * 65_536, tableElements: 10_000 }

export type Exports = Record<string, (...values: unknown[]) => unknown> & {
  memory: WebAssembly.Memory
}

export interface Metered {
  readonly exports: Exports
  readonly fuel: WebAssembly.Global<'i32'>
  /** How often the guest yielded. */
  yields: number
  /** Fuel that the guest has used in all. */
  used(): number
}

/** Thrown by `yield` when a guest has yielded as often as it may. */
export class OutOfBudget extends Error {}

/** Compiles without metering. */
export function instantiate(
  wasm: Uint8Array<ArrayBuffer>,
  imports: WebAssembly.Imports = {},
): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(wasm), imports).exports as Exports
}

/**
 * Compiles a prepared module. Every `yield` refills `refill` units, the one after `maxYields` throws
 * {@link OutOfBudget}. The start function, if there is one, has run.
 */
export function instantiateMetered(
  prepared: PreparedModule,
  {
    imports = {},
    refill = 100_000,
    maxYields = 1_000,
  }: {
    imports?: WebAssembly.Imports
    refill?: number
    maxYields?: number
  } = {},
): Metered {
  let before = 0
  const metered = { yields: 0, used: () => before + refill - metered.fuel.value } as Metered
  const pause = (): void => {
    metered.yields++
    before = metered.used()
    metered.fuel.value = refill
    if (metered.yields > maxYields) throw new OutOfBudget()
  }
  const exports = instantiate(prepared.bytes, { ...imports, __wash: { yield: pause } })
  const fuel = exports[prepared.fuelGlobal] as unknown as WebAssembly.Global<'i32'>
  Object.assign(metered, { exports, fuel })
  fuel.value = refill
  if (prepared.startExport !== undefined) exports[prepared.startExport]?.()
  return metered
}

/** Prepares with {@link limits} and instantiates. */
export function prepareAndRun(
  wasm: Uint8Array,
  options?: Parameters<typeof instantiateMetered>[1],
): Metered {
  return instantiateMetered(prepare(wasm, limits), options)
}

/** What a call comes to, traps included, in a form that compares. */
export function outcome(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return `trap: ${error.message}`
    throw error
  }
}
