import test from 'ava'
import { type ContractError, type Dialect, httpServer, keyvalue } from '../../contracts/index.ts'
import { maxItems } from '../../contracts/msgpack-reader.ts'

type Codecs = ReadonlyMap<string, { readonly operation: string; readonly codec: Decoder }>

interface Decoder {
  decodeRequest(bytes: Uint8Array): unknown
}

function decodeUnion(dialect: Dialect, bytes: Uint8Array): { keys: readonly string[] } {
  const codecs = keyvalue.dialect(dialect)?.toProvider as unknown as Codecs
  const found = [...codecs.values()].find(({ operation }) => operation === 'SetUnion')
  return found?.codec.decodeRequest(bytes) as { keys: readonly string[] }
}

function decodeAnswer(dialect: Dialect, bytes: Uint8Array): { headers: readonly string[] } {
  return httpServer.dialect(dialect)?.toActor.get('HandleRequest')?.decodeResponse(bytes) as {
    headers: readonly string[]
  }
}

const repeated = (count: number, ...bytes: number[]): Buffer =>
  Buffer.alloc(count * bytes.length, Buffer.from(bytes))
const count32 = (marker: number, count: number): Buffer => {
  const header = Buffer.from([marker, 0, 0, 0, 0])
  header.writeUInt32BE(count, 1)
  return header
}
const key = (name: string): Buffer =>
  Buffer.concat([Buffer.of(0xa0 + name.length), Buffer.from(name)])

/** `SetUnion` of empty keys, as each generation of actors writes it. */
const unions: Readonly<Record<'A' | 'C', (keys: number) => Buffer>> = {
  A: (keys) => repeated(keys, 0x0a, 0),
  C: (keys) =>
    Buffer.concat([Buffer.of(0x81), key('keys'), count32(0xdd, keys), repeated(keys, 0xa0)]),
}

for (const dialect of ['A', 'C'] as const) {
  test(`dialect ${dialect} - a list may have ${maxItems - 1} items`, (t) => {
    t.is(decodeUnion(dialect, unions[dialect](maxItems - 1)).keys.length, maxItems - 1)
  })

  test(`dialect ${dialect} - a list of a million items is refused`, (t) => {
    const error = t.throws<ContractError>(() => decodeUnion(dialect, unions[dialect](1_000_000)))
    t.is(error.code, 'ERR_MESSAGE_INVALID')
    t.is(error.detail.reason, `more than ${maxItems} items`)
  })
}

test('dialect A - messages without a list share none', (t) => {
  t.deepEqual(decodeUnion('A', unions.A(2)).keys, ['', ''])
  t.deepEqual(decodeUnion('A', unions.A(0)).keys, [])
  t.deepEqual(decodeUnion('A', unions.A(1)).keys, [''])
})

for (const [name, value] of [
  ['a value that nobody asked for', count32(0xdd, 10_000_000)],
  [
    'lists in lists',
    Buffer.concat([count32(0xdd, 60_000), repeated(60_000, 0x9f, ...Array<number>(15).fill(0xc0))]),
  ],
  [
    'maps in lists',
    Buffer.concat([count32(0xdd, 60_000), repeated(60_000, 0x8f, ...Array<number>(30).fill(0xc0))]),
  ],
] as const) {
  test(`SetUnion - more than ${maxItems} items in ${name} are refused`, (t) => {
    const message = Buffer.concat([Buffer.of(0x81), key('x'), value, repeated(10_000_000, 0xc0)])
    const error = t.throws<ContractError>(() => decodeUnion('C', message))
    t.is(error.detail.reason, `more than ${maxItems} items`)
  })
}

test('HandleRequest - an answer of 100,000 headers is refused', (t) => {
  const names = Array.from({ length: 100_000 }, (_, at) => key(at.toString(36).padStart(5, '0')))
  const headers = names.flatMap((name) => [name, Buffer.of(0xa0)])
  const error = t.throws<ContractError>(() =>
    decodeAnswer(
      'C',
      Buffer.concat([Buffer.of(0x81), key('header'), count32(0xdf, names.length), ...headers]),
    ),
  )
  t.is(error.detail.reason, `more than ${maxItems} items`)
})

test('HandleRequest - dialect A takes headers in linear time', (t) => {
  const entry = [0x1a, 6, 0x0a, 1, 0x61, 0x12, 1, 0x62]
  const answer = Buffer.concat([Buffer.from([0x08, 0xc8, 0x01]), repeated(60_000, ...entry)])
  t.is(decodeAnswer('A', answer).headers.length, 120_000)
})
