import { createServer } from 'node:http'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import test from 'ava'
import { request } from 'undici'
import { findPortHolder, httpServerProvider } from '../../../capabilities/http-server/index.ts'
import { hostName } from '../../../capabilities/http-server/route-table.ts'
import { freePort } from '../../support/free-port.ts'
import { exchangeRaw, type LinkFacts, linkServer, textResponse } from './support/linked-server.ts'

async function ask(port: number, path: string, host = `127.0.0.1:${port}`): Promise<string> {
  const text = await exchangeRaw(
    port,
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
  )
  const [head = '', body = ''] = text.split('\r\n\r\n')
  return head.startsWith('HTTP/1.1 200') ? body : head.slice(9, 12)
}

/** The first link is made on a free port, the others on the same one. */
async function share(
  ...links: LinkFacts[]
): Promise<AsyncDisposable & { port: number; provider: ReturnType<typeof httpServerProvider> }> {
  const stack = new AsyncDisposableStack()
  const provider = httpServerProvider()
  let port = 0
  for (const facts of links) {
    const values = { PORT: String(port), ...facts.values }
    port = stack.use(await linkServer({ ...facts, provider, values })).port
  }
  return { port, provider, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

test('http server - finds the longest path of whole segments', async (t) => {
  await using shared = await share(
    { actor: 'MROOT' },
    { actor: 'MAPI', values: { PATH: '/api' } },
    { actor: 'MAPIV1', values: { PATH: '/api/v1/' } },
  )
  t.is(await ask(shared.port, '/'), 'MROOT')
  t.is(await ask(shared.port, '/apis'), 'MROOT')
  t.is(await ask(shared.port, '/api'), 'MAPI')
  t.is(await ask(shared.port, '/api?x'), 'MAPI')
  t.is(await ask(shared.port, '/api/v2'), 'MAPI')
  t.is(await ask(shared.port, '/api/v1'), 'MAPIV1')
  t.is(await ask(shared.port, '/api/v1/x'), 'MAPIV1')
})

test('http server - finds the host first, then the path', async (t) => {
  await using shared = await share(
    { actor: 'MANY', values: { PATH: '/deep/er' } },
    { actor: 'MHOST', values: { HOST: 'a.example', PATH: '/deep' } },
  )
  t.is(await ask(shared.port, '/deep/er', 'A.Example.:1'), 'MHOST')
  t.is(await ask(shared.port, '/deep/er', 'b.example'), 'MANY')
  t.is(await ask(shared.port, '/deep', 'a.example'), 'MHOST')
  t.is(await ask(shared.port, '/deep', 'b.example'), '404')
  t.is(await ask(shared.port, '/', 'a.example'), '404')
})

test('hostName - is without port, final dot and capitals', (t) => {
  t.is(hostName('A.b.:80'), 'a.b')
  t.is(hostName('[::1]:80'), '[::1]')
  t.is(hostName('[::1]'), '[::1]')
})

test('http server - refuses a second link for the same path, and says who has it', async (t) => {
  await using shared = await share({ actor: 'MA', values: { PATH: '/x' } })
  const values = { PORT: String(shared.port), PATH: '/x/' }
  const error = await t.throwsAsync(linkServer({ ...shared, actor: 'MB', values }))
  t.like(error, { code: 'ERR_LINK_CONFLICT', detail: { actor: 'MB', linkName: 'default' } })
  t.true(error?.message.includes('MA'), error?.message)
  t.is(await ask(shared.port, '/x'), 'MA')
})

test('http server - refuses a link that contradicts what another asked of the port', async (t) => {
  await using shared = await share({ actor: 'MA', values: { KEEP_ALIVE_MS: '7' } })
  const values = { PORT: String(shared.port), PATH: '/x', KEEP_ALIVE_MS: '8' }
  const error = await t.throwsAsync(linkServer({ ...shared, actor: 'MB', values }))
  t.like(error, { code: 'ERR_LINK_CONFLICT' })
  t.regex(error?.message ?? '', /KEEP_ALIVE_MS 7/)
  t.is(await ask(shared.port, '/x'), 'MA')
})

test('http server - hands a route over to the same link made again, once the first is ended', async (t) => {
  const provider = httpServerProvider()
  const first = await linkServer({ provider })
  const again = {
    provider,
    answer: () => ({ statusCode: 200, headers: [], body: Buffer.from('new') }),
  }
  const values = { KEEP_ALIVE_MS: '9' }
  await using second = await linkServer({ ...again, values })
  t.is(second.port, first.port)
  t.is(await ask(second.port, '/'), 'MA')
  const ended = first[Symbol.asyncDispose]()
  t.is(await ask(second.port, '/'), 'new')
  await ended
  t.is(await ask(second.port, '/'), 'new')
})

test('http server - leaves a route where it is if the same link made again is given up', async (t) => {
  await using first = await linkServer()
  const { provider, port } = first
  const given = await linkServer({ provider, answer: () => textResponse('given up') })
  const later = await linkServer({ provider, answer: () => textResponse('later') })
  await given[Symbol.asyncDispose]()
  t.is(await ask(port, '/'), 'MA')
  await first[Symbol.asyncDispose]()
  t.is(await ask(port, '/'), 'later')
  await later[Symbol.asyncDispose]()
  await t.throwsAsync(async () => (await request(first.url)).statusCode, { code: 'ECONNREFUSED' })
})

test('http server - hands a route over to none that is given up', async (t) => {
  await using other = await linkServer({ actor: 'MOTHER', values: { PATH: '/other' } })
  const { provider, port } = other
  const values = { PORT: String(port) }
  const first = await linkServer({ provider, values })
  const kept = await linkServer({ provider, values, answer: () => textResponse('kept') })
  const given = await linkServer({ provider, values })
  const ended = [given[Symbol.asyncDispose](), first[Symbol.asyncDispose]()]
  t.is(await ask(port, '/'), 'kept')
  await Promise.all(ended)
  t.is(await ask(port, '/'), 'kept')
  await kept[Symbol.asyncDispose]()
  t.is(await ask(port, '/'), '404')
})

test('http server - serves old and new path while a link is made again', async (t) => {
  const provider = httpServerProvider()
  const first = await linkServer({ provider, values: { PATH: '/old' } })
  await using second = await linkServer({ provider, values: { PATH: '/new' } })
  t.is(await ask(second.port, '/old'), 'MA')
  t.is(await ask(second.port, '/new'), 'MA')
  await first[Symbol.asyncDispose]()
  t.is(await ask(second.port, '/old'), '404')
  t.is(await ask(second.port, '/new'), 'MA')
})

test('http server - leaves all as it was if one of several addresses cannot be had', async (t) => {
  const provider = httpServerProvider()
  await using first = await linkServer({ provider })
  const BIND = `127.0.0.1:${first.port},192.0.2.1:1`
  const error = await t.throwsAsync(linkServer({ provider, values: { BIND } }))
  t.like(error, { code: 'ERR_LINK_FAILED', detail: { provider: 'http-server', actor: 'MA' } })
  t.is(await ask(first.port, '/'), 'MA')
})

test('http server - listens on several addresses', async (t) => {
  // Some containers have no IPv6.
  const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === '::1'),
  )
  const other = hasIpv6 ? '[::1]' : '127.0.0.2'
  await using server = await linkServer({ values: { BIND: `127.0.0.1:0,${other}:0`, PATH: '/a' } })
  const addresses = server.info['listening']?.split(', ') ?? []
  t.is(addresses.length, 2)
  for (const address of addresses) {
    t.is((await request(`http://${address}/a`)).statusCode, 200)
  }
  t.is(server.info['url'], `http://${addresses[0]}/a`)
})

test('http server - says which process has the port', async (t) => {
  await using other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  const error = await t.throwsAsync(linkServer({ values: { PORT: String(port) } }))
  t.like(error, { code: 'ERR_LINK_FAILED', detail: { provider: 'http-server', actor: 'MA' } })
  t.true(error?.message.includes(`127.0.0.1:${port} is taken`), error?.message)
})

test('findPortHolder - finds this process by its port, and nobody once that is closed', async (t) => {
  const server = createNetServer()
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.is((await findPortHolder(port))?.pid, process.platform === 'linux' ? process.pid : undefined)
  await new Promise((resolve) => server.close(resolve))
  t.is(await findPortHolder(port), undefined)
})

test('http server - opens nothing for a link that is not wanted any more', async (t) => {
  const reason = new Error('not wanted')
  const error = await t.throwsAsync(linkServer({ signal: AbortSignal.abort(reason) }))
  t.is(error, reason)
})
