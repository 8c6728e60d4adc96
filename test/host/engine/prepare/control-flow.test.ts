import test from 'ava'
import { prepare } from '../../../../host/engine/prepare/index.ts'
import { seededRandom } from '../../../fuzz/random.ts'
import { randomModule } from './support/random-module.ts'
import { instantiate, instantiateMetered, limits, outcome, type Exports } from './support/run.ts'

const imports = {
  env: { mix: (a: number, b: number): number => (Math.imul(a, 31) + b) & 0xff },
}

/** Everything that can be seen of running each function once. */
function observe(exports: Exports): unknown[] {
  const turns = exports['turns'] as unknown as WebAssembly.Global<'i32'>
  return [0, 1, 2, 3, 4, 5].map((at) => {
    turns.value = 200
    const result = outcome(() => exports[`f${at}`]?.(7 + at, 3))
    return [result, turns.value, Buffer.from(exports.memory.buffer, 0, 64).toString('hex')]
  })
}

test('prepare - random control flow computes the same, however often it yields', (t) => {
  let trapped = 0
  for (let seed = 1; seed <= 400; seed++) {
    const wasm = randomModule(seededRandom(seed))
    t.true(WebAssembly.validate(wasm), `module ${seed} is not valid`)
    const prepared = prepare(wasm, limits)
    const expected = observe(instantiate(wasm, imports))
    trapped += JSON.stringify(expected).includes('trap') ? 1 : 0

    const used = [40, 1_000, 1_000_000].map((refill) => {
      const metered = instantiateMetered(prepared, { imports, refill, maxYields: 1_000_000 })
      t.deepEqual(observe(metered.exports), expected, `module ${seed}, refilled by ${refill}`)
      return metered.used()
    })
    if (!JSON.stringify(expected).includes('trap')) {
      t.is(new Set(used).size, 1, `module ${seed} used ${used.join(', ')}`)
    }
  }
  t.true(trapped < 100, `${trapped} of 400 trapped`)
})
