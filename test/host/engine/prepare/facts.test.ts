import test from 'ava'
import { EngineError } from '../../../../host/engine/errors.ts'
import { prepare, readFacts } from '../../../../host/engine/prepare/index.ts'
import { custom, leb, moduleOf, section } from '../../../support/module-bytes.ts'
import { assemble, moduleWithCode } from './support/assemble.ts'
import { limits } from './support/run.ts'

test('readFacts - says what a waPC actor imports, exports and needs', async (t) => {
  const wasm = await assemble(`(module
    (import "wapc" "__guest_request" (func (param i32 i32)))
    (import "wapc" "__host_call" (func (param i32 i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2 9)
    (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))`)
  const facts = readFacts(wasm)
  t.deepEqual(facts, {
    imports: [
      { module: 'wapc', name: '__guest_request', kind: 'function', params: 2, results: 0 },
      { module: 'wapc', name: '__host_call', kind: 'function', params: 6, results: 1 },
    ],
    exports: [
      { name: 'memory', kind: 'memory' },
      { name: '__guest_call', kind: 'function', params: 2, results: 1 },
    ],
    memory: { minPages: 2, maxPages: 9 },
    hostCallParams: 6,
    waPC: 'wapc',
    features: [],
    customSections: ['name'],
    functions: 1,
  })
  t.deepEqual(prepare(wasm, limits).facts, facts)
})

for (const [params, expected] of [
  [4, 4],
  [8, 8],
  [5, undefined],
] as const) {
  test(`readFacts - a __host_call of ${params} parameters is ${expected ?? 'of no generation'}`, async (t) => {
    const wasm = await assemble(
      `(module (import "wasmbus" "__host_call" (func (param ${'i32 '.repeat(params)}) (result i32))))`,
    )
    const facts = readFacts(wasm)
    t.is(facts.hostCallParams, expected)
    t.is(facts.waPC, 'wasmbus')
    t.is(facts.memory, undefined)
  })
}

for (const [feature, text] of [
  ['sign-extension', '(func (drop (i64.extend8_s (i64.const 1))))'],
  ['saturating-float-to-int', '(func (drop (i32.trunc_sat_f64_u (f64.const 1))))'],
  ['bulk-memory', '(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))'],
  ['bulk-memory', '(memory 1) (data "passive")'],
  ['multi-value', '(func (result i32 i32) (i32.const 1) (i32.const 1))'],
  ['reference-types', '(table 1 externref)'],
  ['reference-types', '(func (param externref))'],
  ['simd', '(func (param v128))'],
  ['simd', '(func (drop (i32x4.splat (i32.const 1))))'],
  ['mutable-globals', '(global (export "g") (mut i32) (i32.const 0))'],
] as const) {
  test(`readFacts - ${text} uses ${feature}`, async (t) => {
    const facts = readFacts(await assemble(`(module ${text})`))
    t.true(facts.features.includes(feature), facts.features.join(', '))
  })
}

test('readFacts - lists imports that no actor may have', async (t) => {
  const wasm = await assemble(`(module
    (import "env" "memory" (memory 3))
    (import "env" "table" (table 1 funcref))
    (import "env" "base" (global i32))
    (global i32 (global.get 0)))`)
  const facts = readFacts(wasm)
  t.deepEqual(
    facts.imports.map((item) => item.kind),
    ['memory', 'table', 'global'],
  )
  t.deepEqual(facts.memory, { minPages: 3 })
})

test('readFacts - names a refused feature that code uses', (t) => {
  t.deepEqual(readFacts(moduleWithCode([0xfe, 3, 0])).features, ['threads'])
  t.deepEqual(readFacts(moduleWithCode([0, 0xfd, ...leb(0x100)])).features, ['relaxed-simd'])
})

test('readFacts - lists custom sections in order, claims included', (t) => {
  const wasm = moduleOf(custom('b', ''), section(1, [0]), custom('jwt', 'x'), custom('a', ''))
  t.deepEqual(readFacts(wasm).customSections, ['b', 'jwt', 'a'])
})

for (const [what, code, wasm] of [
  ['text', 'ERR_WASM_INVALID', new TextEncoder().encode('(module)')],
  ['a component', 'ERR_WASM_FEATURE', Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)],
  ['struct types', 'ERR_WASM_FEATURE', moduleOf(section(1, [1, 0x5f, 0]))],
  ['an unknown opcode', 'ERR_WASM_INVALID', moduleWithCode([0xff])],
] as const) {
  test(`readFacts - throws ${code} for ${what}`, (t) => {
    t.throws(() => readFacts(wasm), { instanceOf: EngineError, code })
  })
}
