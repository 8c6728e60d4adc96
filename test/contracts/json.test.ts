import { Encoder } from '@msgpack/msgpack'
import test from 'ava'
import {
  ContractError,
  type Dialect,
  decodeJsonResponse,
  encodeJsonRequest,
  health,
  httpServer,
  messaging,
} from '../../contracts/index.ts'

const library = new Encoder()

function refusal(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    if (error instanceof ContractError) return error.detail
    throw error
  }
  return 'accepted'
}

function asHttp(json: unknown, dialect: Dialect = 'C'): unknown {
  const { payload } = encodeJsonRequest('HandleRequest', json, dialect)
  return httpServer.dialect(dialect)?.toActor.get('HandleRequest')?.decodeRequest(payload)
}

const nothing = { method: 'GET', path: '/', queryString: '', headers: [], body: new Uint8Array(0) }

test('encodeJsonRequest - fills in what an HTTP request leaves out', (t) => {
  t.deepEqual(asHttp(undefined), nothing)
  t.deepEqual(asHttp({}), nothing)
  t.deepEqual(asHttp({ path: '/a?b=c?d' }), { ...nothing, path: '/a', queryString: 'b=c?d' })
  t.deepEqual(asHttp({ method: 'PUT', queryString: 'q', body: 'é' }), {
    ...nothing,
    method: 'PUT',
    queryString: 'q',
    body: Uint8Array.of(0xc3, 0xa9),
  })
  t.deepEqual(asHttp({ body: { base64: '/wA=' } }), { ...nothing, body: Uint8Array.of(0xff, 0) })
  t.deepEqual(asHttp({ headers: { A: 'x', b: ['y', 'z'] } }, 'E'), {
    ...nothing,
    headers: ['a', 'x', 'b', 'y', 'b', 'z'],
  })
})

test('encodeJsonRequest - knows operations by both names and gives the one of the wire', (t) => {
  const names: [string, Dialect, string][] = [
    ['HandleRequest', 'C', 'HandleRequest'],
    ['HandleRequest', 'E', 'HttpServer.HandleRequest'],
    ['HttpServer.HandleRequest', 'E', 'HttpServer.HandleRequest'],
    ['DeliverMessage', 'D', 'HandleMessage'],
    ['HandleMessage', 'D', 'HandleMessage'],
    ['HealthRequest', 'E', 'Actor.HealthRequest'],
  ]
  for (const [given, dialect, wireName] of names) {
    const json = wireName.endsWith('Message') ? { subject: 's' } : {}
    t.is(encodeJsonRequest(given, json, dialect).operation, wireName)
  }
  const { payload } = encodeJsonRequest('DeliverMessage', { subject: 's', body: 'b' }, 'B')
  t.deepEqual(messaging.dialect('B')?.toActor.get('DeliverMessage')?.decodeRequest(payload), {
    subject: 's',
    replyTo: '',
    body: Uint8Array.of(98),
  })
  t.deepEqual(
    encodeJsonRequest('HealthRequest', undefined, 'C').payload,
    health.dialect('C')?.toActor.get('HealthRequest')?.encodeRequest({}),
  )
})

test('encodeJsonRequest - refuses JSON that is not the request, naming the property', (t) => {
  const wrong: [string, unknown, string, string][] = [
    ['HandleRequest', [], '', 'expected an object'],
    [
      'HandleRequest',
      { url: '/' },
      'url',
      'an unknown property; known are method, path, queryString, headers, body',
    ],
    ['HandleRequest', { method: 1 }, 'method', 'expected text'],
    ['HandleRequest', { body: 1 }, 'body', 'expected text or {"base64": "…"}'],
    ['HandleRequest', { body: { base64: '*' } }, 'base64', 'not base64'],
    [
      'HandleRequest',
      { path: '/?a', queryString: 'b' },
      'queryString',
      'given twice: path holds a query too',
    ],
    ['HandleRequest', { headers: { a: 1 } }, 'headers.a', 'expected text or a list of it'],
    ['DeliverMessage', {}, 'subject', 'missing'],
    ['HealthRequest', { a: 1 }, 'a', 'an unknown property; there is none'],
  ]
  for (const [operation, json, path, reason] of wrong) {
    t.deepEqual(
      refusal(() => encodeJsonRequest(operation, json, 'C')),
      { operation, path, reason },
    )
  }
})

test('encodeJsonRequest - sends unknown operations as MessagePack, or as the bytes given', (t) => {
  const json = { a: 1, b: [true, null, 'x'], bytes: { base64: 'AQI=' } }
  const { operation, payload } = encodeJsonRequest('DoCustomThing', json, 'C')

  t.is(operation, 'DoCustomThing')
  t.deepEqual(
    Buffer.from(payload),
    Buffer.from(library.encode({ ...json, bytes: Uint8Array.of(1, 2) })),
  )
  t.is(encodeJsonRequest('DoCustomThing', undefined, 'C').payload.length, 0)
  t.deepEqual(
    Buffer.from(encodeJsonRequest('DoCustomThing', { base64: 'AQI=' }, 'A').payload),
    Buffer.of(1, 2),
  )
  t.like(
    refusal(() => encodeJsonRequest('DoCustomThing', { a: 1 }, 'A')),
    {
      reason: 'actors of dialect A take protobuf: give it as {"base64": "…"}',
    },
  )
})

test('decodeJsonResponse - shows an HTTP response, its body as text or base64', (t) => {
  const codec = httpServer.dialect('E')?.toActor.get('HandleRequest')
  const shown = (headers: readonly string[], body: Uint8Array): unknown =>
    decodeJsonResponse(
      'HandleRequest',
      codec?.encodeResponse({ statusCode: 201, headers, body }) ?? new Uint8Array(0),
      'E',
    )

  t.deepEqual(shown(['a', '1', 'b', '2', 'a', '3'], Buffer.from('{"é":1}')), {
    statusCode: 201,
    headers: { a: ['1', '3'], b: '2' },
    body: '{"é":1}',
  })
  t.deepEqual(shown([], Uint8Array.of(0xff)), {
    statusCode: 201,
    headers: {},
    body: { base64: '/w==' },
  })
  t.like(
    refusal(() => decodeJsonResponse('HandleRequest', Uint8Array.of(0xc0), 'C')),
    {
      reason: 'expected a map, found nil',
    },
  )
})

test('decodeJsonResponse - shows answers of unknown operations as what they are', (t) => {
  const shown = (value: Uint8Array | string, dialect: Dialect = 'C'): unknown =>
    decodeJsonResponse(
      'DoCustomThing',
      typeof value === 'string' ? Buffer.from(value) : value,
      dialect,
    )

  t.is(shown(''), null)
  t.is(shown('hello'), 'hello')
  t.is(shown('hello', 'A'), 'hello')
  t.deepEqual(shown(Uint8Array.of(0xff, 0xfe)), { base64: '//4=' })
  t.deepEqual(shown(library.encode({ reply_value: 120, b: Uint8Array.of(104), n: NaN })), {
    reply_value: 120,
    b: 'h',
    n: 'NaN',
  })
  t.is(shown(Uint8Array.from([0xcf, 0, 0, 0, 0, 0, 0, 0, 7])), 7)
  t.is(shown(Uint8Array.from([0xcf, 0x7f, ...Array<number>(7).fill(0xff)])), '9223372036854775807')
})

test('decodeJsonResponse - shows good health and void', (t) => {
  t.deepEqual(decodeJsonResponse('HealthRequest', Uint8Array.of(0xc0), 'C'), {
    healthy: true,
    message: '',
  })
  t.is(decodeJsonResponse('DeliverMessage', Uint8Array.of(0xc0), 'C'), null)
})
