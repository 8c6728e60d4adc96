import test from 'ava'
import { prepare } from '../../../../host/engine/prepare/index.ts'
import { custom, leb, moduleOf, section } from '../../../support/module-bytes.ts'
import { assemble, body, sized, vector } from './support/assemble.ts'
import { instantiate, instantiateMetered, limits, outcome, prepareAndRun } from './support/run.ts'
import { refusal } from './support/verdict.ts'

test('prepare - adds one import and one export and keeps the others', async (t) => {
  const wasm = await assemble(`(module
    (import "wapc" "__guest_request" (func (param i32 i32)))
    (import "wapc" "__console_log" (func (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))`)
  const prepared = prepare(wasm, limits)
  const module = new WebAssembly.Module(prepared.bytes)
  t.deepEqual(WebAssembly.Module.imports(module), [
    { module: 'wapc', name: '__guest_request', kind: 'function' },
    { module: 'wapc', name: '__console_log', kind: 'function' },
    { module: '__wash', name: 'yield', kind: 'function' },
  ])
  t.deepEqual(WebAssembly.Module.exports(module), [
    { name: 'memory', kind: 'memory' },
    { name: '__guest_call', kind: 'function' },
    { name: '__wash_fuel', kind: 'global' },
  ])
  t.is(prepared.fuelGlobal, '__wash_fuel')
  t.false('startExport' in prepared)
})

test('prepare - an empty module stays a module', (t) => {
  t.true(WebAssembly.validate(prepare(moduleOf(), limits).bytes))
})

test('prepare - leaves the bytes it was given as they are', async (t) => {
  const wasm = await assemble('(module (func (loop (br 0))))')
  const before = Uint8Array.from(wasm)
  prepare(wasm, limits)
  t.deepEqual(wasm, before)
})

test('prepare - works on a view into a larger buffer', async (t) => {
  const wasm = await assemble('(module (func (export "f") (result i32) (i32.const 7)))')
  const larger = new Uint8Array(wasm.length + 20)
  larger.set(wasm, 10)
  const prepared = prepare(larger.subarray(10, 10 + wasm.length), limits)
  t.is(instantiateMetered(prepared).exports['f']?.(), 7)
})

test('prepare - makes the start function an export that runs under the meter', async (t) => {
  const wasm = await assemble(`(module
    (global $ran (export "ran") (mut i32) (i32.const 0))
    (func $main (global.set $ran (i32.add (global.get $ran) (i32.const 1))))
    (start $main))`)
  const prepared = prepare(wasm, limits)
  t.is(prepared.startExport, '__wash_start')
  const exports = instantiate(prepared.bytes, { __wash: { yield() {} } })
  const ran = exports['ran'] as unknown as WebAssembly.Global<'i32'>
  t.is(ran.value, 0)
  exports['__wash_start']?.()
  t.is(ran.value, 1)
})

test('prepare - a start function may be an import', async (t) => {
  const wasm = await assemble('(module (import "env" "go" (func $go)) (start $go))')
  let ran = 0
  instantiateMetered(prepare(wasm, limits), { imports: { env: { go: () => ran++ } } })
  t.is(ran, 1)
})

test('prepare - refuses a start function with parameters', async (t) => {
  const wasm = moduleOf(
    section(1, vector([0x60, 1, 0x7f, 0])),
    section(3, vector([0])),
    section(8, [0]),
    section(10, vector(body())),
  )
  t.is(refusal(wasm)?.code, 'ERR_WASM_INVALID')
})

for (const [kind, text] of [
  ['memory', '(memory 1)'],
  ['table', '(table 1 funcref)'],
  ['global', '(global i32)'],
]) {
  test(`prepare - refuses an imported ${kind}`, async (t) => {
    const error = refusal(await assemble(`(module (import "env" "it" ${text}))`))
    t.is(error?.code, 'ERR_WASM_IMPORT')
    t.deepEqual(error?.detail, { module: 'env', name: 'it' })
  })
}

test('prepare - refuses an import from __wash', async (t) => {
  const error = refusal(await assemble('(module (import "__wash" "yield" (func)))'))
  t.is(error?.code, 'ERR_WASM_IMPORT')
  t.deepEqual(error?.detail, { module: '__wash', name: 'yield' })
})

for (const name of ['__wash_fuel', '__wash_start', '__wash_anything']) {
  test(`prepare - refuses an export named ${name}`, async (t) => {
    const error = refusal(await assemble(`(module (func (export "${name}")))`))
    t.is(error?.code, 'ERR_WASM_EXPORT')
    t.deepEqual(error?.detail, { name })
  })
}

test('prepare - keeps every kind of element segment pointing at its functions', async (t) => {
  const wasm = await assemble(`(module
    (import "env" "imported" (func $imported (result i32)))
    (type $get (func (result i32)))
    (table $t (export "t") 16 funcref)
    (table $u (export "u") 16 funcref)
    (func $one (result i32) (i32.const 1))
    (func $two (result i32) (i32.const 2))
    (func $three (result i32) (i32.const 3))
    (elem (table $t) (offset i32.const 0) func $one $imported)
    (elem $passive func $two $three)
    (elem (table $u) (offset i32.const 0) func $three $two)
    (elem declare func $one)
    (elem (table $t) (offset i32.const 4) funcref (ref.func $two) (ref.null func))
    (elem $passive2 funcref (ref.func $one) (ref.func $imported))
    (elem (table $u) (offset i32.const 4) funcref (item ref.func $one))
    (elem declare funcref (ref.func $three))
    (func (export "init")
      (table.init $t $passive (i32.const 8) (i32.const 0) (i32.const 2))
      (table.init $u $passive2 (i32.const 8) (i32.const 0) (i32.const 2)))
    (func (export "call") (param i32) (result i32) (call_indirect $t (type $get) (local.get 0)))
    (func (export "callU") (param i32) (result i32) (call_indirect $u (type $get) (local.get 0))))`)
  const imports = { env: { imported: () => 9 } }
  const plain = instantiate(wasm, imports)
  const { exports } = prepareAndRun(wasm, { imports })
  plain['init']?.()
  exports['init']?.()
  const all = (from: typeof plain): unknown[] =>
    ['call', 'callU'].flatMap((name) =>
      Array.from({ length: 17 }, (_, at) => outcome(() => from[name]?.(at))),
    )
  t.deepEqual(all(exports), all(plain))
  t.deepEqual(all(exports).slice(0, 2), [1, 9])
})

test('prepare - keeps functions in globals, and exports of imports', async (t) => {
  const wasm = await assemble(`(module
    (import "env" "imported" (func $imported (result i32)))
    (export "again" (func $imported))
    (func $own (export "own") (result i32) (i32.const 5))
    (global $a (export "a") funcref (ref.func $own))
    (global (export "b") funcref (ref.func $imported)))`)
  const { exports } = prepareAndRun(wasm, { imports: { env: { imported: () => 9 } } })
  const a = exports['a'] as unknown as WebAssembly.Global<'anyfunc'>
  const b = exports['b'] as unknown as WebAssembly.Global<'anyfunc'>
  t.is(exports['again']?.(), 9)
  t.true(a.value === exports['own'])
  t.true(b.value === exports['again'])
})

test('prepare - many functions: indices that grow by a byte', (t) => {
  const count = 300
  const wasm = moduleOf(
    section(1, vector([0x60, 0, 1, 0x7f])),
    section(3, vector(...Array.from({ length: count }, () => [0]))),
    section(7, vector([...sized('last'), 0, ...leb(count - 1)])),
    section(
      10,
      vector(
        ...Array.from({ length: count }, (_, at) =>
          at === 0 ? body(0x41, 1) : body(0x10, ...leb(at - 1), 0x41, 1, 0x6a),
        ),
      ),
    ),
  )
  t.is(prepareAndRun(wasm).exports['last']?.(), count)
})

test('prepare - drops claims and what points into code, keeps other custom sections in place', (t) => {
  const wasm = moduleOf(
    custom('first', 'a'),
    section(1, vector([0x60, 0, 0])),
    custom('.debug_info', 'x'),
    section(3, vector([0])),
    custom('metadata.code.branch_hint', 'x'),
    custom('sourceMappingURL', 'x'),
    section(10, vector(body())),
    custom('producers', 'b'),
    custom('jwt', 'claims'),
    custom('wasmcloud_jwt', 'claims'),
  )
  const { bytes, facts } = prepare(wasm, limits)
  const module = new WebAssembly.Module(bytes)
  const content = (name: string): string[] =>
    WebAssembly.Module.customSections(module, name).map((part) => Buffer.from(part).toString())
  t.deepEqual(content('first'), ['a'])
  t.deepEqual(content('producers'), ['b'])
  for (const name of ['jwt', 'wasmcloud_jwt', '.debug_info', 'sourceMappingURL']) {
    t.deepEqual(content(name), [], name)
  }
  t.is(Buffer.from(bytes).indexOf('first'), 14)
  t.is(facts.customSections.length, 7)
})

test('prepare - stacks of traps name the functions that the module named', async (t) => {
  const wasm = await assemble(`(module
    (import "env" "nothing" (func $nothing))
    (func $innermost (param $x i32) (call $nothing) (unreachable))
    (func $outer (export "run") (call $innermost (i32.const 1))))`)
  const { exports } = prepareAndRun(wasm, { imports: { env: { nothing() {} } } })
  const error = t.throws(() => exports['run']?.(), { instanceOf: WebAssembly.RuntimeError })
  t.regex(error.stack ?? '', /innermost.*\n.*outer/)
})

test('prepare - a name section that is no name section is left out', (t) => {
  for (const content of [
    [1, 100],
    [1, 3, 1, 50, 0],
    [1, 1, 0xff],
    [2, 4, 1, 0, 9, 0],
  ]) {
    const wasm = moduleOf(
      section(1, vector([0x60, 0, 0])),
      section(3, vector([0])),
      section(10, vector(body())),
      custom('name', content),
    )
    const { bytes } = prepare(wasm, limits)
    t.true(WebAssembly.validate(bytes))
    t.is(Buffer.from(bytes).indexOf('name'), -1)
  }
})
