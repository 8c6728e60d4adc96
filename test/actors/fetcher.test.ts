import test from 'ava'
import { request } from 'undici'
import { stockProviders } from '../../capabilities/index.ts'
import { startServer } from '../capabilities/http-client/support/servers.ts'
import { buildActor } from '../support/actors.ts'
import { TestHost } from '../support/test-host.ts'

/** The actor on a stock host, its HTTP client linked with these values. */
async function startFetcher(
  values: Readonly<Record<string, string>>,
): Promise<{ host: TestHost; ask: (url: string, more?: object) => ReturnType<typeof request> }> {
  const host = new TestHost({ providers: stockProviders() })
  const { id } = await host.startActor(await buildActor('fetcher'))
  const link = { actor: id, contractId: 'wascc:http_server', values: { PORT: '0' } }
  const listening = await host.link(link)
  await host.link({ actor: id, contractId: 'wascc:http_client', values })
  const at = `${listening?.info['url']}?url=`
  return { host, ask: (url, more) => request(at + encodeURIComponent(url), more) }
}

test('fetcher - fetches over HTTP what it was asked for over HTTP', async (t) => {
  await using server = await startServer(({ method, url, headers, body }, response) => {
    response.writeHead(418, { 'content-type': 'text/x' })
    response.end(`${method} ${url} ${headers['content-type']} ${headers.traceparent} ${body}`)
  })
  const { host, ask } = await startFetcher({ HOSTS: server.origin, ALLOW_PRIVATE: 'loopback' })
  await using _ = host
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const answer = await ask(`${server.origin}/a?b=c`, {
    method: 'PUT',
    body: 'hello',
    headers: {
      'content-type': 'text/plain',
      traceparent: `00-${trace}-b7ad6b7169203331-01`,
      'x-forwarded-host': 'elsewhere.test',
      'x-secret': 'not passed on',
    },
  })
  t.is(answer.statusCode, 418)
  t.is(answer.headers['content-type'], 'text/x')
  const text = await answer.body.text()
  t.regex(text, new RegExp(`^PUT /a\\?b=c text/plain 00-${trace}-[\\da-f]{16}-01 hello$`))
  const [seen] = server.seen
  t.is(seen?.headers.host, new URL(server.origin).host)
  t.is(seen?.headers['x-secret'], undefined)
})

test('fetcher - reaches nothing that its link does not name', async (t) => {
  await using server = await startServer()
  const { host, ask } = await startFetcher({ HOSTS: 'api.example' })
  await using _ = host
  const answer = await ask(server.origin)
  t.is(answer.statusCode, 502)
  t.is(
    await answer.body.text(),
    `http-client could not PerformRequest: ${server.origin} is out of reach: HOSTS of the link has api.example\n`,
  )
  t.is(server.seen.length, 0)
})

test('fetcher - hands on a body of several megabytes, and says so where it is too large', async (t) => {
  const body = Buffer.alloc(6_000_000, 'x')
  await using server = await startServer((_, response) => response.end(body))
  const values = { HOSTS: server.origin, ALLOW_PRIVATE: 'loopback' }
  const large = await startFetcher(values)
  await using _ = large.host
  const answer = await large.ask(server.origin)
  t.is(answer.statusCode, 200)
  t.is((await answer.body.arrayBuffer()).byteLength, body.length)
  const small = await startFetcher({ ...values, MAX_RESPONSE_BYTES: '5000000' })
  await using __ = small.host
  const refused = await small.ask(server.origin)
  t.is(refused.statusCode, 502)
  t.regex(await refused.body.text(), /is larger than MAX_RESPONSE_BYTES allows, 5000000 bytes/)
})
