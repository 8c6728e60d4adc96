import assert from 'node:assert/strict'
import test from 'ava'
import type { EngineError } from '../../../../host/engine/errors.ts'
import { leb, moduleOf, section } from '../../../support/module-bytes.ts'
import { assemble, moduleWithCode, sized, vector } from './support/assemble.ts'
import { refusal, verdict } from './support/verdict.ts'

/** After `unreachable`, so that operands do not matter. */
const code = (...bytes: number[]): Uint8Array => moduleWithCode([0x00, ...bytes, 0x00])
const types = (...bytes: number[]): Uint8Array => moduleOf(section(1, [1, ...bytes]))
const memory = (...bytes: number[]): Uint8Array => moduleOf(section(5, [1, ...bytes]))
const table = (...bytes: number[]): Uint8Array => moduleOf(section(4, [1, ...bytes]))
const global = (...bytes: number[]): Uint8Array => moduleOf(section(6, [1, ...bytes]))
const imports = (...bytes: number[]): Uint8Array =>
  moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(2, [1, ...sized('m'), ...sized('n'), ...bytes]),
  )

const refused: readonly (readonly [what: string, feature: string, wasm: Uint8Array])[] = [
  ['try', 'exceptions', code(0x06, 0x40, 0x0b)],
  ['catch', 'exceptions', code(0x07, 0)],
  ['throw', 'exceptions', code(0x08, 0)],
  ['rethrow', 'exceptions', code(0x09, 0)],
  ['throw_ref', 'exceptions', code(0x0a)],
  ['delegate', 'exceptions', code(0x18, 0)],
  ['catch_all', 'exceptions', code(0x19)],
  ['try_table', 'exceptions', code(0x1f, 0x40, 0, 0x0b)],
  ['tag section', 'exceptions', moduleOf(section(13, [0]))],
  ['tag import', 'exceptions', imports(4, 0, 0)],
  ['tag export', 'exceptions', moduleOf(section(7, [1, ...sized('t'), 4, 0]))],
  ['exnref parameter', 'exceptions', types(0x60, 1, 0x69, 0)],
  ['ref.null exn', 'exceptions', code(0xd0, 0x69)],
  ['nullexnref result', 'exceptions', types(0x60, 0, 1, 0x74)],
  ['return_call', 'tail-calls', code(0x12, 0)],
  ['return_call_indirect', 'tail-calls', code(0x13, 0, 0)],
  ['call_ref', 'function-references', code(0x14, 0)],
  ['return_call_ref', 'function-references', code(0x15, 0)],
  ['ref.as_non_null', 'function-references', code(0xd4)],
  ['br_on_null', 'function-references', code(0xd5, 0)],
  ['br_on_non_null', 'function-references', code(0xd6, 0)],
  ['ref.null of a type', 'function-references', code(0xd0, 0)],
  ['(ref null 0) parameter', 'function-references', types(0x60, 1, 0x63, 0, 0)],
  ['(ref 0) local', 'function-references', moduleWithLocal(0x64, 0)],
  ['(ref func) table', 'function-references', table(0x64, 0x70, 0, 0)],
  [
    'table with an initial value',
    'function-references',
    table(0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b),
  ],
  ['rec group', 'gc', types(0x4e, 1, 0x60, 0, 0)],
  ['sub', 'gc', types(0x50, 0, 0x60, 0, 0)],
  ['sub final', 'gc', types(0x4f, 0, 0x60, 0, 0)],
  ['struct', 'gc', types(0x5f, 0)],
  ['array', 'gc', types(0x5e, 0x7f, 0)],
  ['anyref parameter', 'gc', types(0x60, 1, 0x6e, 0)],
  ['eqref parameter', 'gc', types(0x60, 1, 0x6d, 0)],
  ['i31ref parameter', 'gc', types(0x60, 1, 0x6c, 0)],
  ['structref parameter', 'gc', types(0x60, 1, 0x6b, 0)],
  ['arrayref parameter', 'gc', types(0x60, 1, 0x6a, 0)],
  ['nullref parameter', 'gc', types(0x60, 1, 0x71, 0)],
  ['nullexternref parameter', 'gc', types(0x60, 1, 0x72, 0)],
  ['nullfuncref parameter', 'gc', types(0x60, 1, 0x73, 0)],
  ['i8 storage', 'gc', types(0x60, 1, 0x78, 0)],
  ['i16 storage', 'gc', types(0x60, 1, 0x77, 0)],
  ['anyref table', 'gc', table(0x6e, 0, 0)],
  ['anyref global', 'gc', global(0x6e, 0, 0xd0, 0x6e, 0x0b)],
  ['anyref block', 'gc', code(0x02, 0x6e, 0x0b)],
  ['anyref select', 'gc', code(0x1c, 1, 0x6e)],
  ['anyref local', 'gc', moduleWithLocal(0x6e)],
  ['ref.null any', 'gc', code(0xd0, 0x6e)],
  ['ref.eq', 'gc', code(0xd3)],
  ['struct.new', 'gc', code(0xfb, 0, 0)],
  ['array.new', 'gc', code(0xfb, 6, 0)],
  ['ref.test', 'gc', code(0xfb, 20, 0x6e)],
  ['br_on_cast', 'gc', code(0xfb, 24, 0, 0, 0x6e, 0x6e)],
  ['ref.i31', 'gc', code(0xfb, 28)],
  ['string.const', 'gc', code(0xfb, 0x82, 1, 0)],
  ['ref.i31 in a constant', 'gc', global(0x7f, 0, 0x41, 1, 0xfb, 28, 0x0b)],
  ['string section', 'stringref', moduleOf(section(14, [0, 0]))],
  ['stringref parameter', 'stringref', types(0x60, 1, 0x67, 0)],
  ['memory.atomic.notify', 'threads', code(0xfe, 0, 2, 0)],
  ['i32.atomic.load', 'threads', code(0xfe, 0x10, 2, 0)],
  ['i32.atomic.rmw.add', 'threads', code(0xfe, 0x1e, 2, 0)],
  ['atomic.fence', 'threads', code(0xfe, 3, 0)],
  ['shared memory', 'threads', memory(3, 1, 1)],
  ['shared memory without maximum', 'threads', memory(2, 1)],
  ['shared imported memory', 'threads', imports(2, 3, 1, 1)],
  ['shared global', 'shared-everything-threads', global(0x7f, 2, 0x41, 0, 0x0b)],
  ['shared type', 'shared-everything-threads', types(0x65, 0x60, 0, 0)],
  ['memory of 64 bits', 'memory64', memory(4, 1)],
  ['memory of 64 bits with maximum', 'memory64', memory(5, 1, 1)],
  ['table of 64 bits', 'memory64', table(0x70, 4, 1)],
  ['custom page size', 'custom-page-sizes', memory(8, 1, 0)],
  ['two memories', 'multi-memory', moduleOf(section(5, [2, 0, 1, 0, 1]))],
  ['load from memory 1', 'multi-memory', code(0x28, 0x42, 1, 0)],
  ['v128.load from memory 1', 'multi-memory', code(0xfd, 0, 0x40, 0, 0)],
  ['memory.size of memory 1', 'multi-memory', code(0x3f, 1)],
  ['memory.grow of memory 1', 'multi-memory', code(0x40, 1)],
  ['memory.init of memory 1', 'multi-memory', code(0xfc, 8, 0, 1)],
  ['memory.copy from memory 1', 'multi-memory', code(0xfc, 10, 0, 1)],
  ['memory.fill of memory 1', 'multi-memory', code(0xfc, 11, 1)],
  ['data for memory 1', 'multi-memory', moduleOf(section(11, [1, 2, 1, 0x41, 0, 0x0b, 0]))],
  ['i8x16.relaxed_swizzle', 'relaxed-simd', code(0xfd, ...leb(0x100))],
  ['i32x4.relaxed_dot_i8x16_i7x16_add_s', 'relaxed-simd', code(0xfd, ...leb(0x113))],
  ['f16x8.splat', 'half-precision', code(0xfd, ...leb(0x120))],
  ['f32.load_f16', 'half-precision', code(0xfc, 48, 1, 0)],
  ['i64.add128', 'wide-arithmetic', code(0xfc, 19)],
  ['i64.mul_wide_u', 'wide-arithmetic', code(0xfc, 22)],
  ['memory.discard', 'memory-control', code(0xfc, 18, 0)],
  ['cont.new', 'stack-switching', code(0xe0, 0)],
  ['suspend', 'stack-switching', code(0xe2, 0)],
  ['resume', 'stack-switching', code(0xe3, 0, 0)],
  ['continuation type', 'stack-switching', types(0x5d, 0)],
  ['i32.add in a constant', 'extended-const', global(0x7f, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b)],
  ['i64.mul in a constant', 'extended-const', global(0x7e, 0, 0x42, 1, 0x42, 1, 0x7e, 0x0b)],
  ['i32.sub in an offset of data', 'extended-const', dataAt(0x41, 1, 0x41, 1, 0x6b, 0x0b)],
  [
    'own global in a constant',
    'extended-const',
    moduleOf(section(6, [2, 0x7f, 0, 0x41, 1, 0x0b, 0x7f, 0, 0x23, 0, 0x0b])),
  ],
  ['descriptor type', 'custom-descriptors', types(0x4d, 0, 0x5f, 0)],
  ['component', 'component-model', Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)],
]

function moduleWithLocal(...type: number[]): Uint8Array {
  return moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(3, vector([0])),
    section(10, vector(sized([1, 1, ...type, 0x0b]))),
  )
}

function dataAt(...offset: number[]): Uint8Array {
  return moduleOf(section(5, [1, 0, 1]), section(11, [1, 0, ...offset, 0]))
}

for (const [what, feature, wasm] of refused) {
  test(`prepare - refuses ${what} as ${feature}`, (t) => {
    const error = refusal(wasm)
    t.is(error?.code, 'ERR_WASM_FEATURE')
    t.is((error?.detail as { feature?: string } | undefined)?.feature, feature)
  })
}

const malformed: readonly (readonly [what: string, wasm: Uint8Array])[] = [
  ['nothing', new Uint8Array()],
  ['a preamble cut short', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1)],
  ['other bytes', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
  ['an unknown version', Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0)],
  ['an unknown section', moduleOf(section(15, []))],
  ['sections out of order', moduleOf(section(3, [0]), section(1, [0]))],
  ['a section twice', moduleOf(section(1, [0]), section(1, [0]))],
  ['a section longer than the file', moduleOf([1, 100, 0])],
  ['a section longer than its items', moduleOf(section(1, [0, 0]))],
  ['more types than bytes', moduleOf(section(1, [0xff, 0xff, 0xff, 0xff, 0x0f]))],
  ['a count beyond 32 bits', moduleOf(section(1, [0xff, 0xff, 0xff, 0xff, 0x1f]))],
  ['a count of six bytes', moduleOf(section(1, [0x80, 0x80, 0x80, 0x80, 0x80, 0]))],
  ['an unknown type form', types(0x61, 0, 0)],
  ['an unknown value type', types(0x60, 1, 0x10, 0)],
  ['a name that is not UTF-8', moduleOf(section(7, [1, 1, 0xff, 0, 0]))],
  ['a custom section without a name', moduleOf(section(0, []))],
  ['an import of an unknown kind', imports(9, 0)],
  ['an import of an unknown type', imports(0, 1)],
  ['a function of an unknown type', moduleOf(section(3, [1, 0]), section(10, [1, 2, 0, 0x0b]))],
  ['functions without code', moduleOf(section(1, [1, 0x60, 0, 0]), section(3, [1, 0]))],
  ['code without functions', moduleOf(section(10, [1, 2, 0, 0x0b]))],
  ['an export of an unknown function', moduleOf(section(7, [1, ...sized('f'), 0, 0]))],
  ['an export of an unknown global', moduleOf(section(7, [1, ...sized('g'), 3, 0]))],
  ['a start of an unknown function', moduleOf(section(8, [0]))],
  ['a maximum below the minimum', memory(1, 2, 1)],
  ['an unknown mutability', global(0x7f, 4, 0x41, 0, 0x0b)],
  ['a constant without end', global(0x7f, 0, 0x41, 0)],
  ['a call in a constant', global(0x7f, 0, 0x10, 0, 0x0b)],
  ['ref.func of an unknown function', global(0x70, 0, 0xd2, 1, 0x0b)],
  ['an element segment of an unknown form', moduleOf(section(9, [1, 8, 0]))],
  [
    'an element of an unknown function',
    moduleOf(section(4, [1, 0x70, 0, 1]), section(9, [1, 0, 0x41, 0, 0x0b, 1, 0])),
  ],
  ['a data segment of an unknown form', moduleOf(section(5, [1, 0, 1]), section(11, [1, 3, 0]))],
  [
    'a data segment longer than its section',
    moduleOf(section(5, [1, 0, 1]), section(11, [1, 1, 9])),
  ],
  ['a body without end', moduleWithBody([0, 0x01])],
  ['a body that goes on', moduleWithBody([0, 0x0b, 0x01])],
  [
    'a body longer than its section',
    moduleOf(section(1, [1, 0x60, 0, 0]), section(3, [1, 0]), section(10, [1, 9, 0, 0x0b])),
  ],
  ['an empty body', moduleWithBody([])],
  ['an immediate cut short', moduleWithBody([0, 0x43, 0])],
  ['an unknown opcode', code(0xff)],
  ['an unknown opcode after 0xfc', code(0xfc, 100)],
  ['an unknown opcode after 0xfd', code(0xfd, ...leb(0x9a))],
  ['an i32 of six bytes', code(0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0)],
  ['an i64 of eleven bytes', code(0x42, ...Array<number>(10).fill(0x80), 0)],
  ['a call of an unknown function', code(0x10, 1)],
  ['ref.func of a function beyond the last', code(0xd2, 1)],
  ['an unknown global', code(0x23, 0)],
  ['global.set of an unknown global', code(0x24, 0)],
  ['an unknown local', code(0x20, 0)],
  ['local.set of an unknown local', code(0x41, 0, 0x21, 0)],
  ['local.tee of an unknown local in a loop', code(0x03, 0x40, 0x22, 0, 0x0b)],
  ['an unknown type of a block', code(0x02, 1, 0x0b)],
  ['an unknown type of call_indirect', code(0x11, 1, 0)],
  ['an unknown label', code(0x0c, 2)],
  ['an unknown label of br_if', code(0x0d, 2)],
  ['an unknown label in a branch table', code(0x0e, 0, 2)],
  ['a branch table longer than the body', code(0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f)],
  ['a select of two types', code(0x1c, 2, 0x7f, 0x7f)],
]

function moduleWithBody(bytes: number[]): Uint8Array {
  return moduleOf(
    section(1, [1, 0x60, 0, 0]),
    section(3, [1, 0]),
    section(10, vector(sized(bytes))),
  )
}

for (const [what, wasm] of malformed) {
  test(`prepare - refuses ${what} as malformed`, (t) => {
    t.false(WebAssembly.validate(wasm as Uint8Array<ArrayBuffer>))
    const error = refusal(wasm)
    t.is(error?.code, 'ERR_WASM_INVALID')
    const { offset } = (error as EngineError<'ERR_WASM_INVALID'>).detail
    assert(offset !== undefined)
    t.true(offset >= 0 && offset <= wasm.length, `offset ${offset} of ${wasm.length}`)
  })
}

test('prepare - says at which byte a module is malformed', (t) => {
  t.like(refusal(moduleWithBody([0, 0x01, 0xff, 0x0b])), {
    code: 'ERR_WASM_INVALID',
    detail: { offset: 24, reason: 'unknown opcode 0xff' },
  })
})

test('prepare - takes integers padded as linkers pad them', (t) => {
  const wasm = moduleOf(
    section(1, vector([0x60, 0, 0]), 5),
    section(3, [...leb(1, 5), ...leb(0, 5)], 5),
    section(10, [...leb(1, 5), ...leb(10, 5), ...leb(0, 3), 0x10, ...leb(0, 5), 0x0b], 5),
  )
  t.true(WebAssembly.validate(wasm))
  t.is(verdict(wasm), 'ok')
})

test('prepare - what text of every accepted feature assembles to is accepted', async (t) => {
  const wasm = await assemble(`(module
    (global $g (export "g") (mut i32) (i32.const 0))
    (table $t 1 externref)
    (memory 1)
    (data $d "x")
    (func (result i32 i64) i32.const 1 i64.const 2)
    (func (param v128) (result i32) (i8x16.all_true (local.get 0)))
    (func (drop (i32.extend8_s (i32.trunc_sat_f32_s (f32.const 1)))))
    (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0)) (data.drop $d))
    (func (drop (table.grow $t (ref.null extern) (i32.const 0)))))`)
  t.is(verdict(wasm), 'ok')
})
