import test from 'ava'
import { request } from 'undici'
import type { HttpResponse } from '../../../contracts/index.ts'
import {
  codedError,
  exchangeRaw,
  linkServer,
  openClient,
  statusesIn,
  textResponse,
} from './support/linked-server.ts'

const raw = (method: string, target = '/'): string =>
  `${method} ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`

/** What follows the headers of the last response. */
function bodyOf(text: string): string {
  return text.slice(text.lastIndexOf('\r\n\r\n') + 4)
}

function headersOf(text: string): string[] {
  return text.split('\r\n\r\n')[0]?.split('\r\n').slice(1).sort() ?? []
}

test('http server - hands over method, path, query, headers and body', async (t) => {
  await using server = await linkServer()
  const body = 'POST /a%20b/../c?d=%20e?f HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-one: 2\r\n'
  await exchangeRaw(server.port, `${body}Connection: close\r\nContent-Length: 3\r\n\r\n\0\xff\n`)
  t.deepEqual(
    server.requests.map((given) => ({ ...given, body: [...given.body] })),
    [
      {
        method: 'POST',
        path: '/a%20b/../c',
        queryString: 'd=%20e?f',
        headers: 'Host a X-One 1 x-one 2 Connection close Content-Length 3'.split(' '),
        body: [0, 255, 10],
      },
    ],
  )
})

test('http server - reads and writes header values as UTF-8', async (t) => {
  await using server = await linkServer({
    answer: () => ({ statusCode: 200, headers: ['X-Name', 'žluťoučký'], body: Buffer.of() }),
  })
  const bytes = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: kůň\r\n\r\n')
  const text = await exchangeRaw(server.port, bytes.toString('latin1'))
  t.is(server.requests[0]?.headers[5], 'kůň')
  t.true(Buffer.from(text, 'latin1').toString().includes('X-Name: žluťoučký\r\n'))
})

test('http server - leaves a header value that is no UTF-8 as it is', async (t) => {
  await using server = await linkServer()
  await exchangeRaw(
    server.port,
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: \xe9\r\n\r\n',
  )
  t.is(server.requests[0]?.headers[5], 'é')
})

test('http server - hands on a trace context that is one', async (t) => {
  const seen: unknown[] = []
  const answer = (_: unknown, { traceparent }: { traceparent?: string }): HttpResponse => {
    seen.push(traceparent)
    return textResponse('')
  }
  await using server = await linkServer({ answer })
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  await request(server.url, { headers: { traceparent } })
  await request(server.url, { headers: { traceparent: 'x' } })
  t.deepEqual(seen, [traceparent, undefined])
})

test('http server - writes what the actor answered, and its length', async (t) => {
  await using server = await linkServer({
    answer: () => ({
      statusCode: 418,
      headers: ['Set-Cookie', 'a', 'set-cookie', 'b', 'Content-Length', '99', 'Date', 'never'],
      body: Buffer.of(0, 255, 65),
    }),
  })
  const text = await exchangeRaw(server.port, raw('GET'))
  t.deepEqual(statusesIn(text), [418])
  t.deepEqual(headersOf(text), [
    'Connection: close',
    'Content-Length: 3',
    'Date: never',
    'Set-Cookie: a',
    'set-cookie: b',
  ])
  t.is(bodyOf(text), '\0\xffA')
})

test('http server - writes a large body unchanged', async (t) => {
  const body = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251))
  await using server = await linkServer({ answer: () => ({ statusCode: 200, headers: [], body }) })
  const response = await request(server.url)
  t.is(response.headers['content-length'], '300000')
  t.is(Buffer.compare(Buffer.from(await response.body.arrayBuffer()), body), 0)
})

test('http server - leaves out what is of one connection', async (t) => {
  const headers = [
    'Connection: keep-alive, X-Own',
    'Keep-Alive: timeout=9',
    'Proxy-Connection: x',
    'TE: trailers',
    'Trailer: X',
    'Transfer-Encoding: chunked',
    'Upgrade: h2c',
    'x-own: 1',
    'X-Kept: 2',
  ].flatMap((line) => line.split(': '))
  await using server = await linkServer({
    answer: () => ({ statusCode: 200, headers, body: Buffer.from('ab') }),
  })
  const sent = headersOf(await exchangeRaw(server.port, raw('GET')))
  t.deepEqual(
    sent.filter((line) => !line.startsWith('Date')),
    ['Connection: close', 'Content-Length: 2', 'X-Kept: 2'],
  )
})

for (const [what, method, statusCode, body, length] of [
  ['HEAD', 'HEAD', 200, 'abc', '3'],
  ['HEAD without a body', 'HEAD', 200, '', '7'],
  ['204', 'GET', 204, 'abc', undefined],
  ['304', 'GET', 304, 'abc', undefined],
  ['205', 'GET', 205, 'abc', '0'],
  ['an empty body', 'GET', 200, '', '0'],
] as const) {
  test(`http server - sends no body for ${what}`, async (t) => {
    await using server = await linkServer({
      answer: () => ({ statusCode, headers: ['Content-Length', '7'], body: Buffer.from(body) }),
    })
    const text = await exchangeRaw(server.port, raw(method))
    t.is(bodyOf(text), '')
    t.is(/content-length: (\d+)/i.exec(text)?.[1], length)
  })
}

for (const [what, answer] of [
  ['a status below 200', { statusCode: 101, headers: [], body: Buffer.of() }],
  ['a status above 599', { statusCode: 600, headers: [], body: Buffer.of() }],
  ['a line break in a value', { ...textResponse(''), headers: ['X', 'a\r\nSet-Cookie: b'] }],
  ['a NUL in a value', { ...textResponse(''), headers: ['X', 'a\0b'] }],
  ['a space in a name', { ...textResponse(''), headers: ['X Y', 'a'] }],
  ['an empty name', { ...textResponse(''), headers: ['', 'a'] }],
] as const) {
  test(`http server - answers 500 for ${what}`, async (t) => {
    await using server = await linkServer({ answer: () => answer })
    const text = await exchangeRaw(server.port, raw('GET', '/x'))
    t.deepEqual(statusesIn(text), [500])
    t.is(bodyOf(text), 'Failed to handle request')
    t.deepEqual(
      server.log.map((line) => [line.level, line['code'], line['path']]),
      [['warn', 'ERR_HTTP_RESPONSE', '/x']],
    )
  })
}

for (const [code, status, body, level] of [
  ['ERR_GUEST_TRAP', 500, 'Failed to handle request', 'warn'],
  ['ERR_GUEST_ERROR', 500, 'Failed to handle request', 'warn'],
  ['ERR_QUEUE_FULL', 503, 'Service Unavailable', 'debug'],
  ['ERR_HOST_STOPPING', 503, 'Service Unavailable', 'debug'],
  ['ERR_INVOCATION_TIMEOUT', 504, 'Gateway Timeout', 'warn'],
] as const) {
  test(`http server - answers ${status} for ${code}, and logs it`, async (t) => {
    await using server = await linkServer({ answer: () => Promise.reject(codedError(code)) })
    const response = await request(`${server.url}x`)
    t.is(response.statusCode, status)
    t.is(response.headers['retry-after'], status === 503 ? '1' : undefined)
    t.is(await response.body.text(), body)
    t.deepEqual(
      server.log.map((line) => [line.level, line['code'], line['path']]),
      [[level, code, '/x']],
    )
  })
}

for (const [whose, actor, status, level] of [
  ['this actor', 'MA', 503, 'debug'],
  ['an actor that it called', 'some/alias', 500, 'warn'],
] as const) {
  test(`http server - answers ${status} where ${whose} is not there`, async (t) => {
    const gone = Object.assign(codedError('ERR_ACTOR_NOT_FOUND'), { detail: { actor } })
    await using server = await linkServer({ answer: () => Promise.reject(gone) })
    t.is((await request(`${server.url}x`)).statusCode, status)
    t.deepEqual(
      server.log.map((line) => [line.level, line['code']]),
      [[level, 'ERR_ACTOR_NOT_FOUND']],
    )
  })
}

test('http server - keeps the connection after a failure', async (t) => {
  await using server = await linkServer({
    answer: ({ path }) => {
      if (path === '/bad') throw codedError('ERR_GUEST_TRAP')
      return textResponse('good')
    },
  })
  const bad = 'GET /bad HTTP/1.1\r\nHost: a\r\n\r\n'
  t.deepEqual(statusesIn(await exchangeRaw(server.port, bad + raw('GET'))), [500, 200])
})

test('http server - aborts the invocation when the client leaves', async (t) => {
  const invoked = Promise.withResolvers<void>()
  const aborted = Promise.withResolvers<void>()
  await using server = await linkServer({
    answer: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        t.false(signal?.aborted)
        signal?.addEventListener('abort', () => {
          reject(codedError('ERR_INVOCATION_ABORTED'))
          aborted.resolve()
        })
        invoked.resolve()
      }),
  })
  await using client = openClient(server.port)
  client.socket.write(raw('GET'))
  await invoked.promise
  client.socket.destroy()
  await t.notThrowsAsync(aborted.promise)
})

test('http server - does not invoke for a client that leaves before its body is in', async (t) => {
  await using server = await linkServer()
  await using client = openClient(server.port)
  client.socket.write(
    'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n',
  )
  await client.received('100 Continue')
  client.socket.write('ab')
  client.socket.destroy()
  await client.closed
  t.deepEqual(statusesIn(await exchangeRaw(server.port, raw('GET', '/next'))), [200])
  t.deepEqual(
    server.requests.map(({ path }) => path),
    ['/next'],
  )
})
