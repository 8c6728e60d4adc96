import test from 'ava'
import {
  askUntilInvoked,
  exchangeRaw,
  linkServer,
  openClient,
  statusesIn,
} from './support/linked-server.ts'

const host = 'Host: a\r\n'
const close = 'Connection: close\r\n'
const chunked = 'Transfer-Encoding: chunked\r\n'
const get = (headers: string, target = '/'): string =>
  `GET ${target} HTTP/1.1\r\n${headers}${close}\r\n`
const post = (headers: string, body: string, version = '1.1'): string =>
  `POST / HTTP/${version}\r\n${host}${headers}${close}\r\n${body}`

/** What two servers in a row might understand differently, and what is no HTTP at all. */
const refused: Readonly<Record<string, [bytes: string, status: number]>> = {
  'a folded header': [get(`${host}X: a\r\n b\r\n`), 400],
  'two equal lengths': [post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'), 400],
  'two different lengths': [post('Content-Length: 3\r\nContent-Length: 4\r\n', 'abcd'), 400],
  'a list of lengths': [post('Content-Length: 3, 3\r\n', 'abc'), 400],
  'a length with a sign': [post('Content-Length: +3\r\n', 'abc'), 400],
  'a negative length': [post('Content-Length: -3\r\n', 'abc'), 400],
  'a hexadecimal length': [post('Content-Length: 0x3\r\n', 'abc'), 400],
  'a length before chunks': [post(`Content-Length: 3\r\n${chunked}`, '0\r\n\r\n'), 400],
  'a length after chunks': [post(`${chunked}Content-Length: 3\r\n`, '0\r\n\r\n'), 400],
  'a chunk size that is no number': [post(chunked, 'zz\r\nabc\r\n0\r\n\r\n'), 400],
  'a chunk size beyond 64 bits': [post(chunked, 'fffffffffffffffff\r\nabc\r\n0\r\n\r\n'), 400],
  'chunks that end in bare line feeds': [post(chunked, '3\nabc\n0\n\n'), 400],
  'a coding that only looks like chunked': [
    post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'),
    501,
  ],
  'a coding besides chunked': [post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'), 501],
  'chunked and then another coding': [
    post(`${chunked}Transfer-Encoding: identity\r\n`, '0\r\n\r\n'),
    400,
  ],
  'a space before the colon': [post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n'), 400],
  'chunks in HTTP/1.0': [post(chunked, '0\r\n\r\n', '1.0'), 400],
  'bare line feeds': ['GET / HTTP/1.1\nHost: a\nConnection: close\n\n', 400],
  'a bare carriage return': [get('Host: a\rX: b\r\n'), 400],
  'a NUL in a header value': [get(`${host}X: a\0b\r\n`), 400],
  'a NUL in a header name': [get(`${host}X\0: ab\r\n`), 400],
  'no host': [get(''), 400],
  'two hosts': [get(`${host}Host: b\r\n`), 400],
  'a host with a path': [get('Host: a/b\r\n'), 400],
  'a host with a user': [get('Host: u@a\r\n'), 400],
  'an absolute target of another host': [get(host, 'http://b/x'), 400],
  'an absolute target with a user': [get('Host: u@a\r\n', 'http://u@a/x'), 400],
  'an absolute target that is not HTTP': [get(host, 'ftp://a/x'), 400],
  'a fragment': [get(host, '/a#b'), 400],
  'a space in the target': [get(host, '/a b'), 400],
  'an asterisk without OPTIONS': [get(host, '*'), 400],
  CONNECT: [`CONNECT a:80 HTTP/1.1\r\n${host}\r\n`, 501],
  'a method that is no token': [`G@T / HTTP/1.1\r\n${host}\r\n`, 400],
  'a version that is none': [`GET / HTTP/3.7\r\n${host}\r\n`, 400],
  'the preface of HTTP/2': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  'more than 100 headers': [get(`${host}${'A: b\r\n'.repeat(100)}`), 431],
  'headers of more than 8 KiB': [get(`${host}A: ${'b'.repeat(8192)}\r\n`), 431],
  'a target of more than 8 KiB': [get(host, `/${'b'.repeat(8192)}`), 431],
  'an expectation nobody can meet': [post('Expect: magic\r\nContent-Length: 3\r\n', 'abc'), 417],
  'something after a garbled request': [`G@T / HTTP/1.1\r\n${host}\r\n${get(host)}`, 400],
}

for (const [name, [bytes, status]] of Object.entries(refused)) {
  test(`http server - refuses ${name}`, async (t) => {
    await using server = await linkServer()
    t.deepEqual(statusesIn(await exchangeRaw(server.port, bytes)), [status])
    t.deepEqual(server.requests, [])
  })
}

/** The nearest that is allowed. */
const accepted: Readonly<Record<string, [bytes: string, path: string, body: string]>> = {
  'one length': [post('Content-Length: 3\r\n', 'abc'), '/', 'abc'],
  chunks: [post(chunked, '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'), '/', 'abcde'],
  'chunks with an extension': [post(chunked, '3;a=b\r\nabc\r\n0\r\n\r\n'), '/', 'abc'],
  'an absolute target of the same host': [get('Host: A\r\n', 'http://a/x?y'), '/x', ''],
  'an absolute target without a path': [get(host, 'http://a?y'), '/', ''],
  '100 headers': [get(`${host}${'A: b\r\n'.repeat(98)}`), '/', ''],
  'an upgrade, as if it did not ask': [
    `GET / HTTP/1.1\r\n${host}Connection: upgrade, close\r\nUpgrade: websocket\r\n\r\n`,
    '/',
    '',
  ],
  'HTTP/1.0 without a host': ['GET / HTTP/1.0\r\n\r\n', '/', ''],
}

for (const [name, [bytes, path, body]] of Object.entries(accepted)) {
  test(`http server - accepts ${name}`, async (t) => {
    await using server = await linkServer()
    t.deepEqual(statusesIn(await exchangeRaw(server.port, bytes)), [200])
    t.deepEqual(
      server.requests.map((request) => [request.path, Buffer.from(request.body).toString()]),
      [[path, body]],
    )
  })
}

test('http server - answers OPTIONS * itself', async (t) => {
  await using server = await linkServer()
  const bytes = `OPTIONS * HTTP/1.1\r\n${host}${close}\r\n`
  t.deepEqual(statusesIn(await exchangeRaw(server.port, bytes)), [204])
  t.deepEqual(server.requests, [])
})

test('http server - answers pipelined requests in their order', async (t) => {
  const first = Promise.withResolvers<void>()
  await using server = await linkServer({
    answer: async ({ path }) => {
      if (path === '/one') await first.promise
      else first.resolve()
      return { statusCode: 200, headers: [], body: Buffer.from(path) }
    },
  })
  const bytes = `GET /one HTTP/1.1\r\n${host}\r\n${get(host, '/two')}`
  const bodies = (await exchangeRaw(server.port, bytes)).match(/\/(?:one|two)/g)
  t.deepEqual(bodies, ['/one', '/two'])
})

test('http server - answers a client that sends thousands of requests without waiting', async (t) => {
  await using server = await linkServer({
    answer: async () => {
      await Promise.resolve()
      return { statusCode: 200, headers: [], body: Buffer.from('.') }
    },
  })
  const one = `GET / HTTP/1.1\r\n${host}\r\n`
  const statuses = statusesIn(await exchangeRaw(server.port, one.repeat(4999) + get(host)))
  t.is(statuses.length, 5000)
  t.true(statuses.every((status) => status === 200))
})

test('http server - cuts off a client that does not read its answer', async (t) => {
  const invoked = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  await using server = await linkServer({
    values: { REQUEST_TIMEOUT_MS: '20' },
    answer: (_, { signal }) => {
      invoked.resolve()
      signal?.addEventListener('abort', () => left.resolve())
      return { statusCode: 200, headers: [], body: Buffer.alloc(64 * 1024 * 1024) }
    },
  })
  const bytes = `GET / HTTP/1.1\r\n${host}\r\n`
  await using client = await askUntilInvoked(server.port, bytes, invoked.promise)
  client.socket.pause()
  await t.notThrowsAsync(left.promise)
})

for (const [what, bytes] of [
  ['nothing', ''],
  ['half a request line', 'GET / HT'],
  ['headers without an end', `GET / HTTP/1.1\r\n${host}`],
  ['half a body', `POST / HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\na`],
  ['half a chunk', `POST / HTTP/1.1\r\n${host}${chunked}\r\n3\r\na`],
] as const) {
  test(`http server - does not wait for a client that sends ${what}`, async (t) => {
    const values = { HEADERS_TIMEOUT_MS: '20', REQUEST_TIMEOUT_MS: '40' }
    await using server = await linkServer({ values })
    t.deepEqual(statusesIn(await exchangeRaw(server.port, bytes)), [408])
    t.deepEqual(server.requests, [])
  })
}

for (const [name, headers, body] of [
  ['announces', 'Content-Length: 11\r\n', 'a'.repeat(11)],
  ['sends in chunks', chunked, `b\r\n${'a'.repeat(11)}\r\n0\r\n\r\n`],
  ['asks to send', 'Expect: 100-continue\r\nContent-Length: 11\r\n', ''],
] as const) {
  test(`http server - refuses a client that ${name} a body over the limit`, async (t) => {
    await using server = await linkServer({ values: { MAX_BODY_BYTES: '10' } })
    t.deepEqual(statusesIn(await exchangeRaw(server.port, post(headers, body))), [413])
    t.deepEqual(server.requests, [])
  })
}

test('http server - has a client that asks send its body within the limit', async (t) => {
  await using server = await linkServer({ values: { MAX_BODY_BYTES: '3' } })
  await using client = openClient(server.port)
  client.socket.write(post('Expect: 100-continue\r\nContent-Length: 3\r\n', ''))
  await client.received('100 Continue')
  client.socket.write('abc')
  t.deepEqual(statusesIn(await client.closed), [100, 200])
  t.is(Buffer.from(server.requests[0]?.body ?? []).toString(), 'abc')
})

test('http server - refuses headers beyond a link’s own bounds', async (t) => {
  await using server = await linkServer({ values: { MAX_HEADERS: '2', MAX_HEADER_BYTES: '256' } })
  t.deepEqual(statusesIn(await exchangeRaw(server.port, get(host))), [200])
  t.deepEqual(statusesIn(await exchangeRaw(server.port, get(`${host}A: b\r\n`))), [431])
  const long = get(`Host: a\r\nA: ${'b'.repeat(256)}\r\n`)
  t.deepEqual(statusesIn(await exchangeRaw(server.port, long)), [431])
})

test('http server - closes connections beyond its bound', async (t) => {
  await using server = await linkServer({ values: { MAX_CONNECTIONS: '1' } })
  await using first = openClient(server.port)
  first.socket.write(`GET / HTTP/1.1\r\n${host}\r\n`)
  await first.received('200 OK')
  t.is(await exchangeRaw(server.port, get(host)), '')
})
