/**
 * Byte vectors by the definition of the messages: MessagePack maps in the order and under the names
 * of the Smithy model wasmcloud-core (2021 to 2023); those of earlier hosts as rmp-serde 0.14 wrote
 * their structs and enums.
 */
import { createHash } from 'node:crypto'
import test from 'ava'
import {
  entityUrl,
  healthCheckRequest,
  healthCheckResponse,
  type Invocation,
  invocation,
  invocationHash,
  invocationResponse,
  linkDefinition,
  type MessageCodec,
} from '../../contracts/index.ts'

const hex = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === 'string' ? Buffer.from(part.replaceAll(' ', ''), 'hex') : part,
    ),
  )
/** A text of up to 255 bytes, with its header. */
const str = (text: string): Buffer => {
  const bytes = Buffer.from(text)
  const header = bytes.length < 32 ? [0xa0 | bytes.length] : [0xd9, bytes.length]
  return Buffer.from([...header, ...bytes])
}
const actor = { publicKey: 'MAAA', contractId: '', linkName: '' }
const provider = { publicKey: 'VBBB', contractId: 'wasmcloud:keyvalue', linkName: 'default' }

const call: Invocation = {
  origin: actor,
  target: provider,
  operation: 'KeyValue.Get',
  msg: Uint8Array.of(0xa1, 0x6b),
  id: '7c4d',
  encodedClaims: 'e.y.J',
  hostId: 'NCCC',
  contentLength: 2,
  traceContext: { traceparent: '00-1' },
}
const entityBytes = ({ publicKey, contractId, linkName }: typeof actor): Buffer =>
  hex(
    '83',
    ...[str('public_key'), str(publicKey), str('link_name'), str(linkName)],
    ...[str('contract_id'), str(contractId)],
  )

const vectors: readonly (readonly [string, MessageCodec<never>, unknown, Buffer])[] = [
  [
    'an invocation with all there is',
    invocation as MessageCodec<never>,
    call,
    hex(
      '89',
      ...[str('origin'), entityBytes(actor), str('target'), entityBytes(provider)],
      ...[str('operation'), str('KeyValue.Get'), str('msg'), 'c402 a16b', str('id'), str('7c4d')],
      ...[str('encoded_claims'), str('e.y.J'), str('host_id'), str('NCCC')],
      ...[str('content_length'), '02', str('traceContext')],
      ...['81', str('traceparent'), str('00-1')],
    ),
  ],
  [
    'an invocation with what is needed',
    invocation as MessageCodec<never>,
    { ...call, contentLength: null, traceContext: null },
    hex(
      '87',
      ...[str('origin'), entityBytes(actor), str('target'), entityBytes(provider)],
      ...[str('operation'), str('KeyValue.Get'), str('msg'), 'c402 a16b', str('id'), str('7c4d')],
      ...[str('encoded_claims'), str('e.y.J'), str('host_id'), str('NCCC')],
    ),
  ],
  [
    'a response',
    invocationResponse as MessageCodec<never>,
    { msg: Uint8Array.of(1, 2), invocationId: '7c4d', error: null, contentLength: 2 },
    hex(
      '83',
      str('msg'),
      'c402 0102',
      str('invocation_id'),
      str('7c4d'),
      str('content_length'),
      '02',
    ),
  ],
  [
    'a failure',
    invocationResponse as MessageCodec<never>,
    { msg: new Uint8Array(0), invocationId: '7c4d', error: 'no such key', contentLength: null },
    hex(
      ...['83', str('msg'), 'c400', str('invocation_id'), str('7c4d')],
      ...[str('error'), str('no such key')],
    ),
  ],
  [
    'a link definition',
    linkDefinition as MessageCodec<never>,
    {
      ...{ actorId: 'MAAA', providerId: 'VBBB', linkName: 'default', id: '' },
      ...{ contractId: 'wasmcloud:keyvalue', values: { URL: 'redis://a' } },
    },
    hex(
      ...['85', str('actor_id'), str('MAAA'), str('provider_id'), str('VBBB')],
      ...[str('link_name'), str('default'), str('contract_id'), str('wasmcloud:keyvalue')],
      ...[str('values'), '81', str('URL'), str('redis://a')],
    ),
  ],
  [
    'a link definition with an id',
    linkDefinition as MessageCodec<never>,
    {
      ...{ actorId: 'M', providerId: 'V', linkName: 'l', id: '42' },
      ...{ contractId: 'c', values: {} },
    },
    hex(
      ...[
        '86',
        str('actor_id'),
        str('M'),
        str('provider_id'),
        str('V'),
        str('link_name'),
        str('l'),
      ],
      ...[str('contract_id'), str('c'), str('values'), '80', str('id'), str('42')],
    ),
  ],
  [
    'a health check as the OTP host sent it',
    healthCheckRequest as MessageCodec<never>,
    { placeholder: true },
    hex('81', str('placeholder'), 'c3'),
  ],
  [
    'an answer to it',
    healthCheckResponse as MessageCodec<never>,
    { healthy: false, message: 'no disk' },
    hex('82', str('healthy'), 'c2', str('message'), str('no disk')),
  ],
  [
    'an answer that says no more',
    healthCheckResponse as MessageCodec<never>,
    { healthy: true, message: null },
    hex('81', str('healthy'), 'c3'),
  ],
]
for (const [what, codec, message, bytes] of vectors) {
  test(`wasmbus - ${what} is these bytes, in both directions`, (t) => {
    t.deepEqual(Buffer.from(codec.encode(message as never)), bytes)
    t.deepEqual(plain(codec.decode(bytes)), plain(message))
  })
}

const withEntities = (origin: Buffer, target: Buffer, msg: Buffer): Buffer =>
  hex(
    '87',
    ...[str('origin'), origin, str('target'), target, str('operation'), str('Get')],
    ...[str('msg'), msg, str('id'), str('1'), str('encoded_claims'), str('')],
    ...[str('host_id'), str('N')],
  )
const arrayOfInts = hex('93 01 cc ff 00')
const earlier: readonly (readonly [string, Buffer, Partial<Invocation>])[] = [
  [
    'waSCC: variants by index, a capability without a key, a message as an array',
    withEntities(
      hex('81 00', str('MAAA')),
      hex('81 01 82', str('capid'), str('wascc:keyvalue'), str('binding'), str('default')),
      arrayOfInts,
    ),
    {
      origin: actor,
      target: { publicKey: '', contractId: 'wascc:keyvalue', linkName: 'default' },
      msg: Buffer.of(1, 255, 0),
    },
  ],
  [
    'wasmCloud 0.18: a capability with its key',
    withEntities(
      hex(
        '81 01 83',
        str('id'),
        str('VBBB'),
        str('contract_id'),
        str('a:b'),
        str('link_name'),
        str('l'),
      ),
      hex('81 00', str('MAAA')),
      arrayOfInts,
    ),
    { origin: { publicKey: 'VBBB', contractId: 'a:b', linkName: 'l' }, target: actor },
  ],
  [
    'variants by name, a struct by position',
    withEntities(
      hex('81', str('Capability'), '93', str('VBBB'), str('a:b'), str('l')),
      hex('81', str('Actor'), str('MAAA')),
      hex('c400'),
    ),
    { origin: { publicKey: 'VBBB', contractId: 'a:b', linkName: 'l' }, target: actor },
  ],
  [
    'an entity that says only one thing of itself',
    withEntities(hex('81', str('public_key'), str('MAAA')), entityBytes(provider), hex('c400')),
    { origin: actor, target: provider },
  ],
]
for (const [what, bytes, expected] of earlier) {
  test(`invocation - reads ${what}`, (t) => {
    t.like(plain(invocation.decode(bytes)), plain(expected) as object)
  })
}

const broken: readonly (readonly [string, Buffer])[] = [
  ['nothing', hex('')],
  ['nil', hex('c0')],
  ['no origin', hex('81', str('operation'), str('Get'))],
  ['a third variant', withEntities(hex('81 02', str('M')), entityBytes(provider), hex('c400'))],
  ['an actor that is a number', withEntities(hex('81 00 05'), entityBytes(provider), hex('c400'))],
  [
    'a message of text numbers',
    withEntities(entityBytes(actor), entityBytes(provider), hex('91', str('1'))),
  ],
  ['a message cut short', withEntities(entityBytes(actor), entityBytes(provider), hex('c4ff'))],
]
for (const [what, bytes] of broken) {
  test(`invocation - refuses ${what}`, (t) => {
    t.throws(() => invocation.decode(bytes), { code: 'ERR_MESSAGE_INVALID' })
  })
}

test('linkDefinition - refuses values that are no text, come twice or would be a prototype', (t) => {
  const withValues = (values: Buffer): Buffer =>
    hex(
      ...[
        '85',
        str('actor_id'),
        str('M'),
        str('provider_id'),
        str('V'),
        str('link_name'),
        str('l'),
      ],
      ...[str('contract_id'), str('c'), str('values'), values],
    )
  for (const values of [
    hex('81', str('PORT'), 'cd1f90'),
    hex('82', str('A'), str('1'), str('A'), str('2')),
    hex('81', str('__proto__'), str('1')),
    hex('df ffffffff'),
  ]) {
    t.throws(() => linkDefinition.decode(withValues(values)), { code: 'ERR_MESSAGE_INVALID' })
  }
})

test('entityUrl, invocationHash - are those that claims of invocations hold', (t) => {
  t.is(entityUrl(actor), 'wasmbus://MAAA')
  const spaced = { publicKey: 'VBBB', contractId: 'Wascc:Key value', linkName: 'My Link' }
  t.is(entityUrl(spaced), 'wasmbus://wascc/key_value/my_link/VBBB')
  const said =
    'wasmbus://MAAA' +
    'wasmbus://wasmcloud/keyvalue/default/VBBB/KeyValue.Get' +
    'KeyValue.Get' +
    'hello'
  t.is(
    invocationHash({ ...call, msg: Buffer.from('hello') }),
    createHash('sha256').update(said).digest('hex').toUpperCase(),
  )
})

/** Views of bytes as arrays, so that they compare by content. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value]
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}
