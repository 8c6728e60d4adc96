/** Mutated messages: whatever bytes come, only a ContractError may leave a codec. */
import test from 'ava'
import {
  type AnyContractError,
  ContractError,
  contracts,
  httpServer,
  type OperationCodec,
} from '../../contracts/index.ts'
import { plainRequest, plainResponse } from '../../contracts/http-server.ts'
import { MessageFault } from '../../contracts/errors.ts'

const seed = 20260822

/** Small and repeatable (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const random = randomFrom(seed)

function below(limit: number): number {
  return Math.floor(random() * limit)
}

/** Bytes that mean something: headers of every kind, at their edges. */
const telling = [
  0x00, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5,
  0xc6, 0xc7, 0xca, 0xcb, 0xcc, 0xcf, 0xd0, 0xd3, 0xd4, 0xd6, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde,
  0xdf, 0xe0, 0xff,
]

function mutated(original: Uint8Array): Uint8Array {
  const bytes = [...original]
  for (let changes = 1 + below(below(2) === 0 ? 1 : 4); changes > 0; changes--) {
    const at = below(bytes.length + 1)
    switch (below(5)) {
      case 0:
        bytes[at] = below(256)
        break
      case 1:
        bytes[at] = telling[below(telling.length)] as number
        break
      case 2:
        bytes.splice(at, 1 + below(4))
        break
      case 3:
        bytes.splice(at, 0, telling[below(telling.length)] as number)
        break
      default:
        bytes.splice(at, 0, ...bytes.slice(below(bytes.length + 1)).slice(0, 12))
    }
  }
  return Uint8Array.from(bytes)
}

const samples: Record<string, unknown> = {
  key: 'counter',
  value: 'v',
  keys: ['a', 'b'],
  expiresSeconds: 60,
  start: 0,
  stop: -1,
  exists: true,
  newCount: 3,
  values: ['x', 'y'],
  deleted: true,
  end: 'head',
  items: 'all',
  min: 1,
  max: 1000,
  guid: '11111111-2222-4333-8444-555555555555',
  randomNumber: 77,
  sequenceNumber: 5,
  level: 'info',
  text: 'line',
  target: 't',
  subject: 's.t',
  replyTo: 'r',
  timeoutMs: 1500,
  healthy: true,
  message: 'm',
  method: 'POST',
  path: '/a',
  queryString: 'b=c',
  headers: ['accept', 'text/plain', 'x-y', 'z'],
  statusCode: 200,
  body: Uint8Array.of(1, 2, 3),
}

interface Target {
  readonly name: string
  readonly seeds: readonly Uint8Array[]
  decode(bytes: Uint8Array): unknown
}

/** Every decoder there is, with messages of its own to start from. */
function targets(): Target[] {
  return contracts.flatMap((contract) =>
    (['A', 'B', 'C', 'D', 'E'] as const).flatMap((name) => {
      const dialect = contract.dialect(name)
      if (dialect === undefined) return []
      const codecs: OperationCodec[] = [
        ...[...dialect.toProvider.keys()].flatMap(
          (key) => dialect.toProvider.get(key)?.codec ?? [],
        ),
        ...[...dialect.toActor.keys()].flatMap((key) => dialect.toActor.get(key) ?? []),
      ]
      return codecs.flatMap((codec): Target[] => {
        const isSum = codec.wireName === 'Add' || codec.wireName === 'KeyValue.Increment'
        const value = isSum ? { ...samples, value: 5 } : samples
        return [
          {
            name: `${name} ${codec.wireName} request`,
            seeds: [codec.encodeRequest(value)],
            decode: (bytes) => codec.decodeRequest(bytes),
          },
          {
            name: `${name} ${codec.wireName} response`,
            seeds: [codec.encodeResponse(value)],
            decode: (bytes) => codec.decodeResponse(bytes),
          },
        ]
      })
    }),
  )
}

/** What a decoder made of bytes: a value, or how it refused them. Anything else is thrown on. */
function outcome(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): unknown {
  try {
    return { value: decode(bytes) }
  } catch (error) {
    if (error instanceof ContractError) return (error as AnyContractError).detail
    if (error instanceof MessageFault) return { reason: error.reason, path: error.path }
    throw error
  }
}

test(`codecs - throw nothing but ContractError for 100,000 mutated messages (seed ${seed})`, (t) => {
  const all = targets()
  const rounds = Math.ceil(100_000 / all.length)
  let refused = 0
  let bytes: Uint8Array = new Uint8Array(0)
  for (const { name, seeds, decode } of all) {
    for (let round = 0; round < rounds; round++) {
      bytes = mutated(seeds[below(seeds.length)] as Uint8Array)
      try {
        if ('reason' in (outcome(decode, bytes) as object)) refused++
      } catch (error) {
        t.fail(`${name} ${Buffer.from(bytes).toString('hex')}: ${String(error)}`)
      }
    }
  }

  t.true(all.length > 150)
  t.true(refused > 50_000)
  t.pass()
})

test(`HandleRequest - the short cut reads what the shape reads, 30,000 times (seed ${seed})`, (t) => {
  const codec = httpServer.dialect('C')?.toActor.get('HandleRequest') as OperationCodec
  const seeds = [
    plainResponse.encode({ statusCode: 200, headers: [], body: new Uint8Array(2) }),
    plainResponse.encode({
      statusCode: 404,
      headers: ['a', 'b', 'c', 'd'],
      body: new Uint8Array(0),
    }),
    Uint8Array.from(
      Buffer.from('83aa737461747573436f6465ccc8a668656164657280a4626f6479c4026869', 'hex'),
    ),
  ]
  let accepted = 0
  for (let round = 0; round < 30_000; round++) {
    const bytes = mutated(seeds[below(seeds.length)] as Uint8Array)
    const short = outcome((given) => codec.decodeResponse(given), bytes)
    const plain = outcome((given) => plainResponse.decode(given), bytes)
    if ('value' in (plain as object)) accepted++
    // Where both refuse they may have stumbled over different things.
    const isSame =
      'value' in (plain as object) || 'value' in (short as object)
        ? JSON.stringify(short) === JSON.stringify(plain)
        : true
    if (!isSame) {
      t.fail(
        `${Buffer.from(bytes).toString('hex')}: ${JSON.stringify(short)} ${JSON.stringify(plain)}`,
      )
    }
  }

  t.true(accepted > 1500, `accepted ${accepted}`)
})

test('HandleRequest - the short cut writes what the shape writes', (t) => {
  const codec = httpServer.dialect('C')?.toActor.get('HandleRequest') as OperationCodec
  for (let round = 0; round < 2000; round++) {
    const text = (): string =>
      Array.from({ length: below(60) }, () =>
        String.fromCodePoint(below(20) === 0 ? below(0xd800) : 32 + below(90)),
      ).join('')
    const request = {
      method: 'POST',
      path: `/${text()}`,
      queryString: text(),
      headers: Array.from({ length: below(8) * 2 }, text),
      body: new Uint8Array(below(300)).fill(round),
    }

    t.deepEqual(
      Buffer.from(codec.encodeRequest(request)),
      Buffer.from(plainRequest.encode(request)),
    )
  }
})
