/** The part of CBOR that values of SQL need, against RFC 8949 and another implementation of it. */
import { decode, encode } from 'cborg'
import test from 'ava'
import { CborReader, CborWriter } from '../../contracts/cbor.ts'
import { MessageFault } from '../../contracts/errors.ts'
import type { SqlValue } from '../../contracts/index.ts'
import { seededRandom } from '../fuzz/random.ts'
import { fromHex, toHex } from '../support/contract-bytes.ts'

function read(hex: string): SqlValue {
  const reader = new CborReader(fromHex(hex))
  const value = reader.value()
  reader.finish()
  return value
}

function written(value: SqlValue, single = false): string {
  const writer = new CborWriter()
  writer.value(value, single)
  return toHex(writer.finish())
}

function fault(run: () => unknown): string | undefined {
  try {
    run()
  } catch (error) {
    if (error instanceof MessageFault) return error.reason
    throw error
  }
  return undefined
}

/** RFC 8949, appendix A: what is written as it is read. */
const examples: [hex: string, value: SqlValue][] = [
  ['00', 0n],
  ['01', 1n],
  ['0a', 10n],
  ['17', 23n],
  ['1818', 24n],
  ['1864', 100n],
  ['1903e8', 1000n],
  ['1a000f4240', 1_000_000n],
  ['1b000000e8d4a51000', 1_000_000_000_000n],
  ['1bffffffffffffffff', 2n ** 64n - 1n],
  ['3bffffffffffffffff', -(2n ** 64n)],
  ['20', -1n],
  ['29', -10n],
  ['3863', -100n],
  ['3903e7', -1000n],
  ['fb3ff199999999999a', 1.1],
  ['fb7e37e43c8800759c', 1e300],
  ['fbc010666666666666', -4.1],
  ['fb3ff0000000000000', 1],
  ['fb8000000000000000', -0],
  ['fb7ff0000000000000', Infinity],
  ['fbfff0000000000000', -Infinity],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['40', new Uint8Array(0)],
  ['4401020304', Uint8Array.of(1, 2, 3, 4)],
  ['60', ''],
  ['6161', 'a'],
  ['6449455446', 'IETF'],
  ['62225c', '"\\'],
  ['62c3bc', 'ü'],
  ['63e6b0b4', '水'],
  ['64f0908591', '\u{10151}'],
  ['80', []],
  ['83010203', [1n, 2n, 3n]],
  ['8301820203820405', [1n, [2n, 3n], [4n, 5n]]],
]

for (const [hex, value] of examples) {
  test(`CBOR - reads and writes ${hex}`, (t) => {
    const read_ = read(hex)
    t.deepEqual(read_ instanceof Uint8Array ? Uint8Array.from(read_) : read_, value)
    t.is(written(value), hex)
  })
}

test('CBOR - reads integers and floats that take more or fewer bytes than ours', (t) => {
  t.is(read('1b0000000000000001'), 1n)
  t.is(read('f90000'), 0)
  t.is(read('f93c00'), 1)
  t.is(read('f97bff'), 65_504)
  t.is(read('f90001'), 5.960464477539063e-8)
  t.is(read('f9c400'), -4)
  t.is(read('f97c00'), Infinity)
  t.is(read('f9fc00'), -Infinity)
  t.is(read('f97e00'), NaN)
  t.is(read('fa47c35000'), 100_000)
  t.is(read('fa7f7fffff'), 3.4028234663852886e38)
  t.is(read('f7'), null)
})

test('CBOR - writes floats of 4 bytes where they are wanted, in arrays too', (t) => {
  t.is(written(1.5, true), 'fa3fc00000')
  t.is(written([1.5, null, 'x'], true), '83fa3fc00000f66178')
})

const refused: [what: string, hex: string, reason: string][] = [
  ['nothing', '', 'the message ends early'],
  ['text cut short', '6461', 'the message ends early'],
  ['an integer cut short', '1b00', 'the message ends early'],
  ['an array cut short', '8201', 'the message ends early'],
  ['an array of 2^32 values', '9affffffff', 'the message ends early'],
  ['an array of 2^64 values', '9bffffffffffffffff', 'the message ends early'],
  ['bytes of 2^64', '5bffffffffffffffff00', 'the message ends early'],
  ['text that is not UTF-8', '61ff', 'text is not UTF-8'],
  ['a map', 'a0', 'a map is not a value of SQL'],
  ['a tag', 'c001', 'CBOR tags are not supported'],
  ['a bignum', 'c249010000000000000000', 'CBOR tags are not supported'],
  ['indefinite text', '7f6161ff', 'CBOR of indefinite length is not supported'],
  ['an indefinite array', '9f01ff', 'CBOR of indefinite length is not supported'],
  ['a break', 'ff', 'not a value of SQL'],
  ['a reserved size', '1c', 'CBOR of indefinite length is not supported'],
  ['a simple value', 'f0', 'not a value of SQL'],
  ['two values', '0101', 'bytes after the end of the CBOR value'],
  ['seven arrays', '8181818181818101', 'arrays nested deeper than 6'],
]

for (const [what, hex, reason] of refused) {
  test(`CBOR - refuses ${what}`, (t) => {
    t.is(
      fault(() => read(hex)),
      reason,
    )
  })
}

test('CBOR - ends a bomb of nested arrays before the stack does', (t) => {
  t.is(
    fault(() => read('81'.repeat(1_000_000))),
    'arrays nested deeper than 6',
  )
})

test('CBOR - refuses to write what no value of SQL is', (t) => {
  for (const value of [undefined, {}, Symbol('x'), () => 1] as unknown as SqlValue[]) {
    t.is(
      fault(() => written(value)),
      'not a value of SQL',
    )
  }
  t.is(
    fault(() => written(2n ** 64n)),
    'an integer beyond 64 bits',
  )
  t.is(
    fault(() => written([[[[[[[1n]]]]]]])),
    'arrays nested deeper than 6',
  )
})

const random = seededRandom(8949)

function randomValue(depth: number): SqlValue {
  const kind = random.next(depth === 0 ? 6 : 7)
  if (kind === 0) return null
  if (kind === 1) return random.next(2) === 0
  if (kind === 2) {
    const size = BigInt(random.next(2 ** 30)) << BigInt(random.next(34))
    return random.next(2) === 0 ? size : -1n - size
  }
  if (kind === 3) return (random.next(2 ** 30) - 2 ** 29) / 2 ** random.next(40)
  if (kind === 4) return 'aé水😀'.slice(0, 3).repeat(random.next(200))
  if (kind === 5) return new Uint8Array(random.next(300)).fill(random.next(256))
  return Array.from({ length: random.next(5) }, () => randomValue(depth - 1))
}

/** Whole floats are integers to that implementation, and small integers numbers. */
function theirs(value: SqlValue): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  return Array.isArray(value) ? (value as SqlValue[]).map(theirs) : value
}

test('CBOR - understands another implementation, and is understood', (t) => {
  for (let round = 0; round < 3000; round++) {
    const value = randomValue(3)
    const writer = new CborWriter()
    writer.value(value)
    t.deepEqual(decode(writer.finish()), theirs(value))
    const back = new CborReader(encode(theirs(value))).value()
    t.deepEqual(theirs(plainBytes(back)), theirs(value))
  }
})

/** Bytes as they are compared: the reader's are views, of a subclass. */
function plainBytes(value: SqlValue): SqlValue {
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  return Array.isArray(value) ? (value as SqlValue[]).map(plainBytes) : value
}
