import { once } from 'node:events'
import test from 'ava'
import {
  bodyOf,
  failure,
  headerOf,
  linkClient,
  startRawServer,
  startServer,
} from './support/servers.ts'

test('http client - sends method, path, query, headers and body, and gives the answer', async (t) => {
  await using server = await startServer((_, response) => {
    response.writeHead(201, ['X-Two', '1', 'x-two', '2', 'Content-Type', 'text/plain'])
    response.end('made')
  })
  await using client = await linkClient({ HOSTS: server.origin })
  const answer = await client.perform({
    method: 'POST',
    url: `${server.origin}/a%20b/../c?q=1&q=2#not-sent`,
    headers: ['X-One', 'a', 'x-one', 'b', 'Content-Type', 'text/x', 'X-Name', 'Grüße €'],
    body: Buffer.from([0, 255, 1]),
  })
  t.is(answer.statusCode, 201)
  t.is(bodyOf(answer), 'made')
  const [seen] = server.seen
  t.is(seen?.method, 'POST')
  t.is(seen?.url, '/c?q=1&q=2')
  t.like(seen?.headers, {
    host: `127.0.0.1:${server.port}`,
    'content-length': '3',
    'content-type': 'text/x',
    'x-one': 'a, b',
    'accept-encoding': 'identity',
    'user-agent': 'wash-ts',
  })
  t.is(Buffer.from(seen?.headers['x-name'] as string, 'latin1').toString(), 'Grüße €')
  t.is(seen?.body, Buffer.from([0, 255, 1]).toString())
  t.deepEqual(
    answer.headers.filter((_, index) => /^x-two$/i.test(answer.headers[index & ~1] ?? '')),
    ['X-Two', '1', 'x-two', '2'],
  )
  t.is(headerOf(answer, 'connection'), undefined)
  t.is(headerOf(answer, 'keep-alive'), undefined)
})

for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'get', 'PROPFIND']) {
  test(`http client - does a ${method}`, async (t) => {
    await using server = await startServer((_, response) => {
      response.setHeader('content-length', '2').end('ok')
    })
    await using client = await linkClient({ HOSTS: server.origin })
    const answer = await client.perform({ method, url: server.origin })
    t.is(answer.statusCode, 200)
    t.is(bodyOf(answer), method === 'HEAD' ? '' : 'ok')
    t.is(headerOf(answer, 'content-length'), '2')
    t.is(server.seen[0]?.method, method.toUpperCase())
    t.is(server.seen[0]?.headers['transfer-encoding'], undefined)
  })
}

test('http client - gives every final status as an answer', async (t) => {
  await using server = await startServer(({ url }, response) => {
    response.writeHead(Number(url.slice(1))).end()
  })
  await using client = await linkClient({ HOSTS: server.origin })
  for (const status of [200, 204, 206, 300, 304, 305, 400, 401, 404, 418, 500, 503, 599, 999]) {
    t.is((await client.perform({ url: `${server.origin}/${status}` })).statusCode, status)
  }
})

test('http client - says itself to whom it speaks and how', async (t) => {
  await using server = await startServer()
  await using client = await linkClient({ HOSTS: server.origin })
  const left = {
    Host: 'internal.example',
    Connection: 'x-hop, keep-alive',
    'X-Hop': '1',
    'Keep-Alive': 'timeout=99',
    'Content-Length': '99',
    'Transfer-Encoding': 'chunked',
    TE: 'trailers',
    Trailer: 'x',
    Upgrade: 'h2c',
    'HTTP2-Settings': 'x',
    Expect: '100-continue',
    'Proxy-Authorization': 'Basic x',
    'Proxy-Connection': 'x',
    Forwarded: 'host=internal.example',
    'X-Forwarded-Host': 'internal.example',
    'X-Forwarded-For': '127.0.0.1',
  }
  const kept = { Authorization: 'Bearer x', Cookie: 'a=b', Origin: 'http://x', 'X-Real': 'y' }
  await client.perform({
    method: 'POST',
    url: server.origin,
    headers: Object.entries({ ...left, ...kept }).flat(),
    body: Buffer.from('four'),
  })
  const { headers, body } = server.seen[0]!
  t.like(headers, {
    host: `127.0.0.1:${server.port}`,
    'content-length': '4',
    connection: 'keep-alive',
  })
  t.like(headers, { authorization: 'Bearer x', cookie: 'a=b', origin: 'http://x', 'x-real': 'y' })
  const own = ['host', 'connection', 'content-length']
  for (const name of Object.keys(left).map((text) => text.toLowerCase())) {
    if (!own.includes(name)) t.is(headers[name], undefined, name)
  }
  t.is(body, 'four')
})

test('http client - passes on what the actor says of codings, and undoes none', async (t) => {
  await using server = await startServer((_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip at all')
  })
  await using client = await linkClient({ HOSTS: server.origin })
  const headers = ['Accept-Encoding', 'gzip', 'User-Agent', 'mine']
  const answer = await client.perform({ url: server.origin, headers })
  t.like(server.seen[0]?.headers, { 'accept-encoding': 'gzip', 'user-agent': 'mine' })
  t.is(bodyOf(answer), 'not gzip at all')
  t.is(headerOf(answer, 'content-encoding'), 'gzip')
})

test('http client - sends the trace context of the call in the place of the actor’s', async (t) => {
  await using server = await startServer()
  await using client = await linkClient({ HOSTS: server.origin })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const headers = ['Traceparent', 'its own']
  await client.perform({ url: server.origin, headers }, { traceparent })
  await client.perform({ url: server.origin, headers })
  await client.perform({ url: server.origin })
  t.deepEqual(
    server.seen.map((seen) => seen.headers['traceparent']),
    [traceparent, 'its own', undefined],
  )
})

const unsendable: [what: string, request: { method?: string; headers?: string[] }][] = [
  ['a header with a line break', { headers: ['x', 'a\r\nHost: b'] }],
  ['a header with a line feed', { headers: ['x', 'a\nb'] }],
  ['a header with a carriage return', { headers: ['x', 'a\rb'] }],
  ['a header with NUL', { headers: ['x', 'a\0b'] }],
  ['a header with DEL', { headers: ['x', 'a\x7fb'] }],
  ['a name with a line break', { headers: ['x\r\ny', 'a'] }],
  ['a name with a colon', { headers: ['x: y', 'a'] }],
  ['a name with a space', { headers: ['transfer-encoding ', 'chunked'] }],
  ['a name beyond ASCII', { headers: ['ſ', 'a'] }],
  ['an empty name', { headers: ['', 'a'] }],
  ['a broken header that would be left out', { headers: ['host', 'a\r\nb: c'] }],
  ['300 headers', { headers: Array.from({ length: 600 }, () => 'x') }],
  ['70,000 bytes of headers', { headers: ['x', 'y'.repeat(70_000)] }],
  ['a method with a space', { method: 'GET / HTTP/1.1\r\nx: y\r\n\r\nGET' }],
  ['no method', { method: '' }],
  ['CONNECT', { method: 'CONNECT' }],
  ['TRACE', { method: 'trace' }],
]

for (const [what, request] of unsendable) {
  test(`http client - refuses to send ${what}`, async (t) => {
    await using server = await startServer()
    await using client = await linkClient({ HOSTS: server.origin })
    const error = await failure(client.perform({ url: server.origin, ...request }))
    t.like(error, { code: 'ERR_HTTP_REQUEST' })
    t.is(server.seen.length, 0)
  })
}

test('http client - uses a connection again', async (t) => {
  await using server = await startServer()
  await using client = await linkClient({ HOSTS: server.origin })
  for (let count = 0; count < 5; count++) await client.perform({ url: server.origin })
  t.deepEqual(
    server.seen.map(({ connection }) => connection),
    [0, 0, 0, 0, 0],
  )
})

test('http client - has no more requests under way than MAX_CONNECTIONS, whatever they are for', async (t) => {
  const requests = 40
  const held: (() => void)[] = []
  let seen = 0
  let most = 0
  const answer: Parameters<typeof startServer>[0] = (_, response) => {
    held.push(() => response.end('ok'))
    most = Math.max(most, held.length)
    // One more, if there were one, would be there by the next turn.
    if (++seen === requests || held.length === 3) {
      setImmediate(() => {
        for (const release of held.splice(0)) release()
      })
    }
  }
  await using one = await startServer(answer)
  await using other = await startServer(answer)
  const HOSTS = `${one.origin},${other.origin}`
  await using client = await linkClient({ HOSTS, MAX_CONNECTIONS: '3' })
  const urls = Array.from(
    { length: requests },
    (_, index) => (index % 2 === 0 ? one : other).origin,
  )
  const answers = await Promise.all(urls.map((url) => client.perform({ url })))
  t.deepEqual(answers.map(bodyOf), Array<string>(requests).fill('ok'))
  t.is(most, 3)
})

test('http client - closes the connection that idles for longest where it needs another', async (t) => {
  await using servers = new AsyncDisposableStack()
  const [one, two, three] = [
    servers.use(await startServer()),
    servers.use(await startServer()),
    servers.use(await startServer()),
  ]
  const HOSTS = [one, two, three].map(({ origin }) => origin).join()
  await using client = await linkClient({ HOSTS, MAX_CONNECTIONS: '2' })
  await client.perform({ url: one.origin })
  await client.perform({ url: two.origin })
  await client.perform({ url: one.origin })
  const [idle] = two.connections
  const closed = once(idle!, 'close')
  await client.perform({ url: three.origin })
  await closed
  await client.perform({ url: one.origin })
  t.deepEqual(
    one.seen.map(({ connection }) => connection),
    [0, 0, 0],
  )
})

test('http client - opens a new connection where a server closed the last one', async (t) => {
  await using server = await startServer((_, response) => {
    response.setHeader('connection', 'close').end('ok')
  })
  await using client = await linkClient({ HOSTS: server.origin, MAX_CONNECTIONS: '1' })
  for (let count = 0; count < 3; count++) await client.perform({ url: server.origin })
  t.deepEqual(
    server.seen.map(({ connection }) => connection),
    [0, 1, 2],
  )
})

test('http client - closes all connections with its link, also those under way', async (t) => {
  const asked = Promise.withResolvers<void>()
  await using server = await startServer(({ url }, response) => {
    if (url === '/') response.end('ok')
    else asked.resolve()
  })
  const client = await linkClient({ HOSTS: server.origin })
  await client.perform({ url: server.origin })
  const pending = failure(client.perform({ method: 'POST', url: `${server.origin}/never` }))
  await asked.promise
  const closed = [...server.connections].map((socket) => once(socket, 'close'))
  t.true(closed.length > 0)
  await client[Symbol.asyncDispose]()
  await Promise.all(closed)
  t.like(await pending, { code: 'ERR_OUTCOME_UNKNOWN', operation: 'POST' })
})

test('http client - sends once what a server cuts off, even on a connection used before', async (t) => {
  let requests = 0
  await using server = await startRawServer((socket) => {
    socket.on('data', () => {
      requests++
      if (requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      else socket.destroy()
    })
  })
  await using client = await linkClient({ HOSTS: server.origin })
  await client.perform({ url: server.origin })
  const error = await failure(client.perform({ url: server.origin, method: 'GET' }))
  t.like(error, { code: 'ERR_SERVER_UNAVAILABLE', server: server.origin })
  t.is(requests, 2)
})
