import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { decode, Encoder } from '@msgpack/msgpack'
import test from 'ava'
import { MessageFault } from '../../contracts/errors.ts'
import { maxDepth, Reader } from '../../contracts/msgpack-reader.ts'
import { Writer } from '../../contracts/msgpack-writer.ts'
import { decodeValue, encodeValue } from '../../contracts/value.ts'

/** One value of the suite under the name of its kind, and every way to write it. */
type Entry = Readonly<Record<string, unknown>> & { readonly msgpack: readonly string[] }

const suiteFile = createRequire(import.meta.url).resolve('msgpack-test-suite')
const suite = JSON.parse(readFileSync(suiteFile, 'utf8')) as Record<string, readonly Entry[]>
const entries = Object.values(suite).flat()

function fromDashes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll('-', ''), 'hex'))
}

function fault(run: () => unknown): { path: string; reason: string } | undefined {
  try {
    run()
  } catch (error) {
    if (error instanceof MessageFault) return { path: error.path, reason: error.reason }
    throw error
  }
  return undefined
}

/** Reads a value with the method for its kind, to the end. */
function read(bytes: Uint8Array, take: (reader: Reader) => unknown): unknown {
  const reader = new Reader(bytes)
  const value = take(reader)
  reader.finish()
  return value
}

function integerOf(entry: Entry): bigint | undefined {
  const value = entry['bignum'] ?? entry['number']
  if (typeof value === 'string') return BigInt(value)
  return Number.isInteger(value) ? BigInt(value as number) : undefined
}

test('the suite is the one we know', (t) => {
  t.is(entries.length, 85)
  t.is(entries.flatMap(({ msgpack }) => msgpack).length, 233)
})

test('Reader - reads every integer form of the suite, and refuses those beyond 2^53', (t) => {
  let count = 0
  for (const entry of entries) {
    const expected = integerOf(entry)
    if (expected === undefined) continue
    for (const bytes of entry.msgpack.map(fromDashes)) {
      const isFloat = bytes[0] === 0xca || bytes[0] === 0xcb
      const take = (): unknown =>
        read(bytes, (reader) => reader.integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER))
      if (isFloat) {
        t.is(fault(take)?.reason, 'expected an integer, found a float')
      } else if (Number.isSafeInteger(Number(expected))) {
        t.is(take(), Number(expected))
      } else t.is(fault(take)?.reason, 'an integer beyond 2^53')
      count++
    }
  }
  t.true(count > 100)
})

test('Reader - reads nil, booleans, text and bytes of the suite in every form', (t) => {
  for (const entry of entries) {
    for (const bytes of entry.msgpack.map(fromDashes)) {
      if ('nil' in entry) t.true(read(bytes, (reader) => reader.nil()))
      if ('bool' in entry)
        t.is(
          read(bytes, (reader) => reader.bool()),
          entry['bool'],
        )
      if ('string' in entry)
        t.is(
          read(bytes, (reader) => reader.text()),
          entry['string'],
        )
      if ('binary' in entry) {
        const expected = fromDashes(entry['binary'] as string)
        t.deepEqual(
          Buffer.from(read(bytes, (reader) => reader.bytes()) as Uint8Array),
          Buffer.from(expected),
        )
      }
    }
  }
})

test('Reader.skip - passes over everything in the suite but extensions', (t) => {
  for (const entry of entries) {
    for (const bytes of entry.msgpack.map(fromDashes)) {
      const passed = fault(() => read(bytes, (reader) => reader.skip()))
      if ('ext' in entry || 'timestamp' in entry) {
        t.is(passed?.reason, 'expected a value, found an extension')
      } else t.is(passed, undefined)
    }
  }
})

test('Writer.integer - writes the smallest form of the suite', (t) => {
  const writer = new Writer()
  for (const entry of entries) {
    const value = integerOf(entry)
    if (value === undefined || !Number.isSafeInteger(Number(value))) continue
    writer.start()
    writer.integer(Number(value))
    const smallest = entry.msgpack
      .map(fromDashes)
      .filter(([marker]) => marker !== 0xca && marker !== 0xcb)
      .sort((a, b) => a.length - b.length)
    t.true(
      smallest
        .filter(({ length }) => length === smallest[0]?.length)
        .some((bytes) => Buffer.from(bytes).equals(writer.finish())),
    )
  }
})

test('Writer - writes what the library writes, at every size where a header changes', (t) => {
  const writer = new Writer()
  const library = new Encoder()
  const written = (write: () => void): string => {
    writer.start()
    write()
    return Buffer.from(writer.finish()).toString('hex')
  }
  const expected = (value: unknown): string => Buffer.from(library.encode(value)).toString('hex')
  for (const length of [0, 1, 14, 15, 31, 32, 85, 86, 255, 256, 1024, 1025, 65_535, 65_536]) {
    for (const unit of ['a', 'é', '€']) {
      t.is(
        written(() => writer.text(unit.repeat(length))),
        expected(unit.repeat(length)),
      )
    }
    const bytes = new Uint8Array(length).fill(7)
    t.is(
      written(() => writer.bytes(bytes)),
      expected(bytes),
    )
    const ones = Array.from({ length }, () => 1)
    t.is(
      written(() => {
        writer.array(length)
        for (const one of ones) writer.integer(one)
      }),
      expected(ones),
    )
    t.is(
      written(() => {
        writer.map(length)
        for (let key = 0; key < length; key++) {
          writer.text(String(key))
          writer.nil()
        }
      }).slice(0, 10),
      expected(Object.fromEntries(ones.map((_, index) => [String(index), null]))).slice(0, 10),
    )
  }
  for (let bits = 0; bits < 53; bits++) {
    for (const value of [2 ** bits - 1, 2 ** bits, -(2 ** bits), -(2 ** bits) - 1]) {
      t.is(
        written(() => writer.integer(value)),
        expected(value),
      )
    }
  }
})

test('Writer - never writes again to what it handed out', (t) => {
  const writer = new Writer()
  const library = new Encoder()
  const sizes = [1, 10, 100, 5000, 20_000, 3, 16_384, 16_379, 70_000, 12]
  const messages = Array.from({ length: 300 }, (_, index) => {
    const text = String.fromCharCode(97 + (index % 26)).repeat(sizes[index % sizes.length] ?? 0)
    writer.start()
    writer.text('given up')
    writer.start()
    writer.text(text)
    return { text, bytes: writer.finish() }
  })

  for (const { text, bytes } of messages)
    t.deepEqual(Buffer.from(bytes), Buffer.from(library.encode(text)))
})

const hostile: [string, string, (reader: Reader) => unknown, string][] = [
  ['a text of 4 GiB', 'dbffffffff61', (reader) => reader.text(), 'the message ends early'],
  ['bytes of 4 GiB', 'c6ffffffff61', (reader) => reader.bytes(), 'the message ends early'],
  ['an array of 4 G items', 'ddffffffff01', (reader) => reader.array(), 'the message ends early'],
  ['a map of 4 G entries', 'dfffffffff01', (reader) => reader.map(), 'the message ends early'],
  ['bytes as 4 G integers', 'ddffffffff01', (reader) => reader.bytes(), 'the message ends early'],
  ['a map larger than its bytes', '82a16101', (reader) => reader.map(), 'the message ends early'],
  ['nothing', '', (reader) => reader.bool(), 'the message ends early'],
  ['half an integer', 'cd01', (reader) => reader.integer(0, 9), 'the message ends early'],
  [
    'NaN',
    'cb7ff8000000000000',
    (reader) => reader.integer(0, 9),
    'expected an integer, found a float',
  ],
  [
    'a timestamp',
    'd6ff00000000',
    (reader) => reader.integer(0, 9),
    'expected an integer, found an extension',
  ],
  [
    '0xc1',
    'c1',
    (reader) => reader.skip(),
    'expected a value, found a byte that is not MessagePack',
  ],
  ['2^53', 'cf0020000000000000', (reader) => reader.integer(0, 9), 'an integer beyond 2^53'],
  ['a byte of 256', '91cd0100', (reader) => reader.bytes(), '256 is not between 0 and 255'],
  ['broken UTF-8', 'a2c328', (reader) => reader.text(), 'text is not UTF-8'],
  ['overlong UTF-8', 'a2c080', (reader) => reader.text(), 'text is not UTF-8'],
]

for (const [what, bytes, take, reason] of hostile) {
  test(`Reader - refuses ${what} without building it`, (t) => {
    const given = Uint8Array.from(Buffer.from(bytes, 'hex'))
    if (reason === '') t.notThrows(() => take(new Reader(given)))
    else
      t.deepEqual(
        fault(() => take(new Reader(given))),
        { path: '', reason },
      )
  })
}

test('Reader.skip - takes 32 levels and no more', (t) => {
  const nested = (levels: number): Uint8Array =>
    Uint8Array.from([...Array.from({ length: levels }, () => 0x91), 0x01])

  t.is(maxDepth, 32)
  t.is(
    fault(() => read(nested(maxDepth), (reader) => reader.skip())),
    undefined,
  )
  const tooDeep = { path: '', reason: 'nested deeper than 32' }
  t.deepEqual(
    fault(() => read(nested(maxDepth + 1), (reader) => reader.skip())),
    tooDeep,
  )
  t.deepEqual(
    fault(() => read(nested(200_000), (reader) => reader.skip())),
    tooDeep,
  )
})

test('Reader.finish - allows zero bytes after the message, nothing else', (t) => {
  const read2 = (tail: number[]): unknown =>
    fault(() => read(Uint8Array.from([0x01, ...tail]), (reader) => reader.integer(0, 9)))

  t.is(read2([]), undefined)
  t.is(read2([0]), undefined)
  t.is(read2([0, 0, 0]), undefined)
  t.deepEqual(read2([0, 1]), { path: '', reason: 'bytes after the end of the message' })
  t.deepEqual(read2([0xc0]), { path: '', reason: 'bytes after the end of the message' })
})

test('decodeValue - agrees with the library on the suite, and refuses extensions', (t) => {
  for (const entry of entries) {
    for (const bytes of entry.msgpack.map(fromDashes)) {
      if ('ext' in entry || 'timestamp' in entry) {
        t.is(fault(() => decodeValue(bytes))?.reason, 'expected a value, found an extension')
      } else t.deepEqual(decodeValue(bytes), decode(bytes, { useBigInt64: true }))
    }
  }
})

test('decodeValue - refuses __proto__ and levels without end, takes a zero byte at the end', (t) => {
  const proto = encodeValue(JSON.parse('{"__proto__":{"polluted":true}}'))
  t.truthy(fault(() => decodeValue(proto)))
  t.is((t as unknown as Record<string, unknown>)['polluted'], undefined)
  t.is(
    fault(() => decodeValue(new Uint8Array(100_000).fill(0x91)))?.reason,
    'nested deeper than 32',
  )
  t.is(decodeValue(Uint8Array.of(0x07, 0x00)), 7)
  t.truthy(fault(() => decodeValue(Uint8Array.of(0x07, 0x07))))
})
