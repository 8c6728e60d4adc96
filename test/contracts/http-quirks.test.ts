/** HTTP messages of real actors that a plain reader would refuse, and what stays refused. */
import test from 'ava'
import type { Dialect } from '../../contracts/index.ts'
import { bytesOf, fromHex, handled, refusal, str, toHex } from '../support/contract-bytes.ts'

const okBody = `84 ${str('statusCode')} ccc8 ${str('status')} ${str('OK')} ${str('header')} 80 ${str('body')}`
const hi = { statusCode: 200, headers: [], body: bytesOf('hi') }

test('HandleRequest - writes the request of formats known from kvcounter byte for byte', (t) => {
  const request = {
    method: 'GET',
    path: '/foo',
    queryString: 'a=1',
    headers: ['Accept', 'text/plain'],
    body: bytesOf('hi'),
  }

  t.is(
    toHex(handled('C').encodeRequest(request)),
    '85a66d6574686f64a3474554a470617468a42f666f6fab7175657279537472696e67a3613d31a668656164657281a6616363657074aa746578742f706c61696ea4626f6479c4026869',
  )
})

const responses: [string, Dialect, string, unknown][] = [
  [
    'kvcounter',
    'C',
    '84aa737461747573436f6465ccc8a6737461747573a24f4ba668656164657280a4626f6479c40e7b22636f756e746572223a34327d',
    { statusCode: 200, headers: [], body: bytesOf('{"counter":42}') },
  ],
  ['body as bin', 'C', `${okBody} c402 6869`, hi],
  ['body as text', 'C', `${okBody} a2 6869`, hi],
  ['body as an array of integers', 'C', `${okBody} 92 68 69`, hi],
  ['a zero byte at the end, from AssemblyScript', 'C', `${okBody} c402 6869 00`, hi],
  ['an array in place of the map', 'C', `94 ccc8 ${str('OK')} 80 c402 6869`, hi],
  ['an array with more than we know', 'C', `95 ccc8 ${str('OK')} 80 c402 6869 91c0`, hi],
  ['an array that ends early', 'C', '91 ccc8', { ...hi, body: new Uint8Array(0) }],
  [
    'neither header nor body',
    'C',
    `82 ${str('statusCode')} ccc8 ${str('status')} a0`,
    { ...hi, body: new Uint8Array(0) },
  ],
  [
    'nil for header and body',
    'C',
    `83 ${str('statusCode')} ccc8 ${str('header')} c0 ${str('body')} c0`,
    { ...hi, body: new Uint8Array(0) },
  ],
  ['no status text', 'C', `82 ${str('statusCode')} ccc8 ${str('body')} c402 6869`, hi],
  [
    'keys in another order',
    'C',
    `83 ${str('body')} c402 6869 ${str('header')} 80 ${str('statusCode')} ccc8`,
    hi,
  ],
  [
    'unknown keys',
    'C',
    `84 ${str('extra')} 92c0c3 ${str('statusCode')} ccc8 01 81a161c0 ${str('body')} c402 6869`,
    hi,
  ],
  [
    'an unknown key __proto__',
    'C',
    `83 ${str('statusCode')} ccc8 ${str('__proto__')} 81a161c3 ${str('body')} c402 6869`,
    hi,
  ],
  ['the status as uint16', 'C', `82 ${str('statusCode')} cd00c8 ${str('body')} c402 6869`, hi],
  ['the status as int16', 'C', `82 ${str('statusCode')} d100c8 ${str('body')} c402 6869`, hi],
  [
    'the status as uint64',
    'C',
    `82 ${str('statusCode')} cf00000000000000c8 ${str('body')} c402 6869`,
    hi,
  ],
  [
    'headers',
    'C',
    `83 ${str('statusCode')} ccc8 ${str('header')} 82 ${str('ETag')} ${str('1')} ${str('__proto__')} ${str('x')} ${str('body')} c402 6869`,
    { ...hi, headers: ['ETag', '1', '__proto__', 'x'] },
  ],
  [
    'lists of header values',
    'E',
    `83 ${str('statusCode')} ccc8 ${str('header')} 82 ${str('set-cookie')} 92 ${str('a=1')} ${str('b=2')} ${str('x')} 90 ${str('body')} c402 6869`,
    { ...hi, headers: ['set-cookie', 'a=1', 'set-cookie', 'b=2'] },
  ],
  ['a map in dialect B', 'B', `${okBody} 92 68 69`, hi],
  ['bin in dialect B', 'B', `94 ccc8 ${str('OK')} 80 c402 6869`, hi],
]

for (const [what, dialect, bytes, expected] of responses) {
  test(`HandleRequest ${dialect} - takes a response with ${what}`, (t) => {
    t.deepEqual(handled(dialect).decodeResponse(fromHex(bytes)), expected)
  })
}

const refused: [string, string, string, string][] = [
  ['nothing', '', '', 'the message ends early'],
  ['nil', 'c0', '', 'expected a map, found nil'],
  ['text', str('hello'), '', 'expected a map, found text'],
  ['no status code', `81 ${str('body')} c402 6869`, 'statusCode', 'missing'],
  [
    'a status code of text',
    `81 ${str('statusCode')} ${str('200')}`,
    'statusCode',
    'expected an integer, found text',
  ],
  [
    'a status code of 99',
    `81 ${str('statusCode')} 63`,
    'statusCode',
    '99 is not between 100 and 999',
  ],
  [
    'a status code of 1000',
    `81 ${str('statusCode')} cd03e8`,
    'statusCode',
    '1000 is not between 100 and 999',
  ],
  [
    'a status code given twice',
    `82 ${str('statusCode')} ccc8 ${str('statusCode')} ccc8`,
    'statusCode',
    'given twice',
  ],
  [
    'NaN as status code',
    `81 ${str('statusCode')} cb7ff8000000000000`,
    'statusCode',
    'expected an integer, found a float',
  ],
  [
    '200.0 as status code',
    `81 ${str('statusCode')} ca43480000`,
    'statusCode',
    'expected an integer, found a float',
  ],
  [
    'a timestamp as body',
    `82 ${str('statusCode')} ccc8 ${str('body')} d6ff00000000`,
    'body',
    'expected bytes, found an extension',
  ],
  [
    'a number in the body',
    `82 ${str('statusCode')} ccc8 ${str('body')} 91cd0100`,
    'body',
    '256 is not between 0 and 255',
  ],
  [
    'a body of 4 GiB',
    `82 ${str('statusCode')} ccc8 ${str('body')} c6ffffffff00`,
    'body',
    'the message ends early',
  ],
  [
    'a header value of nil',
    `82 ${str('statusCode')} ccc8 ${str('header')} 81 ${str('x')} c0`,
    'headers.x',
    'expected text, found nil',
  ],
  [
    'a header name of nil',
    `82 ${str('statusCode')} ccc8 ${str('header')} 81 c0 a0`,
    'headers',
    'expected text, found nil',
  ],
  [
    'a header given twice',
    `82 ${str('statusCode')} ccc8 ${str('header')} 82 ${str('x')} a0 ${str('x')} a0`,
    'headers.x',
    'given twice',
  ],
  [
    '4 G headers',
    `82 ${str('statusCode')} ccc8 ${str('header')} dfffffffff`,
    'headers',
    'the message ends early',
  ],
  [
    'an unknown key too deep',
    `82 ${str('statusCode')} ccc8 ${str('x')} ${'91'.repeat(40)} c0`,
    '',
    'nested deeper than 32',
  ],
  [
    'an extension under an unknown key',
    `82 ${str('statusCode')} ccc8 ${str('x')} d4017f`,
    '',
    'expected a value, found an extension',
  ],
  ['something after it', `${okBody} c402 6869 01`, '', 'bytes after the end of the message'],
]

for (const [what, bytes, path, reason] of refused) {
  test(`HandleRequest - refuses a response with ${what}`, (t) => {
    t.deepEqual(
      refusal(() => handled('C').decodeResponse(fromHex(bytes))),
      {
        code: 'ERR_MESSAGE_INVALID',
        contractId: 'wascc:http_server',
        operation: 'HandleRequest',
        path,
        reason,
      },
    )
  })
}

test('HandleRequest A - refuses a response without a status code', (t) => {
  t.like(
    refusal(() => handled('A').decodeResponse(fromHex('12024f4b'))),
    { path: 'statusCode', reason: 'missing' },
  )
})

test('HandleRequest - refuses one of many headers given twice', (t) => {
  const many = Array.from({ length: 40 }, (_, index) => `${str(`x${index % 39}`)} a0`).join('')
  const bytes = `82 ${str('statusCode')} ccc8 ${str('header')} de0028 ${many}`

  t.like(
    refusal(() => handled('C').decodeResponse(fromHex(bytes))),
    {
      path: 'headers.x0',
      reason: 'given twice',
    },
  )
})

test('HandleRequest - gives the body as a view of the reply', (t) => {
  const reply = fromHex(`${okBody} c402 6869`)
  const { body } = handled('C').decodeResponse(reply) as { body: Uint8Array }

  t.is(body.buffer, reply.buffer)
})

test('HandleRequest - before E one value a header, the last; cookies joined; in E all of them', (t) => {
  const request = {
    method: 'GET',
    path: '/',
    queryString: '',
    headers: ['Accept', 'a', 'COOKIE', 'x=1', 'accept', 'b', 'cookie', 'y=2', 'Constructor', 'c'],
    body: new Uint8Array(0),
  }
  const read = (dialect: Dialect): unknown => {
    const codec = handled(dialect)
    return (codec.decodeRequest(codec.encodeRequest(request)) as { headers: unknown }).headers
  }

  for (const dialect of ['A', 'B', 'C', 'D'] as const) {
    t.deepEqual(read(dialect), ['accept', 'b', 'cookie', 'x=1; y=2', 'constructor', 'c'])
  }
  t.deepEqual(read('E'), [
    'accept',
    'a',
    'accept',
    'b',
    'cookie',
    'x=1',
    'cookie',
    'y=2',
    'constructor',
    'c',
  ])
})

test('HandleRequest - header names without end do not pile up, nor mix calls', (t) => {
  const codec = handled('C')
  for (let call = 0; call < 5000; call++) {
    const headers = [`X-${call}`, 'a', 'Host', 'h', `x-${call}`, 'b']
    const bytes = codec.encodeRequest({
      method: 'GET',
      path: '/',
      queryString: '',
      headers,
      body: new Uint8Array(0),
    })
    t.deepEqual((codec.decodeRequest(bytes) as { headers: unknown }).headers, [
      `x-${call}`,
      'b',
      'host',
      'h',
    ])
  }
})
