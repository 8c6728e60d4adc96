import { plainResponse } from '../../contracts/http-server.ts'
import { contracts, httpServer, type OperationCodec } from '../../contracts/index.ts'
import type { FuzzTarget } from './target.ts'

/** One direction of one operation in one dialect, and a good message of it. */
export interface MessageForm {
  readonly name: string
  readonly sample: Uint8Array
  decode(bytes: Uint8Array): unknown
  encode(value: unknown): Uint8Array
}

/** Every field that any message has. */
const fields: Readonly<Record<string, unknown>> = {
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
  url: 'https://a.example/b?c',
  queryString: 'b=c',
  headers: ['accept', 'text/plain', 'x-y', 'z'],
  statusCode: 200,
  name: 'n',
  version: '1.0',
  revision: 3,
  longDescription: 'd',
  actor: 'M',
  settings: ['a', 'b', 'c', 'd'],
  body: Uint8Array.of(1, 2, 3),
  container: 'photos',
  id: 'cat.png',
  byteSize: 5,
  blobs: [{ container: 'photos', id: 'cat.png', byteSize: 5 }],
  sequenceNo: 1,
  totalBytes: 6,
  chunkSize: 4,
  context: 'c',
  bytes: Uint8Array.of(5, 6),
  containers: ['photos'],
  ids: ['cat.png'],
  failures: [{ key: 'cat.png', reason: 'r' }],
  startWith: 'c',
  after: 'ca',
  before: 'd',
  maxBlobs: 5,
  continuation: 'cat.png',
  offset: 4,
  isLast: true,
  streamId: 's',
  cancelAndRemove: false,
  end: 9,
  contentLength: 2,
  first: {
    container: 'photos',
    id: 'cat.png',
    bytes: Uint8Array.of(5, 6),
    offset: 0,
    isLast: true,
  },
  cancel: true,
  sql: 'select ?',
  parameters: [null, true, 7n, -1.5, 'p', Uint8Array.of(9), ['a', [2n ** 63n]]],
  database: 'd',
  rowsAffected: 3,
  columns: [{ ordinal: 0, name: 'c', dbType: 'float4' }],
  rows: [[0.5], [null]],
  stream: 'orders',
  eventId: '1604188800123-0',
  range: { minTime: 1, maxTime: 1_604_188_800_123 },
  count: 3,
  events: [{ eventId: '1-0', stream: 'orders', values: { a: 'b' } }],
  refusal: '',
  error: { code: 'db', message: 'm', sqlState: '23505' },
}

/** Every message of every contract and dialect. */
export const messageForms: readonly MessageForm[] = contracts.flatMap((contract) =>
  (['A', 'B', 'C', 'D', 'E'] as const).flatMap((name) => {
    const dialect = contract.dialect(name)
    if (dialect === undefined) return []
    const codecs: OperationCodec[] = [
      ...[...dialect.toProvider.keys()].flatMap((key) => dialect.toProvider.get(key)?.codec ?? []),
      ...[...dialect.toActor.keys()].flatMap((key) => dialect.toActor.get(key) ?? []),
    ]
    return codecs.flatMap((codec): MessageForm[] => {
      const isSum = codec.wireName === 'Add' || codec.wireName === 'KeyValue.Increment'
      const value = isSum ? { ...fields, value: 5 } : fields
      return [
        {
          name: `${name} ${codec.wireName} request`,
          sample: codec.encodeRequest(value),
          decode: codec.decodeRequest.bind(codec),
          encode: codec.encodeRequest.bind(codec),
        },
        {
          name: `${name} ${codec.wireName} response`,
          sample: codec.encodeResponse(value),
          decode: codec.decodeResponse.bind(codec),
          encode: codec.encodeResponse.bind(codec),
        },
      ]
    })
  }),
)

/**
 * Reads a message, and holds what was read against what is read back from our own writing of it.
 * (The second and third reading are compared: the first may hold headers that become one.)
 */
export function readMessage(form: MessageForm, bytes: Uint8Array): unknown {
  const value = form.decode(bytes)
  const second = form.decode(form.encode(value))
  const third = form.decode(form.encode(second))
  if (asText(second) !== asText(third)) {
    throw new Error(`${form.name} is read in two ways`)
  }
  return value
}

function asText(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item))
}

/** Messages of actors. The first two bytes choose which. */
export const messagesTarget: FuzzTarget = {
  name: 'messages',
  run(input) {
    const form = messageForms[((input[0] ?? 0) * 256 + (input[1] ?? 0)) % messageForms.length]
    if (form !== undefined) readMessage(form, input.subarray(2))
  },
  seeds: () =>
    messageForms.map(({ sample }, index) => Uint8Array.from([index >> 8, index & 0xff, ...sample])),
}

/** HTTP responses, which are read on a short way and on a long one. */
export const httpResponsesTarget: FuzzTarget = {
  name: 'http-responses',
  run(input) {
    const plain = attempt(() => plainResponse.decode(input))
    const short = attempt(() =>
      httpServer.dialect('C')?.toActor.get('HandleRequest')?.decodeResponse(input),
    )
    const isSame = plain.isTaken
      ? JSON.stringify(plain.value) === JSON.stringify(short.value)
      : !short.isTaken
    if (!isSame) throw new Error('read in two ways')
    if (!short.isTaken) throw short.error
  },
  seeds: () => [
    plainResponse.encode({ statusCode: 200, headers: [], body: new Uint8Array(2) }),
    plainResponse.encode({
      statusCode: 404,
      headers: ['a', 'b', 'c', 'd'],
      body: new Uint8Array(),
    }),
    Buffer.from('82aa737461747573436f6465ccc8a4626f6479c4026869', 'hex'),
  ],
}

interface Attempt {
  readonly isTaken: boolean
  readonly value?: unknown
  readonly error?: unknown
}

function attempt(run: () => unknown): Attempt {
  try {
    return { isTaken: true, value: run() }
  } catch (error) {
    return { isTaken: false, error }
  }
}
