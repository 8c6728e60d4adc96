import test from 'ava'
import {
  decodeHostData,
  encodeFrame,
  encodeHostData,
  FrameReader,
  type HostData,
  maxFrameBytes,
  noHeaders,
  packValue,
  unpackValue,
  type WasmbusFrame,
} from '../../contracts/index.ts'

const frame: WasmbusFrame = {
  subject: 'wasmbus.rpc.default.V.1',
  reply: '_INBOX.1',
  headers: { 'deadline-ms': '100' },
  payload: Uint8Array.of(1, 2, 3),
}
const bare: WasmbusFrame = { subject: 'a', reply: '', headers: noHeaders, payload: Buffer.alloc(0) }

test('encodeFrame - writes the length, then what there is', (t) => {
  t.is(
    Buffer.from(encodeFrame(bare)).toString('hex'),
    '0000001582a77375626a656374a161a77061796c6f6164c400',
  )
})

test('FrameReader - takes frames out of a stream however it is cut', (t) => {
  const long = { ...frame, payload: new Uint8Array(70_000).fill(7) }
  const stream = Buffer.concat([frame, bare, long, frame].map(encodeFrame))
  for (const size of [1, 3, 64, 65_536, stream.length]) {
    const reader = new FrameReader()
    const read: WasmbusFrame[] = []
    for (let at = 0; at < stream.length; at += size) {
      reader.push(stream.subarray(at, at + size))
      for (let next = reader.next(); next; next = reader.next()) read.push(next)
    }
    t.deepEqual(
      read.map(({ subject, payload }) => [subject, payload.length]),
      [
        [frame.subject, 3],
        ['a', 0],
        [frame.subject, 70_000],
        [frame.subject, 3],
      ],
      String(size),
    )
    t.like(read[0], { reply: frame.reply, headers: frame.headers })
  }
})

test('FrameReader, encodeFrame - refuse a frame that is too long, as soon as its length is known', (t) => {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(maxFrameBytes + 1)
  t.throws(() => new FrameReader().push(head), { code: 'ERR_MESSAGE_INVALID' })
  t.throws(() => encodeFrame({ ...bare, payload: new Uint8Array(maxFrameBytes) }), {
    code: 'ERR_MESSAGE_INVALID',
  })
})

test('FrameReader - refuses what is no frame', (t) => {
  for (const content of ['', '00', 'c0', '81a77061796c6f6164c400', '81a77375626a65637405']) {
    const bytes = Buffer.from(content, 'hex')
    const head = Buffer.alloc(4)
    head.writeUInt32BE(bytes.length)
    const reader = new FrameReader()
    reader.push(Buffer.concat([head, bytes]))
    t.throws(() => reader.next(), { code: 'ERR_MESSAGE_INVALID' }, content)
  }
})

const values: readonly unknown[] = [
  undefined,
  null,
  true,
  '',
  'é€😀',
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 40,
  -(2 ** 40),
  Number.MAX_SAFE_INTEGER,
  5n,
  -5n,
  2n ** 63n - 1n,
  [],
  [1, [2, 'x'], null],
  {},
  { key: 'a', expiresSeconds: 0, nested: { items: ['first'] } },
]
for (const value of values) {
  test(`packValue - gives back ${typeof value} ${JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item))}`, (t) => {
    t.deepEqual(unpackValue(packValue(value)), value)
  })
}

test('packValue - keeps bytes, leaves undefined members out, refuses what it cannot write', (t) => {
  t.deepEqual(
    [...(unpackValue(packValue({ body: Uint8Array.of(1, 2) })) as { body: Uint8Array }).body],
    [1, 2],
  )
  t.deepEqual(unpackValue(packValue({ a: undefined, b: 1 })), { b: 1 })
  for (const value of [() => 1, Symbol('x'), 2n ** 70n]) {
    t.throws(() => packValue(value), { code: 'ERR_MESSAGE_INVALID' }, typeof value)
  }
  const circle: unknown[] = []
  circle.push(circle)
  t.throws(() => packValue(circle), { code: 'ERR_MESSAGE_INVALID' })
})

test('unpackValue - refuses prototypes, extensions, depth, early ends and what follows', (t) => {
  const deep = '91'.repeat(40)
  for (const bytes of [
    '81a95f5f70726f746f5f5fc0',
    'd4ff00',
    `${deep}c0`,
    '92c0',
    'c0c0',
    'c1',
    'dfffffffff',
  ]) {
    t.throws(() => unpackValue(Buffer.from(bytes, 'hex')), { code: 'ERR_MESSAGE_INVALID' }, bytes)
  }
})

const hostData: HostData = {
  ...{ hostId: 'N', latticeRpcPrefix: 'default', linkName: 'default', providerKey: 'V' },
  ...{ latticeRpcUserJwt: '', latticeRpcUserSeed: '', latticeRpcUrl: '', invocationSeed: '' },
  envValues: { A: 'ü' },
  instanceId: '1',
  linkDefinitions: [
    {
      ...{ id: '7', actorId: 'M', providerId: 'V', linkName: 'default', contractId: 'a:b' },
      values: { URL: 'x' },
    },
  ],
  clusterIssuers: ['C'],
  configJson: null,
  defaultRpcTimeoutMs: 2000,
  structuredLogging: false,
}

test('encodeHostData, decodeHostData - give back what was said', (t) => {
  t.deepEqual(decodeHostData(`${encodeHostData(hostData)}\n`), hostData)
})

test('decodeHostData - reads what an OTP host wrote, and ignores what later ones added', (t) => {
  const json = {
    ...{ host_id: 'N', lattice_rpc_prefix: 'default', link_name: 'default', provider_key: 'V' },
    ...{ lattice_rpc_user_jwt: '', lattice_rpc_user_seed: '', lattice_rpc_url: '127.0.0.1:4222' },
    ...{ lattice_rpc_tls: 0, env_values: {}, instance_id: 'i', link_definitions: [] },
    ...{ config_json: null, cluster_issuers: ['C'], invocation_seed: 'S', otel_config: {} },
  }
  const data = decodeHostData(Buffer.from(JSON.stringify(json)).toString('base64'))
  t.like(data, { latticeRpcUrl: '127.0.0.1:4222', clusterIssuers: ['C'], structuredLogging: false })
})

test('decodeHostData - refuses anything else, and never repeats what it was given', (t) => {
  const secret = 'SUACHSECRET'
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  for (const line of [
    '',
    '{}',
    secret,
    base64('null'),
    base64('{}'),
    base64(`{"host_id":"N","invocation_seed":["${secret}"]}`),
    base64(`{"host_id": ${secret}`),
    'A'.repeat(2 * 1024 * 1024),
  ]) {
    const error = t.throws(() => decodeHostData(line), { code: 'ERR_MESSAGE_INVALID' })
    t.false(
      JSON.stringify([error?.message, (error as { detail?: unknown }).detail]).includes(secret),
    )
  }
})
