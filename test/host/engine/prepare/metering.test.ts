import test, { type ExecutionContext } from 'ava'
import { prepare } from '../../../../host/engine/prepare/index.ts'
import { moduleOf, section } from '../../../support/module-bytes.ts'
import { assemble, body, sized, vector } from './support/assemble.ts'
import {
  instantiateMetered,
  limits,
  OutOfBudget,
  prepareAndRun,
  type Metered,
} from './support/run.ts'

/** Code that never ends by itself, as function `run`. */
const endless: Readonly<Record<string, string>> = {
  'an empty loop': '(loop (br 0))',
  'a conditional loop': '(loop (br_if 0 (i32.const 1)))',
  'a loop closed by a branch table': '(loop (br_table 0 0 (i32.const 5)))',
  'a loop entered from a block within': '(loop $l (block (br_if $l (i32.const 1)) (br $l)))',
  'an inner loop': '(loop (loop (br 0)) (br 0))',
  'an outer loop around one that ends': '(loop $l (loop $m (br_if $m (i32.const 0))) (br $l))',
  'a loop that gives a value': '(drop (loop (result i32) (br 0)))',
  'a loop that takes a value': '(drop (i32.const 1) (loop (param i32) (result i32) (br 0)))',
  'a loop in an else': '(if (i32.const 0) (then) (else (loop (br 0))))',
  'a loop of calls': '(loop (call $leaf) (br 0))',
  'a loop of indirect calls': '(loop (call_indirect (i32.const 0)) (br 0))',
  'a loop of host calls': '(loop (call $host) (br 0))',
  recursion: '(call $run)',
  'recursion through a table': '(call_indirect (i32.const 1))',
  'a loop of memory.grow': '(loop (drop (memory.grow (i32.const 0))) (br 0))',
  'a loop of table.grow': '(loop (drop (table.grow $t (ref.null func) (i32.const 0))) (br 0))',
  'a loop after fifty others': `${'(loop) '.repeat(60)} (loop (br 0))`,
  'a loop after unreachable blocks': '(block (br 0) (loop (br 0))) (loop (br 0))',
}

for (const [what, text] of Object.entries(endless)) {
  test(`prepare - ${what} is stopped`, async (t) => {
    const wasm = await assemble(`(module
      (import "env" "host" (func $host))
      (memory 1) (table $t 2 funcref) (elem (i32.const 0) $leaf $run)
      (func $leaf)
      (func $run (export "run") ${text}))`)
    // Recursion has to be stopped before the stack is used up: small refills.
    const metered = prepareAndRun(wasm, {
      imports: { env: { host() {} } },
      refill: 1_000,
      maxYields: 20,
    })
    t.throws(() => metered.exports['run']?.(), { instanceOf: OutOfBudget })
    t.is(metered.yields, 21)
  })
}

test('prepare - a start function that never ends is stopped', async (t) => {
  const wasm = await assemble('(module (func $main (loop (br 0))) (start $main))')
  t.throws(() => prepareAndRun(wasm), { instanceOf: OutOfBudget })
})

/** Fuel that `run` takes. */
function fuelOf(wasm: Uint8Array, ...values: unknown[]): number {
  const metered = prepareAndRun(wasm, { refill: 2_000_000_000 })
  metered.exports['run']?.(...values)
  return metered.used()
}

test('prepare - a loop pays for each turn what its body weighs', async (t) => {
  const wasm = await assemble(`(module (func (export "run") (param i32)
    (loop
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if 0 (local.get 0)))))`)
  const turn = (fuelOf(wasm, 1_001) - fuelOf(wasm, 1)) / 1_000
  // Six instructions and the loop's own weight of 2.
  t.is(turn, 8)
})

test('prepare - straight code without a loop is paid for', (t) => {
  const nops = (count: number): number[] => Array<number>(count).fill(0x01)
  const wasm = (count: number): Uint8Array =>
    moduleOf(
      section(1, vector([0x60, 0, 0])),
      section(3, vector([0])),
      section(7, vector([...sized('run'), 0, 0])),
      section(10, vector(sized([0, ...nops(count), 0x0b]))),
    )
  t.is(fuelOf(wasm(10)), 0)
  t.is(fuelOf(wasm(100)), 100)
  // A large body costs something besides: it is compiled when it is first entered.
  t.is(fuelOf(wasm(100_000)), 100_000 + (100_000 >>> 7))
})

test('prepare - calls that double at each level are stopped', (t) => {
  const levels = 64
  const wasm = moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(3, vector(...Array.from({ length: levels }, () => [0]))),
    section(7, vector([...sized('run'), 0, levels - 1])),
    section(
      10,
      vector(
        ...Array.from({ length: levels }, (_, at) =>
          at === 0 ? body() : body(0x10, at - 1, 0x10, at - 1),
        ),
      ),
    ),
  )
  t.throws(() => prepareAndRun(wasm).exports['run']?.(), { instanceOf: OutOfBudget })
})

test('prepare - long code within a loop is stopped within the turn', async (t) => {
  // A turn of 200,000 instructions, entered past every charge that branches can go around.
  const arms = Array.from(
    { length: 2_000 },
    () => `(block (br_if 0 (local.get 0)) ${'nop '.repeat(100)})`,
  )
  const wasm = await assemble(
    `(module (func (export "run") (param i32) (loop ${arms.join('\n')} (br 0))))`,
  )
  for (const skip of [0, 1]) {
    const metered = prepareAndRun(wasm, { refill: 20_000, maxYields: 100 })
    t.throws(() => metered.exports['run']?.(skip), { instanceOf: OutOfBudget })
    t.true(metered.used() < 102 * 40_000, `${metered.used()}`)
  }
})

/** What one unit of length more costs, between two lengths. */
function perUnit(wasm: Uint8Array, less: number, more: number): number {
  return (fuelOf(wasm, more) - fuelOf(wasm, less)) / (more - less)
}

const bulk: readonly (readonly [instruction: string, code: string, cost: number])[] = [
  ['memory.fill', '(memory.fill (i32.const 0) (i32.const 1) (local.get 0))', 1 / 16],
  ['memory.copy', '(memory.copy (i32.const 0) (i32.const 8) (local.get 0))', 1 / 16],
  ['memory.init', '(memory.init $d (i32.const 0) (i32.const 0) (local.get 0))', 1 / 16],
  ['memory.grow', '(drop (memory.grow (local.get 0)))', 256],
  ['table.fill', '(table.fill $t (i32.const 0) (ref.null func) (local.get 0))', 8],
  ['table.copy', '(table.copy $t $t (i32.const 0) (i32.const 1) (local.get 0))', 8],
  ['table.init', '(table.init $t $e (i32.const 0) (i32.const 0) (local.get 0))', 8],
  ['table.grow', '(drop (table.grow $t (ref.null func) (local.get 0)))', 8],
]

for (const [instruction, code, cost] of bulk) {
  for (const [where, open, close] of [
    ['', '', ''],
    [' in a loop', '(loop', ')'],
  ]) {
    test(`prepare - ${instruction}${where} pays for its length`, async (t) => {
      const wasm = await assemble(`(module
        (memory 1 60) (table $t 100 1000 funcref)
        (data $d "${'x'.repeat(64)}") (elem $e func ${'$f '.repeat(64)})
        (func $f)
        (func (export "run") (param i32) ${open} ${code} ${close}))`)
      t.is(perUnit(wasm, 16, 48), cost)
      t.true(where === '' || fuelOf(wasm, 0) >= 20)
    })
  }
}

test('prepare - a bulk instruction of the longest length cannot turn fuel around', async (t) => {
  const wasm = await assemble(`(module (memory 1) (table $t 1 funcref)
    (func (export "fill") (memory.fill (i32.const 0) (i32.const 1) (i32.const -1)))
    (func (export "grow") (result i32) (memory.grow (i32.const -1)))
    (func (export "tableGrow") (result i32) (table.grow $t (ref.null func) (i32.const -1))))`)
  const run = (name: string): Metered => {
    const metered = prepareAndRun(wasm, { refill: 10_000 })
    if (name === 'fill')
      t.throws(() => metered.exports[name]?.(), { instanceOf: WebAssembly.RuntimeError })
    else t.is(metered.exports[name]?.(), -1)
    return metered
  }
  for (const name of ['fill', 'grow', 'tableGrow']) {
    const metered = run(name)
    t.is(metered.yields, 1)
    t.true(metered.used() > 0 && metered.used() < 2 ** 29, `${metered.used()}`)
  }
})

test('prepare - fuel is back in the global whenever the host can look', async (t) => {
  const wasm = await assemble(`(module
    (import "env" "look" (func $look))
    (func (export "call") (param i32)
      (loop (call $look) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "return") (param i32) (loop (if (i32.eqz (local.get 0)) (then (return)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br 0)))
    (func (export "branch") (param i32) (block (loop (br_if 1 (i32.eqz (local.get 0)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br 0))))
    (func (export "value") (param i32) (result i32) (block (result i32) (loop (result i32)
      (drop (br_if 1 (i32.const 7) (i32.eqz (local.get 0))))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br 0))))
    (func (export "table") (param i32) (block (loop (block (br_table 0 2 (i32.eqz (local.get 0))))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br 0)))))`)
  const seen: number[] = []
  const metered = prepareAndRun(wasm, {
    imports: { env: { look: () => seen.push(metered.used()) } },
    refill: 1_000_000,
  })
  metered.exports['call']?.(3)
  const [first = 0, second = 0, third = 0] = seen
  t.true(first > 0)
  t.is(third - second, second - first)
  for (const name of ['return', 'branch', 'value', 'table']) usesByTurn(t, metered, name)
})

/** Ten turns more cost ten times as much as one more: nothing is lost on the way out. */
function usesByTurn(t: ExecutionContext, metered: Metered, name: string): void {
  const uses = (turns: number): number => {
    const before = metered.used()
    metered.exports[name]?.(turns)
    return metered.used() - before
  }
  const none = uses(0)
  const turn = uses(1) - none
  t.true(none > 0 && turn > 5, name)
  t.is(uses(11) - none, 11 * turn, name)
}

test('prepare - a guest cannot write its fuel or its spare locals', async (t) => {
  const wasm = await assemble(`(module
    (global $own (mut i32) (i32.const 5))
    (func (export "run") (local i32)
      (loop (local.set 0 (i32.const 1000000)) (global.set $own (i32.const 1000000)) (br 0))))`)
  t.throws(() => prepareAndRun(wasm).exports['run']?.(), { instanceOf: OutOfBudget })
})

test('prepare - a guest that suspends in yield goes on where it was', async (t) => {
  const wasm = await assemble(`(module (func (export "run") (param i32) (result i32) (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1)))`)
  const prepared = prepare(wasm, limits)
  let yields = 0
  const pause = async (): Promise<void> => {
    yields++
    await Promise.resolve()
    fuel.value = 1_000
  }
  const { Suspending, promising } = WebAssembly as unknown as {
    Suspending: new (call: () => Promise<void>) => WebAssembly.ImportValue
    promising(call: unknown): (value: number) => Promise<number>
  }
  const module = new WebAssembly.Module(prepared.bytes)
  const instance = new WebAssembly.Instance(module, { __wash: { yield: new Suspending(pause) } })
  const fuel = instance.exports[prepared.fuelGlobal] as WebAssembly.Global<'i32'>
  t.is(await promising(instance.exports['run'])(1_000), 500_500)
  t.true(yields >= 8 && yields <= 12, `${yields} yields`)
})

test('prepare - fuel starts at 0, so that a host that forgets to fill it is asked at once', async (t) => {
  const wasm = await assemble('(module (func (export "run") (loop)))')
  const metered = instantiateMetered(prepare(wasm, limits), { refill: 0 })
  metered.exports['run']?.()
  t.is(metered.yields, 1)
})
