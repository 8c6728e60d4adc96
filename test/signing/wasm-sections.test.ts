import test from 'ava'
import { SigningError } from '../../signing/errors.ts'
import { encodeU32, readSections } from '../../signing/wasm-sections.ts'
import {
  answerModule,
  answerSections,
  custom,
  leb,
  moduleOf,
  preamble,
  section,
} from '../support/module-bytes.ts'

const { type, function: functions, memory, export: exports, code, data } = answerSections

test('readSections - lists id, bounds and name of every section', (t) => {
  const wasm = moduleOf(type, custom('näme', 'xyz', 5), memory)
  t.deepEqual(readSections(wasm), [
    { id: 1, start: 8, payload: 10, end: 15, minimalSize: true, name: undefined, content: 10 },
    { id: 0, start: 15, payload: 21, end: 30, minimalSize: false, name: 'näme', content: 27 },
    { id: 5, start: 30, payload: 32, end: 35, minimalSize: true, name: undefined, content: 32 },
  ])
})

test('readSections - reads modules that V8 reads, and the bare preamble', (t) => {
  t.true(WebAssembly.validate(answerModule()))
  t.deepEqual(
    readSections(answerModule()).map(({ id }) => id),
    [1, 3, 5, 7, 10, 11],
  )
  t.deepEqual(readSections(Uint8Array.from(preamble)), [])
})

test('readSections - takes all known sections in their order', (t) => {
  const order = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11]
  const wasm = moduleOf(...order.flatMap((id) => [section(id, [0]), custom('between', '')]))
  t.deepEqual(
    readSections(wasm).flatMap(({ id }) => (id === 0 ? [] : [id])),
    order,
  )
})

for (const [first, second] of [
  [2, 1],
  [3, 2],
  [6, 13],
  [13, 5],
  [10, 12],
  [11, 10],
  [12, 9],
  [7, 7],
  [10, 10],
] as const)
  test(`readSections - refuses section ${second} behind section ${first}`, (t) => {
    const error = t.throws<SigningError>(
      () => readSections(moduleOf(section(first, [0]), section(second, [0]))),
      {
        instanceOf: SigningError,
        code: 'ERR_WASM_MALFORMED',
      },
    )
    t.deepEqual(error.detail, {
      reason: `section ${second} is repeated or out of order`,
      offset: 11,
    })
  })

function bytes(...parts: readonly Iterable<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

const malformed: [why: string, wasm: Uint8Array, reason: RegExp, offset: number][] = [
  ['nothing', bytes(), /does not start with/u, 0],
  ['three bytes', bytes(preamble.slice(0, 3)), /does not start with/u, 0],
  ['a preamble cut short', bytes(preamble.slice(0, 7)), /ends in the preamble/u, 7],
  ['text', Buffer.from('(module)'), /does not start with/u, 0],
  ['a preamble in capitals', bytes([0, 0x41, 0x53, 0x4d, 1, 0, 0, 0]), /does not start with/u, 0],
  ['a preamble shifted by one', bytes([0], preamble), /does not start with/u, 0],
  ['version 0', bytes([0, 0x61, 0x73, 0x6d, 0, 0, 0, 0]), /version is not 1/u, 4],
  ['version 2', bytes([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]), /version is not 1/u, 4],
  ['version 257', bytes([0, 0x61, 0x73, 0x6d, 1, 1, 0, 0]), /version is not 1/u, 4],
  ['version 2^24 + 1', bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 1]), /version is not 1/u, 4],
  ['a component', bytes([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]), /component/u, 4],
  ['a component that says version 1', bytes([0, 0x61, 0x73, 0x6d, 1, 0, 1, 0]), /component/u, 4],
  ['gzip', bytes([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), /does not start with/u, 0],
  ['an id and nothing more', bytes(preamble, [1]), /number is cut off/u, 9],
  ['a size cut off', bytes(preamble, [1, 0x80]), /number is cut off/u, 9],
  [
    'a size cut off after four bytes',
    bytes(preamble, [1, 0x80, 0x80, 0x80, 0x80]),
    /number is cut off/u,
    9,
  ],
  [
    'a size of six bytes',
    bytes(preamble, [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0]),
    /exceeds 32 bits/u,
    9,
  ],
  [
    'a size with bits beyond 32',
    bytes(preamble, [1, 0x80, 0x80, 0x80, 0x80, 0x10]),
    /exceeds 32 bits/u,
    9,
  ],
  [
    'a size of 4 GiB',
    bytes(preamble, [1, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    /4294967295 bytes, but only 0 follow/u,
    8,
  ],
  [
    'a size of 2 GiB',
    bytes(preamble, [1, 0x80, 0x80, 0x80, 0x80, 0x08, 0]),
    /2147483648 bytes, but only 1 follow/u,
    8,
  ],
  [
    'a size one too large',
    bytes(preamble, [1, 3, 0, 0]),
    /section 1 is 3 bytes, but only 2 follow/u,
    8,
  ],
  ['a size one too small', bytes(preamble, [1, 1, 0, 99, 0]), /unknown section id 99/u, 11],
  [
    'a byte behind the last section',
    bytes(answerModule(), [0]),
    /number is cut off/u,
    answerModule().length + 1,
  ],
  ['section id 14', moduleOf(section(14, [0])), /unknown section id 14/u, 8],
  ['section id 0x7f', moduleOf(section(0x7f, [0])), /unknown section id 127/u, 8],
  ['section id 0x80', moduleOf(section(0x80, [0])), /unknown section id 128/u, 8],
  ['section id 255', moduleOf(section(255, [0])), /unknown section id 255/u, 8],
  ['a custom section without a name', moduleOf(section(0, [])), /number is cut off/u, 10],
  [
    'a name longer than its section',
    moduleOf(section(0, [4, 0x6a, 0x77, 0x74])),
    /name is longer/u,
    10,
  ],
  [
    'a name reaching into the next section',
    moduleOf(section(0, [3, 0x6a, 0x77]), custom('t', '')),
    /name is longer/u,
    10,
  ],
  [
    'a name of 4 GiB',
    moduleOf(section(0, [0xff, 0xff, 0xff, 0xff, 0x0f, 0x6a])),
    /name is longer/u,
    10,
  ],
  [
    'a name’s length reaching beyond its section',
    moduleOf(section(0, [0x83]), [0]),
    /number is cut off/u,
    10,
  ],
  [
    'a name of six length bytes',
    moduleOf(section(0, [0x80, 0x80, 0x80, 0x80, 0x80, 0])),
    /exceeds 32 bits/u,
    10,
  ],
  ['a name that is no UTF-8', moduleOf(section(0, [2, 0xc3, 0x28])), /not UTF-8/u, 11],
  ['a name with an overlong letter', moduleOf(section(0, [3, 0xc1, 0xaa, 0x77])), /not UTF-8/u, 11],
  ['a name with a surrogate', moduleOf(section(0, [3, 0xed, 0xa0, 0x80])), /not UTF-8/u, 11],
  ['the same section twice', moduleOf(type, type), /section 1 is repeated/u, 15],
  [
    'the same section twice, a custom one between',
    moduleOf(type, custom('x', ''), type),
    /section 1 is repeated/u,
    19,
  ],
  [
    'two modules on end',
    bytes(answerModule(), answerModule()),
    /number is cut off|name is longer|follow/u,
    answerModule().length,
  ],
]

for (const [why, wasm, reason, offset] of malformed)
  test(`readSections - refuses ${why}`, (t) => {
    const error = t.throws<SigningError<'ERR_WASM_MALFORMED'>>(() => readSections(wasm), {
      instanceOf: SigningError,
      code: 'ERR_WASM_MALFORMED',
    })
    t.regex(error.detail.reason, reason)
    t.is(error.detail.offset, offset)
    t.false(WebAssembly.validate(wasm as BufferSource))
  })

test('readSections - refuses more sections than any module has', (t) => {
  const most = moduleOf(...Array.from({ length: 4096 }, () => custom('', '')))
  t.is(readSections(most).length, 4096)
  const error = t.throws<SigningError>(() => readSections(bytes(most, custom('', ''))), {
    instanceOf: SigningError,
    code: 'ERR_WASM_MALFORMED',
  })
  t.deepEqual(error.detail, { reason: 'more than 4096 sections', offset: most.length })
})

test('readSections - refuses every proper beginning of a module that does not end with a section', (t) => {
  const wasm = moduleOf(type, functions, memory, exports, code, custom('c', 'abc'), data)
  const ends = new Set([8, ...readSections(wasm).map(({ end }) => end)])
  for (let length = 0; length < wasm.length; length++) {
    const beginning = wasm.subarray(0, length)
    if (ends.has(length)) t.notThrows(() => readSections(beginning))
    else t.throws(() => readSections(beginning), { code: 'ERR_WASM_MALFORMED' }, `${length} bytes`)
  }
})

test('encodeU32 - writes as few bytes as the number takes', (t) => {
  for (const [value, width] of [
    [0, 1],
    [127, 1],
    [128, 2],
    [16_383, 2],
    [16_384, 3],
    [2 ** 28 - 1, 4],
    [2 ** 28, 5],
    [2 ** 31, 5],
    [2 ** 32 - 1, 5],
  ] as const) {
    t.deepEqual([...encodeU32(value)], leb(value))
    t.is(encodeU32(value).length, width)
  }
})
