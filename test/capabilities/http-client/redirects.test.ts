import test from 'ava'
import {
  bodyOf,
  failure,
  headerOf,
  linkClient,
  startRawServer,
  startServer,
  type TestServer,
} from './support/servers.ts'

/** `/STATUS/URL` redirects there; what is not such a path is answered with what was asked. */
function startRedirecting(): Promise<TestServer> {
  return startServer(({ method, url, body }, response) => {
    const [, status, target] = /^\/(3\d\d)\/(.*)$/.exec(url) ?? []
    if (status === undefined) response.end(`${method} ${url} ${body}`)
    else response.writeHead(Number(status), { location: decodeURIComponent(target ?? '') }).end()
  })
}

const bodyHeaders = ['Content-Type', 'text/x', 'Content-Language', 'en', 'X-Kept', '1']

const methods: [status: number, method: string, then: string][] = [
  [301, 'GET', 'GET'],
  [301, 'HEAD', 'HEAD'],
  [301, 'POST', 'GET'],
  [301, 'PUT', 'PUT'],
  [302, 'POST', 'GET'],
  [302, 'DELETE', 'DELETE'],
  [303, 'GET', 'GET'],
  [303, 'HEAD', 'HEAD'],
  [303, 'POST', 'GET'],
  [303, 'PUT', 'GET'],
  [307, 'POST', 'POST'],
  [307, 'GET', 'GET'],
  [308, 'POST', 'POST'],
  [308, 'PATCH', 'PATCH'],
]

for (const [status, method, then] of methods) {
  test(`http client - follows ${status} after ${method} with ${then}`, async (t) => {
    await using server = await startRedirecting()
    await using client = await linkClient({ HOSTS: server.origin })
    const hasBody = method !== 'GET' && method !== 'HEAD'
    const answer = await client.perform({
      method,
      url: `${server.origin}/${status}/${encodeURIComponent('/there?x=1')}`,
      headers: bodyHeaders,
      body: Buffer.from(hasBody ? 'hello' : ''),
    })
    t.is(answer.statusCode, 200)
    const [, there] = server.seen
    t.is(there?.method, then)
    t.is(there?.url, '/there?x=1')
    const isSame = method === then
    t.is(there?.body, isSame && hasBody ? 'hello' : '')
    t.is(there?.headers['x-kept'], '1')
    t.is(there?.headers['content-type'], isSame ? 'text/x' : undefined)
    t.is(there?.headers['content-language'], isSame ? 'en' : undefined)
  })
}

const locations: [location: string, path: string][] = [
  ['/x', '/x'],
  ['x', '/a/x'],
  ['../x', '/x'],
  ['?y', '/a/b?y'],
  ['//HOST/x', '/x'],
  ['http://HOST/x#part', '/x'],
  ['http:/x', '/x'],
  ['\\x', '/x'],
  ['/a b/\xc3\xbc', '/a%20b/%C3%BC'],
]

for (const [location, path] of locations) {
  test(`http client - finds ${path} where ${location} leads from /a/b`, async (t) => {
    let from: string | undefined
    await using server = await startServer(({ url, headers }, response) => {
      from ??= url
      if (url !== from) response.end()
      else response.writeHead(302, { location: location.replace('HOST', headers.host ?? '') }).end()
    })
    await using client = await linkClient({ HOSTS: server.origin })
    t.is((await client.perform({ url: `${server.origin}/a/b` })).statusCode, 200)
    t.is(server.seen[1]?.url, path)
  })
}

test('http client - gives redirects that lead nowhere as answers', async (t) => {
  await using server = await startServer(({ url }, response) => {
    response.writeHead(
      Number(url.slice(1)),
      url === '/304' || url === '/300' ? { location: '/x' } : {},
    )
    response.end()
  })
  await using client = await linkClient({ HOSTS: server.origin })
  for (const status of [300, 301, 302, 303, 304, 307, 308]) {
    t.is((await client.perform({ url: `${server.origin}/${status}` })).statusCode, status)
  }
  t.is(server.seen.length, 7)
})

test('http client - gives the redirect itself with MAX_REDIRECTS 0', async (t) => {
  await using server = await startRedirecting()
  await using client = await linkClient({ HOSTS: server.origin, MAX_REDIRECTS: '0' })
  const answer = await client.perform({
    url: `${server.origin}/302/http%3A%2F%2Felsewhere.example`,
  })
  t.is(answer.statusCode, 302)
  t.is(headerOf(answer, 'location'), 'http://elsewhere.example')
})

test('http client - follows as many redirects as MAX_REDIRECTS, and not one more', async (t) => {
  await using server = await startServer(({ url }, response) => {
    const left = Number(url.slice(1))
    if (left === 0) response.end('there')
    else response.writeHead(302, { location: `/${left - 1}` }).end()
  })
  await using client = await linkClient({ HOSTS: server.origin, MAX_REDIRECTS: '3' })
  t.is(bodyOf(await client.perform({ url: `${server.origin}/3` })), 'there')
  t.like(await failure(client.perform({ url: `${server.origin}/4` })), {
    code: 'ERR_HTTP_REDIRECT',
    server: server.origin,
    statusCode: 302,
    reason: 'MAX_REDIRECTS of the link is 3',
  })
  t.is(server.seen.length, 8)
})

test('http client - leaves credentials with the server that they are for', async (t) => {
  await using server = await startRedirecting()
  await using other = await startRedirecting()
  const HOSTS = `${server.origin},${other.origin}`
  await using client = await linkClient({ HOSTS })
  const headers = ['Authorization', 'Bearer x', 'COOKIE', 'a=b', 'X-Kept', '1']
  const back = encodeURIComponent(`${server.origin}/back`)
  const there = encodeURIComponent(`${other.origin}/307/${back}`)
  const here = encodeURIComponent(`/307/${there}`)
  await client.perform({ url: `${server.origin}/307/${here}`, headers })
  const seen = [...server.seen.slice(0, 2), ...other.seen, ...server.seen.slice(2)]
  t.deepEqual(
    seen.map((one) => [one.headers.authorization, one.headers.cookie, one.headers['x-kept']]),
    [
      ['Bearer x', 'a=b', '1'],
      ['Bearer x', 'a=b', '1'],
      [undefined, undefined, '1'],
      [undefined, undefined, '1'],
    ],
  )
})

const denied: [location: string, error: object][] = [
  ['http://elsewhere.test/', { code: 'ERR_HTTP_TARGET_DENIED', target: 'http://elsewhere.test' }],
  ['//elsewhere.test/', { code: 'ERR_HTTP_TARGET_DENIED' }],
  ['\\\\elsewhere.test/', { code: 'ERR_HTTP_TARGET_DENIED' }],
  ['http://allowed.test.elsewhere.test/', { code: 'ERR_HTTP_TARGET_DENIED' }],
  ['http://allowed.test:81/', { code: 'ERR_HTTP_TARGET_DENIED' }],
  ['http://allowed.test/', { code: 'ERR_HTTP_TARGET_DENIED', target: 'http://allowed.test' }],
  ['http://169.254.169.254/latest', { code: 'ERR_HTTP_TARGET_DENIED' }],
  ['http://0xa9fea9fe/latest', { code: 'ERR_HTTP_TARGET_DENIED' }],
  ['http://[::ffff:169.254.169.254]/', { code: 'ERR_HTTP_TARGET_DENIED' }],
  ['http://127.0.0.2/', { code: 'ERR_HTTP_TARGET_DENIED' }],
  ['http://user:secret@allowed.test/', { code: 'ERR_HTTP_REDIRECT' }],
  ['ftp://allowed.test/', { code: 'ERR_HTTP_REDIRECT' }],
  ['file:///etc/passwd', { code: 'ERR_HTTP_REDIRECT' }],
  ['data:text/plain,x', { code: 'ERR_HTTP_REDIRECT' }],
  ['javascript:alert(1)', { code: 'ERR_HTTP_REDIRECT' }],
  ['http://', { code: 'ERR_HTTP_REDIRECT' }],
  ['http://[::1/', { code: 'ERR_HTTP_REDIRECT' }],
]

for (const [location, error] of denied) {
  test(`http client - is not redirected to ${location}`, async (t) => {
    await using server = await startServer((_, response) => {
      response.writeHead(302, { location }).end()
    })
    const inner = ['169.254.169.254', '[::ffff:169.254.169.254]', '127.0.0.2']
    const HOSTS = [server.origin, 'allowed.test', ...inner].join()
    await using client = await linkClient(
      { HOSTS, ALLOW_PRIVATE: '127.0.0.1' },
      { resolve: async () => [{ address: '10.0.0.1', family: 4 }] },
    )
    const failed = await failure(client.perform({ url: server.origin }))
    t.like(failed, error)
    t.false(JSON.stringify(failed).includes('secret'))
    t.is(server.seen.length, 1)
  })
}

test('http client - knows that a POST was executed before a redirect led nowhere', async (t) => {
  await using gone = await startRawServer((socket) => socket.destroy())
  await using server = await startServer((_, response) => {
    response.writeHead(303, { location: gone.origin }).end()
  })
  await using client = await linkClient({ HOSTS: `${server.origin},${gone.origin}` })
  t.like(await failure(client.perform({ method: 'POST', url: server.origin })), {
    code: 'ERR_OUTCOME_UNKNOWN',
    operation: 'POST',
    server: gone.origin,
  })
  t.like(await failure(client.perform({ method: 'GET', url: server.origin })), {
    code: 'ERR_SERVER_UNAVAILABLE',
    server: gone.origin,
  })
})
