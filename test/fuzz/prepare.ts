import { EngineError } from '../../host/engine/errors.ts'
import { prepare, readFacts, type PreparedModule } from '../../host/engine/prepare/index.ts'
import { randomModule } from '../host/engine/prepare/support/random-module.ts'
import { instantiateMetered, limits, OutOfBudget } from '../host/engine/prepare/support/run.ts'
import { answerModule, custom, leb, moduleOf, section } from '../support/module-bytes.ts'
import { seededRandom } from './random.ts'
import type { FuzzTarget } from './target.ts'

/** As V8 sees the module itself: refusing for size is right in either case. */
const generous = { memoryBytes: 65_536 * 65_536, tableElements: 10_000_000 }

/** Modules. What is accepted is valid afterwards exactly if it was before, and always stops. */
export const prepareTarget: FuzzTarget = {
  name: 'prepare',
  run(input) {
    const wasm = Uint8Array.from(input)
    const valid = WebAssembly.validate(wasm)
    try {
      readFacts(wasm)
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
    }
    const prepared = prepareChecked(wasm, valid)
    if (WebAssembly.validate(prepared.bytes) !== valid) {
      throw new Error(valid ? 'valid before, not after' : 'valid after, not before')
    }
    if (valid && prepared.facts.imports.length === 0) runAll(prepare(wasm, limits))
  },
  seeds: () => [
    answerModule(),
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((seed) => randomModule(seededRandom(seed))),
    everySection(),
  ],
}

function prepareChecked(wasm: Uint8Array, valid: boolean): PreparedModule {
  try {
    return prepare(wasm, generous)
  } catch (error) {
    if (valid && error instanceof EngineError && error.code === 'ERR_WASM_INVALID') {
      throw new Error(`refused although valid: ${error.message}`, { cause: error })
    }
    throw error
  }
}

/** Calls every export that takes nothing; a loop that is not metered would keep the fuzzer here. */
function runAll(prepared: PreparedModule): void {
  const quietly = (call: () => unknown): void => {
    try {
      call()
    } catch (error) {
      const traps = [WebAssembly.RuntimeError, RangeError, OutOfBudget, TypeError]
      if (!traps.some((trap) => error instanceof trap)) throw error
    }
  }
  quietly(() => {
    const { exports } = instantiateMetered(prepared, { refill: 10_000, maxYields: 3 })
    for (const item of Object.values(exports)) {
      if (typeof item === 'function') quietly(() => item())
    }
  })
}

/** A module with one of everything that has an index. */
function everySection(): Uint8Array {
  const text = (value: string): number[] => [value.length, ...Buffer.from(value)]
  const code = [
    [0x41, 0, 0x41, 1, 0x41, 2, 0xfc, 11, 0],
    [0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 8, 0, 0, 0xfc, 9, 0],
    [0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 12, 1, 0, 0xfc, 13, 1],
    [0xd2, 1, 0x41, 1, 0xfc, 15, 0, 0x1a, 0x41, 0, 0x11, 0, 0],
    [0x23, 0, 0x41, 1, 0x6a, 0x24, 0, 0x41, 0, 0x40, 0, 0x1a],
    [0x03, 0x40, 0x02, 0x40, 0x20, 0, 0x0e, 1, 0, 1, 0, 0x0b, 0x0b],
    [0x41, 5, 0x03, 1, 0x22, 0, 0x20, 0, 0x45, 0x0d, 0, 0x0b, 0x1a],
    [0xfd, 12, ...Array<number>(16).fill(1), 0xfd, 21, 3, 0x1a, 0x10, 0],
  ].flat()
  const names = [1, 9, 2, 0, ...text('a'), 1, ...text('run')]
  return moduleOf(
    section(1, [2, 0x60, 0, 0, 0x60, 1, 0x7f, 1, 0x7f]),
    section(3, [2, 0, 0]),
    section(4, [1, 0x70, 0, 4]),
    section(5, [1, 1, 1, 3]),
    section(6, [2, 0x7f, 1, 0x41, 0, 0x0b, 0x70, 0, 0xd2, 1, 0x0b]),
    section(7, [2, ...text('run'), 0, 1, ...text('memory'), 2, 0]),
    section(8, [0]),
    section(
      9,
      [
        [3, 0, 0x41, 0, 0x0b, 2, 0, 1],
        [1, 0, 1, 0],
        [6, 0, 0x41, 2, 0x0b, 0x70, 1, 0xd2, 1, 0x0b],
      ].flat(),
    ),
    section(12, [1]),
    section(10, [2, 2, 0, 0x0b, ...leb(code.length + 4), 1, 1, 0x7f, ...code, 0x0b]),
    section(11, [1, 1, ...text('data')]),
    custom('name', names),
  )
}
