import test from 'ava'
import { prepare } from '../../../../host/engine/prepare/index.ts'
import { custom, leb, moduleOf, section } from '../../../support/module-bytes.ts'
import { assemble, body, moduleWithCode, sized, vector } from './support/assemble.ts'
import { instantiateMetered, limits, prepareAndRun } from './support/run.ts'
import { refusal } from './support/verdict.ts'

const page = 65_536
const growers = `
  (memory (export "memory") MEMORY)
  (table $t (export "table") TABLE funcref)
  (func (export "growMemory") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "growTable") (param i32) (result i32)
    (table.grow $t (ref.null func) (local.get 0)))`

function growing(memory: string, table: string): Promise<Uint8Array<ArrayBuffer>> {
  return assemble(`(module ${growers.replace('MEMORY', memory).replace('TABLE', table)})`)
}

for (const [declared, start, limit] of [
  ['1', 1, 64],
  ['1 65536', 1, 64],
  ['64', 64, 64],
  ['2 3', 2, 3],
  ['0', 0, 64],
] as const) {
  test(`prepare - memory ${declared} grows to ${limit} pages of 64 and no further`, async (t) => {
    const { exports } = prepareAndRun(await growing(declared, '1'))
    t.is(exports['growMemory']?.(limit - start), start)
    t.is(exports['growMemory']?.(1), -1)
    t.is(exports.memory.buffer.byteLength, limit * page)
  })
}

for (const [declared, start, limit] of [
  ['1', 1, 10_000],
  ['1 4294967295', 1, 10_000],
  ['10000', 10_000, 10_000],
  ['2 3', 2, 3],
] as const) {
  test(`prepare - table ${declared} grows to ${limit} elements of 10000 and no further`, async (t) => {
    const { exports } = prepareAndRun(await growing('1', declared))
    t.is(exports['growTable']?.(limit - start), start)
    t.is(exports['growTable']?.(1), -1)
  })
}

test('prepare - several tables together have the limit of one', async (t) => {
  const wasm = await assemble(`(module
    (table $a 100 funcref) (table $b 2 5 externref) (table $c 1 funcref)
    (func (export "a") (param i32) (result i32) (table.grow $a (ref.null func) (local.get 0)))
    (func (export "b") (param i32) (result i32) (table.grow $b (ref.null extern) (local.get 0)))
    (func (export "c") (param i32) (result i32) (table.grow $c (ref.null func) (local.get 0))))`)
  const share = Math.floor((10_000 - 103) / 3)
  const { exports } = prepareAndRun(wasm)
  t.is(exports['a']?.(share + 1), -1)
  t.is(exports['a']?.(share), 100)
  t.is(exports['b']?.(4), -1)
  t.is(exports['b']?.(3), 2)
  t.is(exports['c']?.(share + 1), -1)
  t.is(exports['c']?.(share), 1)
})

test('prepare - a memory limit that is no whole page counts as the pages below it', async (t) => {
  const wasm = await growing('1', '1')
  const prepared = prepare(wasm, { memoryBytes: 3 * page - 1, tableElements: 10 })
  const { exports } = instantiateMetered(prepared)
  t.is(exports['growMemory']?.(2), -1)
  t.is(exports['growMemory']?.(1), 1)
})

/** Modules that ask for more than they may have; the first six end a stock Node's process or fill it. */
const bombs: readonly (readonly [
  what: string,
  limit: string,
  wanted: number,
  wasm: () => Uint8Array,
])[] = [
  ['a table of 10,000,000', 'tableElements', 10_000_000, () => table(10_000_000)],
  [
    '60 tables of 9,000,000',
    'tables',
    60,
    () =>
      moduleOf(
        section(4, vector(...Array.from({ length: 60 }, () => [0x70, 0, ...leb(9_000_000)]))),
      ),
  ],
  [
    '16 tables of 1,000',
    'tableElements',
    16_000,
    () =>
      moduleOf(section(4, vector(...Array.from({ length: 16 }, () => [0x6f, 0, ...leb(1_000)])))),
  ],
  ['a table of 2^32 - 1', 'tableElements', 4_294_967_295, () => table(4_294_967_295)],
  ['a memory of 4 GiB', 'memoryBytes', 65_536 * page, () => memory(65_536)],
  ['a memory of 65 pages', 'memoryBytes', 65 * page, () => memory(65)],
  ['a memory of 2^32 - 1 pages', 'memoryBytes', 4_294_967_295 * page, () => memory(4_294_967_295)],
  ['a file of 33 MB', 'moduleBytes', 33_554_433, () => new Uint8Array(33_554_433)],
  ['50,001 locals', 'locals', 50_001, () => withLocals(1, 50_001)],
  ['2^32 - 1 locals', 'locals', 4_294_967_295, () => withLocals(1, 4_294_967_295)],
  ['locals that add up', 'locals', 60_000, () => withLocalGroups(30_000, 30_000, 30_000)],
  ['1,000 functions of 40,000 locals', 'localsTotal', 4_040_000, () => withLocals(1_000, 40_000)],
  [
    '300 parameters',
    'params',
    300,
    () => moduleOf(section(1, [1, 0x60, ...sized(Array<number>(300).fill(0x7f)), 0])),
  ],
  [
    '100 results',
    'results',
    100,
    () => moduleOf(section(1, [1, 0x60, 0, ...sized(Array<number>(100).fill(0x7f))])),
  ],
  [
    '50,001 types',
    'types',
    50_001,
    () => moduleOf(section(1, vector(...Array.from({ length: 50_001 }, () => [0x60, 0, 0])))),
  ],
  [
    '200,001 functions',
    'functions',
    200_001,
    () =>
      moduleOf(
        section(1, vector([0x60, 0, 0])),
        section(3, [...leb(200_001), ...Array<number>(200_001).fill(0)]),
      ),
  ],
  [
    '1,001 imports',
    'imports',
    1_001,
    () =>
      moduleOf(
        section(1, vector([0x60, 0, 0])),
        section(2, vector(...Array.from({ length: 1_001 }, () => [0, 0, 0, 0]))),
      ),
  ],
  [
    '50,001 globals',
    'globals',
    50_001,
    () =>
      moduleOf(
        section(6, vector(...Array.from({ length: 50_001 }, () => [0x7f, 0, 0x41, 0, 0x0b]))),
      ),
  ],
  [
    '20,001 exports',
    'exports',
    20_001,
    () => moduleOf(section(7, [...leb(20_001), ...Array<number>(60_003).fill(0)])),
  ],
  [
    '50,001 element segments',
    'elementSegments',
    50_001,
    () => moduleOf(section(9, vector(...Array.from({ length: 50_001 }, () => [1, 0, 0])))),
  ],
  [
    '100,001 data segments',
    'dataSegments',
    100_001,
    () => moduleOf(section(11, vector(...Array.from({ length: 100_001 }, () => [1, 0])))),
  ],
  [
    '1,001 custom sections',
    'customSections',
    1_001,
    () => moduleOf(...Array.from({ length: 1_001 }, () => custom('x', ''))),
  ],
  ['a name of 10,001 bytes', 'nameBytes', 10_001, () => moduleOf(custom('x'.repeat(10_001), ''))],
  [
    '5,001 blocks in each other',
    'nesting',
    5_001,
    () =>
      moduleWithCode([
        ...Array.from({ length: 5_001 }, () => [2, 0x40]).flat(),
        ...Array<number>(5_001).fill(0x0b),
      ]),
  ],
]

function table(min: number): Uint8Array {
  return moduleOf(section(4, [1, 0x70, 0, ...leb(min)]))
}

function memory(pages: number): Uint8Array {
  return moduleOf(section(5, [1, 0, ...leb(pages)]))
}

function withLocals(functions: number, count: number): Uint8Array {
  return moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(3, vector(...Array.from({ length: functions }, () => [0]))),
    section(
      10,
      vector(...Array.from({ length: functions }, () => sized([1, ...leb(count), 0x7f, 0x0b]))),
    ),
  )
}

function withLocalGroups(...counts: number[]): Uint8Array {
  const groups = vector(...counts.map((count) => [...leb(count), 0x7f]))
  return moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(3, vector([0])),
    section(10, vector(sized([...groups, 0x0b]))),
  )
}

for (const [what, limit, wanted, make] of bombs) {
  test(`prepare - refuses ${what}`, (t) => {
    const error = refusal(make())
    t.is(error?.code, 'ERR_WASM_LIMIT')
    t.like(error?.detail, { limit, wanted })
  })
}

test('prepare - refuses a body that V8 would need gigabytes to optimize', (t) => {
  const nops = (count: number): Uint8Array => moduleWithCode(Array<number>(count).fill(0x01))
  t.is(refusal(nops(500_000)), undefined)
  t.like(refusal(nops(530_000))?.detail, { limit: 'functionBytes', allowed: 524_288 })
})

const loop = [3, 0x40]
const end = 0x0b

test('prepare - refuses 1,001 loops in a function, and 201 in each other', (t) => {
  const flat = (count: number): Uint8Array =>
    moduleWithCode(Array.from({ length: count }, () => [...loop, end]).flat())
  const nested = (count: number): Uint8Array =>
    moduleWithCode([
      ...Array.from({ length: count }, () => loop).flat(),
      ...Array<number>(count).fill(end),
    ])
  t.is(refusal(flat(1_000)), undefined)
  t.like(refusal(flat(1_001))?.detail, { limit: 'loops', wanted: 1_001 })
  t.is(refusal(nested(200)), undefined)
  t.like(refusal(nested(201))?.detail, { limit: 'loopNesting', wanted: 201 })
})

test('prepare - as many locals as allowed leave room for those that metering adds', (t) => {
  const wasm = moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(3, vector([0])),
    section(5, [1, 0, 1]),
    section(
      10,
      vector(
        sized([
          1,
          ...leb(40_000),
          0x7f,
          3,
          0x40,
          0x0b,
          0x41,
          0,
          0x41,
          0,
          0x41,
          0,
          0xfc,
          11,
          0,
          0x0b,
        ]),
      ),
    ),
  )
  t.true(WebAssembly.validate(prepare(wasm, limits).bytes))
})

test('prepare - a module full of loops costs no more than a small multiple of its size', (t) => {
  const loops = Array.from({ length: 1_000 }, () => [3, 0x40, 0x0b]).flat()
  const functions = 50
  const wasm = moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(3, vector(...Array.from({ length: functions }, () => [0]))),
    section(10, vector(...Array.from({ length: functions }, () => body(...loops)))),
  )
  const { bytes } = prepare(wasm, limits)
  t.true(WebAssembly.validate(bytes))
  t.true(bytes.length < wasm.length * 25, `${bytes.length} of ${wasm.length}`)
})
