/** What real actors do that a plain reader of the contracts would refuse, and what stays refused. */
import test from 'ava'
import { contractForId, type Dialect, health, type OperationCodec } from '../../contracts/index.ts'
import { bytesOf, called, fromHex, refusal, str, toHex } from '../support/contract-bytes.ts'

const requests: [string, string, Dialect, string, string, unknown][] = [
  [
    'the older name of expires',
    'wascc:keyvalue',
    'C',
    'Set',
    `83 ${str('key')} a161 ${str('value')} a162 ${str('expires_s')} 3c`,
    { key: 'a', value: 'b', expiresSeconds: 60 },
  ],
  [
    'its newer name',
    'wascc:keyvalue',
    'C',
    'Set',
    `83 ${str('key')} a161 ${str('value')} a162 ${str('expires')} ff`,
    { key: 'a', value: 'b', expiresSeconds: -1 },
  ],
  [
    'no expires',
    'wasmcloud:keyvalue',
    'E',
    'KeyValue.Set',
    `82 ${str('key')} a161 ${str('value')} a162`,
    { key: 'a', value: 'b', expiresSeconds: 0 },
  ],
  ['no keys', 'wascc:keyvalue', 'C', 'SetUnion', '80', { keys: [] }],
  ['a bare key', 'wasmcloud:keyvalue', 'E', 'KeyValue.Get', 'a161', { key: 'a' }],
  ['a bare key and a zero byte', 'wasmcloud:keyvalue', 'E', 'KeyValue.Get', 'a16100', { key: 'a' }],
  [
    'a bare list',
    'wasmcloud:keyvalue',
    'E',
    'KeyValue.SetUnion',
    '92a161a162',
    { keys: ['a', 'b'] },
  ],
  ['an add by position', 'wascc:keyvalue', 'B', 'Add', '92a161d0ff', { key: 'a', value: -1 }],
  [
    'more log fields',
    'wascc:logging',
    'C',
    'WriteLog',
    `84 ${str('level')} 03 ${str('body')} a178 ${str('line')} 07 ${str('file')} a166`,
    { level: 'info', text: 'x', target: '' },
  ],
  [
    'a level in capitals',
    'wasmcloud:logging',
    'D',
    'WriteLog',
    `83 ${str('target')} a174 ${str('level')} ${str('WARN')} ${str('text')} a178`,
    { level: 'warn', text: 'x', target: 't' },
  ],
  [
    'a level of its own',
    'wasmcloud:builtin:logging',
    'E',
    'Logging.WriteLog',
    `82 ${str('level')} ${str('loud')} ${str('text')} a178`,
    { level: 'info', text: 'x', target: '' },
  ],
  [
    'an empty replyTo',
    'wascc:messaging',
    'C',
    'Publish',
    `83 ${str('subject')} a173 ${str('replyTo')} a0 ${str('body')} c40162`,
    { subject: 's', replyTo: '', body: bytesOf('b') },
  ],
  [
    'a nil replyTo',
    'wascc:messaging',
    'C',
    'Publish',
    `83 ${str('subject')} a173 ${str('replyTo')} c0 ${str('body')} c40162`,
    { subject: 's', replyTo: '', body: bytesOf('b') },
  ],
  [
    'no replyTo and no body',
    'wascc:messaging',
    'C',
    'Publish',
    `81 ${str('subject')} a173`,
    { subject: 's', replyTo: '', body: new Uint8Array(0) },
  ],
  [
    'a variant by index',
    'wascc:extras',
    'B',
    'RequestRandom',
    '91 81 02 92 05 0a',
    { min: 5, max: 10 },
  ],
  [
    'a variant by name',
    'wascc:extras',
    'B',
    'RequestRandom',
    `91 81 ${str('RandomNumber')} 92 05 0a`,
    { min: 5, max: 10 },
  ],
  ['a unit variant', 'wascc:extras', 'B', 'RequestGuid', '91 81 00 c0', {}],
  [
    'any 32 bits',
    'wasmcloud:builtin:numbergen',
    'E',
    'NumberGen.Random32',
    '',
    { min: 0, max: 2 ** 32 },
  ],
]

for (const [what, contractId, dialect, wireName, bytes, expected] of requests) {
  test(`${wireName} ${dialect} - takes a request with ${what}`, (t) => {
    t.deepEqual(called(contractId, dialect, wireName).decodeRequest(fromHex(bytes)), expected)
  })
}

const refusedRequests: [string, string, Dialect, string, string, string, string][] = [
  [
    'an integer of 2^31',
    'wascc:keyvalue',
    'C',
    'Add',
    `82 ${str('key')} a161 ${str('value')} ce80000000`,
    'value',
    '2147483648 is not between -2147483648 and 2147483647',
  ],
  [
    'an integer of 2^63',
    'wascc:keyvalue',
    'C',
    'Add',
    `82 ${str('key')} a161 ${str('value')} cf8000000000000000`,
    'value',
    'an integer beyond 2^53',
  ],
  ['no key', 'wascc:keyvalue', 'C', 'Get', '80', 'key', 'missing'],
  [
    'a nil key',
    'wascc:keyvalue',
    'C',
    'Get',
    `81 ${str('key')} c0`,
    'key',
    'expected text, found nil',
  ],
  [
    'a key that is not UTF-8',
    'wascc:keyvalue',
    'C',
    'Get',
    `81 ${str('key')} a1ff`,
    'key',
    'text is not UTF-8',
  ],
  [
    'a number among keys',
    'wascc:keyvalue',
    'C',
    'SetUnion',
    `81 ${str('keys')} 92a16101`,
    'keys[1]',
    'expected text, found an integer',
  ],
  [
    'level 0',
    'wascc:logging',
    'C',
    'WriteLog',
    `82 ${str('level')} 00 ${str('body')} a178`,
    'level',
    '0 is not between 1 and 5',
  ],
  [
    'a timeout beyond 2^53',
    'wascc:messaging',
    'C',
    'Request',
    `82 ${str('subject')} a173 ${str('timeout')} cf7fffffffffffffff`,
    'timeoutMs',
    'an integer beyond 2^53',
  ],
  [
    'another variant',
    'wascc:extras',
    'B',
    'RequestGuid',
    '91 81 02 92 05 0a',
    'value',
    'expected variant Guid, found 2',
  ],
  [
    'a broken varint',
    'wascc:keyvalue',
    'A',
    'Get',
    '0a ffffffffffffffffffff01',
    'key',
    'a varint longer than ten bytes',
  ],
  [
    'a length past the end',
    'wascc:keyvalue',
    'A',
    'Get',
    '0a 05 61',
    'key',
    'the message ends early',
  ],
  ['a varint for text', 'wascc:keyvalue', 'A', 'Get', '08 05', 'key', 'wire type 0, expected 2'],
  ['a group', 'wascc:keyvalue', 'A', 'Get', '1b', '', 'wire type 3'],
]

for (const [what, contractId, dialect, wireName, bytes, path, reason] of refusedRequests) {
  test(`${wireName} ${dialect} - refuses a request with ${what}`, (t) => {
    t.deepEqual(
      refusal(() => called(contractId, dialect, wireName).decodeRequest(fromHex(bytes))),
      { code: 'ERR_MESSAGE_INVALID', contractId, operation: wireName, path, reason },
    )
  })
}

test('encodeResponse - refuses what does not fit the wire', (t) => {
  for (const value of [2 ** 31, 0.5, NaN]) {
    t.deepEqual(
      refusal(() => called('wascc:keyvalue', 'C', 'Add').encodeResponse({ value })),
      {
        code: 'ERR_MESSAGE_INVALID',
        contractId: 'wascc:keyvalue',
        operation: 'Add',
        path: 'value',
        reason: `${value} is not an integer between -2147483648 and 2147483647`,
      },
    )
  }
  // A refused message leaves nothing behind in the next one.
  t.is(
    toHex(called('wascc:keyvalue', 'C', 'Add').encodeResponse({ value: 42 })),
    '81a576616c75652a',
  )
})

test('void results - are empty when we give them, and anything when an actor does', (t) => {
  for (const dialect of ['B', 'C', 'E'] as const) {
    const id = contractForId('wascc:logging')?.dialect(dialect)
    const codec = id?.toProvider.get([...id.toProvider.keys()][0] ?? '')?.codec as OperationCodec
    t.is(toHex(codec.encodeResponse(undefined)), '')
  }
  for (const bytes of ['', 'c0', '80', 'ff']) {
    const deliver = contractForId('wascc:messaging')?.dialect('C')?.toActor.get('DeliverMessage')
    t.is(deliver?.decodeResponse(fromHex(bytes)), undefined)
  }
})

test('Publish D - answers that the message was published', (t) => {
  const codec = called('wasmcloud:messaging', 'D', 'Publish')
  t.is(toHex(codec.encodeResponse(undefined)), `81${str('published')}c3`)
})

test('random numbers - have the key that each dialect reads, and either is read', (t) => {
  const answer = { randomNumber: 7 }
  const rest = `${str('guid')}c0${str('sequenceNumber')}00`
  const c = called('wascc:extras', 'C', 'RequestRandom')
  const d = called('wasmcloud:extras', 'D', 'RequestRandom')

  t.is(toHex(c.encodeResponse(answer)), `83${rest}${str('randomNumber')}07`)
  t.is(toHex(d.encodeResponse(answer)), `83${rest}${str('random_number')}07`)
  for (const codec of [c, d]) {
    for (const key of ['randomNumber', 'random_number']) {
      t.deepEqual(codec.decodeResponse(fromHex(`81 ${str(key)} 07`)), answer)
    }
  }
})

test('counts - are new_count for sets of dialect D only', (t) => {
  const answer = { newCount: 2 }
  const written = (id: string, dialect: Dialect, operation: string): string =>
    toHex(called(id, dialect, operation).encodeResponse(answer))

  t.is(written('wasmcloud:keyvalue', 'D', 'SetAdd'), `81${str('new_count')}02`)
  t.is(written('wasmcloud:keyvalue', 'D', 'Push'), `81${str('newCount')}02`)
  t.is(written('wascc:keyvalue', 'C', 'SetAdd'), `81${str('newCount')}02`)
})

test('HealthRequest - an answer of nothing is good health; D and E say more', (t) => {
  const answer = (dialect: Dialect, bytes: string): unknown =>
    health.dialect(dialect)?.toActor.get('HealthRequest')?.decodeResponse(fromHex(bytes))
  const well = { healthy: true, message: '' }

  for (const dialect of ['A', 'B', 'C', 'D', 'E'] as const) t.deepEqual(answer(dialect, ''), well)
  for (const dialect of ['C', 'D', 'E'] as const) t.deepEqual(answer(dialect, 'c0'), well)
  const ill = `82 ${str('healthy')} c2 ${str('message')} ${str('ill')}`
  for (const dialect of ['D', 'E'] as const) {
    t.deepEqual(answer(dialect, ill), { healthy: false, message: 'ill' })
    t.like(
      refusal(() => answer(dialect, `81 ${str('healthy')} 01`)),
      { path: 'healthy' },
    )
  }
})
