/** Servers that are slow, endless, broken or not there. */
import test from 'ava'
import { freePort } from '../../support/free-port.ts'
import {
  bodyOf,
  failure,
  failureOnceSent,
  linkClient,
  startRawServer,
  startScripted,
  startServer,
} from './support/servers.ts'

const methods = ['GET', 'POST'] as const
const brokenBy = { GET: 'ERR_SERVER_UNAVAILABLE', POST: 'ERR_OUTCOME_UNKNOWN' } as const

test('http client - says that nothing was executed where nobody listens', async (t) => {
  const origin = `http://127.0.0.1:${await freePort()}`
  await using client = await linkClient({ HOSTS: origin })
  t.deepEqual(await failure(client.perform({ method: 'POST', url: `${origin}/secret` })), {
    code: 'ERR_SERVER_UNAVAILABLE',
    server: origin,
    reason: 'no connection (ECONNREFUSED)',
  })
})

const broken: [what: string, bytes: string][] = [
  ['nothing', ''],
  ['half a status line', 'HTTP/1.1 20'],
  ['half its headers', 'HTTP/1.1 200 OK\r\nX: '],
  ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello'],
  ['half a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel'],
  ['chunks without end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
  ['a chunk size that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ['what is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['HTTP of another kind', 'HTTP/2 200 OK\r\n\r\n'],
  ['status 000', 'HTTP/1.1 000 X\r\n\r\n'],
  ['status 099', 'HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n'],
  ['status 1000', 'HTTP/1.1 1000 X\r\n\r\n'],
  ['no status', 'HTTP/1.1 OK\r\n\r\n'],
  ['an upgrade', 'HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabc'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
  ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a header without colon', 'HTTP/1.1 200 OK\r\nnothing\r\n\r\n'],
  ['a header with NUL', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n'],
]

for (const method of methods) {
  for (const [what, bytes] of broken) {
    test(`http client - tells of ${brokenBy[method]} where the answer to ${method} is ${what}`, async (t) => {
      await using server = await startScripted(bytes)
      await using client = await linkClient({ HOSTS: server.origin })
      const body = Buffer.from(method === 'POST' ? 'x' : '')
      const error = await failure(client.perform({ method, url: server.origin, body }))
      t.like(error, { code: brokenBy[method], server: server.origin })
    })
  }

  test(`http client - tells of ${brokenBy[method]} where the connection is reset after ${method}`, async (t) => {
    await using server = await startRawServer((socket) => {
      socket.once('data', () => socket.resetAndDestroy())
    })
    await using client = await linkClient({ HOSTS: server.origin })
    t.like(await failure(client.perform({ method, url: server.origin })), {
      code: brokenBy[method],
    })
  })

  test(`http client - waits no longer than TIMEOUT_MS for an answer to ${method}`, async (t) => {
    const closed = Promise.withResolvers<void>()
    await using server = await startRawServer((socket) => {
      socket.resume().once('close', () => closed.resolve())
    })
    await using client = await linkClient({ HOSTS: server.origin, TIMEOUT_MS: '30' })
    t.like(await failureOnceSent(() => client.perform({ method, url: server.origin })), {
      code: 'ERR_SERVER_TIMEOUT',
      server: server.origin,
      operation: method,
      timeoutMs: 30,
    })
    await closed.promise
  })
}

test('http client - takes answers that come before others, and those that end with the connection', async (t) => {
  for (const [bytes, body] of [
    ['HTTP/1.1 103 X\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    ['HTTP/1.0 200 OK\r\n\r\nok', 'ok'],
    ['HTTP/1.1 200\r\nConnection: close\r\n\r\nok', 'ok'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nmore', 'ok'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nT: x\r\n\r\n', 'ok'],
    ['HTTP/1.1 204 X\r\nContent-Length: 99999999\r\n\r\n', ''],
  ] as const) {
    await using server = await startScripted(bytes)
    await using client = await linkClient({ HOSTS: server.origin })
    t.is(bodyOf(await client.perform({ url: server.origin })), body, bytes)
  }
})

const slow: [what: string, first: string, again: string][] = [
  ['headers', 'HTTP/1.1 200 OK\r\n', 'X: y\r\n'],
  ['early answers', '', 'HTTP/1.1 103 Hints\r\n\r\n'],
  ['body', 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n', 'x'],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'],
]

for (const [what, first, again] of slow) {
  test(`http client - waits no longer than TIMEOUT_MS for ${what} that trickle in`, async (t) => {
    const closed = Promise.withResolvers<void>()
    await using server = await startRawServer((socket) => {
      socket.write(first)
      const trickle = setInterval(() => socket.write(again), 2)
      socket.once('close', () => {
        clearInterval(trickle)
        closed.resolve()
      })
    })
    await using client = await linkClient({ HOSTS: server.origin, TIMEOUT_MS: '60' })
    const error = await failureOnceSent(() => client.perform({ url: server.origin }))
    t.like(error, { code: 'ERR_SERVER_TIMEOUT' })
    await closed.promise
  })
}

test('http client - waits no longer than the call for a connection', async (t) => {
  await using server = await startRawServer(() => {})
  await using client = await linkClient({ HOSTS: server.origin, MAX_CONNECTIONS: '1' })
  const ask = async (method: string, withinMs: number): Promise<unknown> => {
    const deadlineAt = performance.now() + withinMs
    return client.perform({ method, url: server.origin }, { deadlineAt })
  }
  let waiting: Promise<unknown> = Promise.resolve()
  const first = await failureOnceSent(() => {
    const asked = ask('GET', 60)
    waiting = failure(ask('POST', 20))
    return asked
  })
  t.like(first, { code: 'ERR_SERVER_TIMEOUT' })
  t.like(await waiting, { code: 'ERR_SERVER_UNAVAILABLE' })
})

test('http client - waits no longer than TIMEOUT_MS for a name, and knows that nothing was sent', async (t) => {
  const resolve = () => new Promise<never>(() => {})
  await using client = await linkClient({ HOSTS: '*', TIMEOUT_MS: '20' }, { resolve })
  t.deepEqual(await failure(client.perform({ method: 'POST', url: 'http://slow.test' })), {
    code: 'ERR_SERVER_UNAVAILABLE',
    server: 'http://slow.test',
    reason: 'no connection within 20 ms',
  })
})

test('http client - waits no longer than TIMEOUT_MS for a chain of redirects', async (t) => {
  await using server = await startServer((_, response) => {
    setTimeout(() => response.writeHead(302, { location: '/' }).end(), 5)
  })
  const values = { HOSTS: server.origin, TIMEOUT_MS: '60', MAX_REDIRECTS: '50' }
  await using client = await linkClient(values)
  const error = await failureOnceSent(() => client.perform({ url: server.origin }))
  t.like(error, { code: 'ERR_SERVER_TIMEOUT' })
})

test('http client - stops when the caller does, wherever it is', async (t) => {
  const asked = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  await using server = await startRawServer((socket) => {
    socket.once('data', () => asked.resolve())
    socket.once('close', () => closed.resolve())
  })
  await using client = await linkClient({ HOSTS: server.origin, MAX_CONNECTIONS: '1' })
  const caller = new AbortController()
  const gone = new Error('gone')
  const pending = [1, 2].map(() =>
    failure(client.perform({ url: server.origin }, { signal: caller.signal })),
  )
  await asked.promise
  caller.abort(gone)
  t.deepEqual(await Promise.all(pending), [gone, gone])
  await closed.promise
  const late = await failure(client.perform({ url: server.origin }, { signal: caller.signal }))
  t.is(late, gone)
})

const large: [what: string, bytes: string][] = [
  ['announced', 'HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n'],
  ['in chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n${'x'.repeat(1001)}`],
  ['without length', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1001)}`],
]

for (const [what, bytes] of large) {
  test(`http client - takes no body larger than MAX_RESPONSE_BYTES, ${what}`, async (t) => {
    const closed = Promise.withResolvers<void>()
    await using server = await startRawServer((socket) => {
      socket.once('data', () => socket.write(bytes))
      socket.once('close', () => closed.resolve())
    })
    await using client = await linkClient({ HOSTS: server.origin, MAX_RESPONSE_BYTES: '1000' })
    t.like(await failure(client.perform({ method: 'POST', url: server.origin })), {
      code: 'ERR_HTTP_RESPONSE_LIMIT',
      server: server.origin,
      limit: 'MAX_RESPONSE_BYTES',
      allowed: 1000,
    })
    await closed.promise
  })
}

test('http client - takes a body of MAX_RESPONSE_BYTES, and a HEAD that announces more', async (t) => {
  await using server = await startServer(({ method }, response) => {
    response.setHeader('content-length', method === 'HEAD' ? '1001' : '1000')
    response.end(method === 'HEAD' ? undefined : 'x'.repeat(1000))
  })
  await using client = await linkClient({ HOSTS: server.origin, MAX_RESPONSE_BYTES: '1000' })
  t.is((await client.perform({ url: server.origin })).body.length, 1000)
  t.is((await client.perform({ method: 'HEAD', url: server.origin })).statusCode, 200)
})

test('http client - keeps no more of an endless body than it may', async (t) => {
  const chunk = Buffer.alloc(65_536, 'x')
  let sent = 0
  await using server = await startRawServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    const push = (): void => {
      while (!socket.destroyed && socket.write(chunk)) sent += chunk.length
    }
    socket.on('drain', push)
    push()
  })
  await using client = await linkClient({ HOSTS: server.origin, MAX_RESPONSE_BYTES: '1000000' })
  t.like(await failure(client.perform({ url: server.origin })), { code: 'ERR_HTTP_RESPONSE_LIMIT' })
  t.true(sent < 50_000_000, `${sent}`)
})

for (const [what, header] of [
  ['one large header', `X: ${'y'.repeat(40_000)}\r\n`],
  ['many headers', 'X: y\r\n'.repeat(10_000)],
] as const) {
  test(`http client - takes no answer with ${what}`, async (t) => {
    await using server = await startScripted(`HTTP/1.1 200 OK\r\n${header}\r\n`)
    await using client = await linkClient({ HOSTS: server.origin })
    t.like(await failure(client.perform({ url: server.origin })), {
      code: 'ERR_HTTP_RESPONSE_LIMIT',
      limit: 'HEADER_BYTES',
      allowed: 32_768,
    })
  })
}

test('http client - goes on after failures, with connections to spare', async (t) => {
  await using bad = await startScripted('nonsense')
  await using good = await startServer()
  const HOSTS = `${bad.origin},${good.origin}`
  await using client = await linkClient({ HOSTS, MAX_CONNECTIONS: '1' })
  for (let count = 0; count < 5; count++) {
    t.like(await failure(client.perform({ url: bad.origin })), { code: 'ERR_SERVER_UNAVAILABLE' })
  }
  t.is(bodyOf(await client.perform({ url: good.origin })), 'ok')
})

test('http client - takes an answer that comes before the whole request is sent', async (t) => {
  await using server = await startRawServer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno')
      socket.pause()
    })
  })
  await using client = await linkClient({ HOSTS: server.origin })
  const body = Buffer.alloc(4_000_000)
  const answer = await client.perform({ method: 'POST', url: server.origin, body })
  t.is(answer.statusCode, 413)
  t.is(bodyOf(answer), 'no')
})

test('http client - ends connections that are being opened with its link', async (t) => {
  const resolving = Promise.withResolvers<void>()
  const client = await linkClient(
    { HOSTS: '*' },
    {
      resolve: () => {
        resolving.resolve()
        return new Promise(() => {})
      },
    },
  )
  const pending = failure(client.perform({ method: 'POST', url: 'http://slow.test/' }))
  await resolving.promise
  await client[Symbol.asyncDispose]()
  t.like(await pending, { code: 'ERR_SERVER_UNAVAILABLE', server: 'http://slow.test' })
})

test('http client - ends requests that wait for a connection with its link', async (t) => {
  const asked = Promise.withResolvers<void>()
  await using server = await startRawServer((socket) => {
    socket.once('data', () => asked.resolve())
  })
  const client = await linkClient({ HOSTS: server.origin, MAX_CONNECTIONS: '1' })
  const first = failure(client.perform({ url: server.origin }))
  const second = failure(client.perform({ method: 'POST', url: server.origin }))
  await asked.promise
  await client[Symbol.asyncDispose]()
  for (const error of await Promise.all([first, second])) {
    t.like(error, { code: 'ERR_SERVER_UNAVAILABLE' })
  }
  const late = await failure(client.perform({ method: 'POST', url: server.origin }))
  t.like(late, { code: 'ERR_SERVER_UNAVAILABLE', reason: 'the link was ended' })
  t.true(server.connections.size <= 1)
})

test('http client - puts a body of a million chunks of one byte together', async (t) => {
  const chunks = Buffer.from('1\r\nx\r\n'.repeat(1_000_000))
  await using server = await startRawServer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      socket.write(chunks)
      socket.write('0\r\n\r\n')
    })
  })
  await using client = await linkClient({ HOSTS: server.origin })
  const answer = await client.perform({ url: server.origin })
  t.is(answer.body.length, 1_000_000)
  t.true(answer.body.every((byte) => byte === 0x78))
})
