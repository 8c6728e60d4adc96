/** What metering costs: CPU-bound kernels as they are, and as `prepare` makes them. */

import { readFile } from 'node:fs/promises'
import { prepare } from '../host/engine/prepare/index.ts'
import { runCompiler } from '../scripts/build-actors.ts'

export interface MeteringRow {
  readonly kernel: string
  /** Median milliseconds of one run. */
  readonly plainMs: number
  readonly meteredMs: number
  /** The median of metered over plain, run one right after the other: at most 1.3 is the goal. */
  readonly ratio: number
  /** Units of fuel that one run takes, in millions. */
  readonly fuelMillions: number
}

/** How much each kernel does, for some 5 to 15 ms a run. */
const sizes: Readonly<Record<string, number>> = {
  fib: 31,
  sieve: 2_000_000,
  matrix: 180,
  sort: 200_000,
  hash: 3_000,
  mandelbrot: 220,
  sha256: 30_000,
  interpreter: 1_500_000,
  dispatch: 8_000_000,
  json: 40_000,
}

const warmUps = 4
/** Fuel between two yields: what an engine gives, so that yields are as rare as there. */
const refill = 2_000_000

interface Subject {
  run(kernel: string): number
  /** Milliseconds of one run. */
  time(kernel: string): number
  fuel(): number
}

/**
 * Runs every kernel plain and metered in turn, `rounds` times each, and gives medians. Takes about six
 * seconds, compiling included.
 *
 * @throws Error if a kernel does not compute the same under metering
 */
export async function measureMetering(rounds = 21): Promise<MeteringRow[]> {
  const wasm = await compileKernels()
  const prepared = prepare(wasm, { memoryBytes: 64 << 20, tableElements: 10_000 })
  const plain = instantiate(wasm)
  const metered = instantiate(prepared.bytes, prepared.fuelGlobal)
  return Object.keys(sizes).map((kernel) => {
    for (let i = 0; i < warmUps; i++) {
      const expected = plain.run(kernel)
      const actual = metered.run(kernel)
      if (expected !== actual)
        throw new Error(`${kernel}: ${actual} under metering, not ${expected}`)
    }
    const before = metered.fuel()
    metered.run(kernel)
    const fuelMillions = (metered.fuel() - before) / 1e6
    const times = Array.from({ length: rounds }, () => [plain.time(kernel), metered.time(kernel)])
    const plainMs = median(times.map(([first = 0]) => first))
    const meteredMs = median(times.map(([, second = 0]) => second))
    const ratio = median(times.map(([first = 0, second = 0]) => second / first))
    return { kernel, plainMs, meteredMs, ratio, fuelMillions }
  })
}

async function compileKernels(): Promise<Uint8Array<ArrayBuffer>> {
  const source = await readFile(new URL('kernels/metering.as', import.meta.url), 'utf8')
  const written: Uint8Array[] = []
  await runCompiler(
    'kernels.ts -o kernels.wasm -O3 --noAssert --runtime minimal --exportRuntime'.split(' '),
    {
      readFile: (name) => (name === 'kernels.ts' ? source : null),
      writeFile: (_, contents) => {
        if (typeof contents !== 'string') written.push(contents)
      },
      listFiles: () => [],
    },
  )
  const [wasm] = written
  if (wasm === undefined) throw new Error('kernels compiled to nothing')
  return Uint8Array.from(wasm)
}

function instantiate(wasm: Uint8Array<ArrayBuffer>, fuelGlobal?: string): Subject {
  let used = 0
  const refuel = (): void => {
    if (fuel === undefined) return
    used += refill - fuel.value
    fuel.value = refill
  }
  const abort = (): void => {
    throw new Error('kernel aborted')
  }
  const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), {
    env: { abort },
    __wash: { yield: refuel },
  })
  const exports = instance.exports as Record<string, unknown>
  const fuel =
    fuelGlobal === undefined ? undefined : (exports[fuelGlobal] as WebAssembly.Global<'i32'>)
  if (fuel !== undefined) fuel.value = refill
  call(exports, '__wash_start')
  const run = (kernel: string): number => Number(call(exports, kernel, sizes[kernel]))
  return {
    run(kernel) {
      const result = run(kernel)
      call(exports, '__collect')
      return result
    },
    time(kernel) {
      const start = performance.now()
      run(kernel)
      const duration = performance.now() - start
      // Outside of what is timed: the kernels leave garbage behind.
      call(exports, '__collect')
      return duration
    },
    fuel() {
      return fuel === undefined ? 0 : used + refill - fuel.value
    },
  }
}

function call(exports: Record<string, unknown>, name: string, ...values: unknown[]): unknown {
  const wanted = exports[name] as ((...values: unknown[]) => unknown) | undefined
  return wanted?.(...values)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}

if (import.meta.main) console.table(await measureMetering())
