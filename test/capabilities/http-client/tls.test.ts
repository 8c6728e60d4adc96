import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { makeCertificate } from '../../support/certificates.ts'
import { bodyOf, failure, linkClient, startServer, type TestServer } from './support/servers.ts'

const folder = await mkdtemp(join(tmpdir(), 'wash-ts-tls-'))
const { caFile, certFile, keyFile } = await makeCertificate(folder, ['tls.test', '127.0.0.1'])
const cert = await readFile(certFile)
const key = await readFile(keyFile)

test.after.always(() => rm(folder, { recursive: true }))

const resolve = async () => [{ address: '127.0.0.1', family: 4 }]

function startTlsServer(answer?: Parameters<typeof startServer>[0]): Promise<TestServer> {
  return startServer(answer, (listener) => createServer({ cert, key }, listener), 'https')
}

test('http client - trusts who CA_FILE names, by name and by address', async (t) => {
  await using server = await startTlsServer()
  await using client = await linkClient(
    { HOSTS: `https://tls.test:*, ${server.origin}`, CA_FILE: caFile },
    { resolve },
  )
  const byName = await client.perform({ url: `https://tls.test:${server.port}/` })
  t.is(bodyOf(byName), 'ok')
  t.is(server.seen[0]?.headers.host, `tls.test:${server.port}`)
  t.is(bodyOf(await client.perform({ url: server.origin })), 'ok')
  await client.perform({ url: server.origin })
  t.deepEqual(
    server.seen.map(({ connection }) => connection),
    [0, 1, 1],
  )
})

test('http client - sends nothing to a server whose certificate it does not trust', async (t) => {
  await using server = await startTlsServer()
  await using client = await linkClient({ HOSTS: server.origin })
  const error = await failure(client.perform({ method: 'POST', url: server.origin }))
  t.like(error, { code: 'ERR_SERVER_UNAVAILABLE', server: server.origin })
  t.regex((error as { reason: string }).reason, /certificate is refused \(.+\).*CA_FILE/)
  t.is(server.seen.length, 0)
})

test('http client - sends nothing to a server whose certificate is for another name', async (t) => {
  await using server = await startTlsServer()
  await using client = await linkClient({ HOSTS: '*:*', CA_FILE: caFile }, { resolve })
  const url = `https://other.test:${server.port}/`
  const error = await failure(client.perform({ method: 'POST', url }))
  t.like(error, { code: 'ERR_SERVER_UNAVAILABLE' })
  t.regex((error as { reason: string }).reason, /ERR_TLS_CERT_ALTNAME_INVALID/)
  t.is(server.seen.length, 0)
})

test('http client - says so where the server does not speak TLS', async (t) => {
  await using server = await startServer()
  const origin = server.origin.replace('http', 'https')
  await using client = await linkClient({ HOSTS: origin, CA_FILE: caFile })
  t.like(await failure(client.perform({ method: 'POST', url: origin })), {
    code: 'ERR_SERVER_UNAVAILABLE',
    server: origin,
  })
})

test('http client - is not redirected from https to http', async (t) => {
  await using plain = await startServer()
  await using server = await startTlsServer((_, response) => {
    response.writeHead(301, { location: `${plain.origin}/secret` }).end()
  })
  const HOSTS = `${plain.origin},${server.origin}`
  await using client = await linkClient({ HOSTS, CA_FILE: caFile })
  t.deepEqual(await failure(client.perform({ url: server.origin })), {
    code: 'ERR_HTTP_REDIRECT',
    server: server.origin,
    statusCode: 301,
    reason: `it leads from https to http, to ${plain.origin}`,
  })
  t.is(plain.seen.length, 0)
})

test('http client - is redirected from http to https, without credentials', async (t) => {
  await using server = await startTlsServer()
  await using plain = await startServer((_, response) => {
    response.writeHead(308, { location: server.origin }).end()
  })
  const HOSTS = `${plain.origin},${server.origin}`
  await using client = await linkClient({ HOSTS, CA_FILE: caFile })
  const headers = ['authorization', 'Bearer x']
  t.is(bodyOf(await client.perform({ url: plain.origin, headers })), 'ok')
  t.is(server.seen[0]?.headers.authorization, undefined)
})

test('CA_FILE - is refused where it is not there, or holds no certificate', async (t) => {
  const empty = join(folder, 'empty.pem')
  await writeFile(empty, 'nothing')
  const wrong = join(folder, 'wrong.pem')
  await writeFile(wrong, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
  for (const CA_FILE of [join(folder, 'missing.pem'), empty, wrong, keyFile]) {
    await t.throwsAsync(linkClient({ CA_FILE }), { message: /^CA_FILE ".*" cannot be used: / })
  }
})
