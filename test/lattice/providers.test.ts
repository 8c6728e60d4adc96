import { performance } from 'node:perf_hooks'
import test from 'ava'
import { memoryKeyValueProvider } from '../../capabilities/memory-keyvalue/index.ts'
import { httpServerProvider } from '../../capabilities/http-server/index.ts'
import { linkDefinition, rawContract } from '../../contracts/index.ts'
import type { CapabilityProvider } from '../../host/index.ts'
import { KeyPair } from '../../signing/index.ts'
import { bytes, text } from '../host/engine/support/guests.ts'
import { buildActor, signFixture } from '../support/actors.ts'
import { freePort } from '../support/free-port.ts'
import { startNats } from '../support/nats-server.ts'
import { anyValues, counterProvider, type TestHost } from '../support/test-host.ts'
import { type LatticeHost, startLatticeHost } from './support/lattice-host.ts'
import { joinAsMember } from './support/member.ts'
import { relayTo } from './support/relaying-guest.ts'

const contractId = 'wascc:keyvalue'
const count = { path: '/counter' }

/** What other hosts call a provider of a host by. */
function keyOf(host: TestHost, name: string): string {
  return host.inventory().providers.find((provider) => provider.name === name)?.id ?? ''
}

const bodyOf = async (host: TestHost, actor: string): Promise<unknown> =>
  ((await host.callJson(actor, 'HandleRequest', count)) as { body: unknown }).body

test('a provider - serves an actor on another host, and keeps the stores of hosts apart', async (t) => {
  await using nats = await startNats({ jetStream: true })
  const providers = () => [memoryKeyValueProvider()]
  await using here = await startLatticeHost(nats.url, { providers: providers() })
  await using there = await startLatticeHost(nats.url, { providers: providers() })
  const name = memoryKeyValueProvider().name
  t.not(keyOf(here.host, name), keyOf(there.host, name))

  const { id } = await here.host.startActor(await buildActor('kvcounter'))
  const link = { actor: id, contractId }
  const remote = { ...link, provider: keyOf(there.host, name) }
  const info = await here.host.link(remote)
  t.is(info?.provider, keyOf(there.host, name))
  t.is(await bodyOf(here.host, id), '{"counter":1}')
  t.is(await bodyOf(here.host, id), '{"counter":2}')

  await here.host.link({ ...link, provider: name })
  t.is(await bodyOf(here.host, id), '{"counter":1}')
  await here.host.unlink(link)
  await t.throwsAsync(() => bodyOf(here.host, id), { code: 'ERR_NOT_LINKED' })
})

test('a provider - is told of its links, with what the other host says, and of their end', async (t) => {
  await using nats = await startNats({ jetStream: true })
  const counter = counterProvider()
  await using here = await startLatticeHost(nats.url)
  await using there = await startLatticeHost(nats.url, { providers: [counter] })
  const { id, issuer } = await here.host.startActor(await buildActor('kvcounter'))
  const link = { actor: id, contractId, linkName: 'default' }
  await here.host.link({ ...link, provider: keyOf(there.host, 'counter'), values: { A: 'b' } })
  t.is(counter.opened.length, 1)
  t.like(counter.opened[0], { config: { A: 'b' }, linkName: 'default', actor: { id } })
  t.is(String(counter.opened[0]?.actor.claims.issuer), issuer)
  t.deepEqual(counter.closed, [])
  await here.host.unlink(link)
  t.deepEqual(counter.closed, [id])
})

test('a provider - that refuses a link says why, and nothing stays', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using here = await startLatticeHost(nats.url)
  const refusing = counterProvider({
    link: () => {
      throw new Error('no room')
    },
  })
  await using there = await startLatticeHost(nats.url, {
    providers: [refusing],
  })
  await using closed = await startLatticeHost(nats.url, {
    providers: [counterProvider()],
    policy: { contracts: ['wascc:messaging'] },
  })
  const { id } = await here.host.startActor(await buildActor('kvcounter'))
  const link = { actor: id, contractId }
  const failed = await t.throwsAsync(
    here.host.link({ ...link, provider: keyOf(there.host, 'counter') }),
    { code: 'ERR_LINK_FAILED' },
  )
  t.regex(failed?.message ?? '', /no room/)
  const denied = await t.throwsAsync(
    here.host.link({ ...link, provider: keyOf(closed.host, 'counter') }),
    { code: 'ERR_LINK_FAILED' },
  )
  t.regex(denied?.message ?? '', /may not be linked/)
  const nobody = await t.throwsAsync(
    here.host.link({ ...link, provider: KeyPair.generate('service').publicKey }),
    { code: 'ERR_LINK_FAILED' },
  )
  t.regex(nobody?.message ?? '', /no host/)
  t.deepEqual(here.host.inventory().linkDefinitions, [])
})

test('a provider - takes a link of a contract that only it and its actors know', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using here = await startLatticeHost(nats.url)
  const own: CapabilityProvider = {
    name: 'own',
    summary: 'shouts',
    contract: rawContract('acme:shout'),
    configSchema: anyValues,
    link: () => ({
      operations: {
        Shout: (request: Uint8Array) => bytes(text(request).toUpperCase()),
      },
    }),
  }
  await using there = await startLatticeHost(nats.url, { providers: [own] })
  const actor = await signFixture(await relayTo('acme:shout'), { contracts: ['acme:shout'] })
  const { id } = await here.host.startActor(actor)
  await here.host.link({ actor: id, contractId: 'acme:shout', provider: keyOf(there.host, 'own') })
  t.is(text(await here.host.call(id, 'Shout', bytes('hey'))), 'HEY')
  await t.throwsAsync(() => here.host.call(id, 'Whisper', bytes('hey')), {
    code: 'ERR_PROVIDER_FAILED',
  })
})

test('a provider - calls an actor on another host: HTTP comes in there, and is answered here', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using here = await startLatticeHost(nats.url, { providers: [memoryKeyValueProvider()] })
  await using there = await startLatticeHost(nats.url, { providers: [httpServerProvider()] })
  const { id } = await here.host.startActor(await buildActor('echo'))
  const port = await freePort()
  const link = { actor: id, contractId: 'wascc:http_server' }
  const provider = keyOf(there.host, httpServerProvider().name)
  await here.host.link({ ...link, provider, values: { PORT: String(port) } })
  const response = await fetch(`http://127.0.0.1:${port}/far?away=1`, {
    method: 'POST',
    body: 'hi',
  })
  t.is(response.status, 200)
  t.is(await response.text(), 'hi')
  await here.host.unlink(link)
  await t.throwsAsync(fetch(`http://127.0.0.1:${port}/`))
})

test('a swap - moves a link to a provider elsewhere and back, and loses no call', async (t) => {
  await using nats = await startNats({ jetStream: true })
  const local = counterProvider({ name: 'near', start: 1000 })
  await using here = await startLatticeHost(nats.url, { providers: [local] })
  await using there = await startLatticeHost(nats.url, { providers: [counterProvider()] })
  const { id } = await here.host.startActor(await buildActor('kvcounter'))
  await here.host.link({ actor: id, contractId })
  const stop = new AbortController()
  const calls = { count: 0 }
  const load = async (): Promise<void> => {
    for (; !stop.signal.aborted; calls.count++) await bodyOf(here.host, id)
  }
  const loads = [load(), load()]
  const more = async (): Promise<void> => {
    const until = calls.count + 50
    while (calls.count < until) await new Promise((done) => setImmediate(done))
  }
  await more()
  await here.host.swap({ contractId, provider: keyOf(there.host, 'counter') })
  await more()
  await here.host.swap({ contractId, provider: 'near' })
  await more()
  stop.abort()
  await t.notThrowsAsync(Promise.all(loads))
})

test('a provider whose host is started again - is linked again by the call that needs it', async (t) => {
  await using nats = await startNats({ jetStream: true })
  const keyPair = KeyPair.generate('server')
  const start = (): Promise<LatticeHost> =>
    startLatticeHost(nats.url, { keyPair, providers: [memoryKeyValueProvider()] })
  await using here = await startLatticeHost(nats.url)
  const first = await start()
  const provider = keyOf(first.host, memoryKeyValueProvider().name)
  const { id } = await here.host.startActor(await buildActor('kvcounter'))
  await here.host.link({ actor: id, contractId, provider })
  t.is(await bodyOf(here.host, id), '{"counter":1}')
  await first[Symbol.asyncDispose]()
  const startedAt = performance.now()
  const error = await t.throwsAsync(() => bodyOf(here.host, id), { code: 'ERR_PROVIDER_FAILED' })
  t.regex(error?.message ?? '', /no host/)
  t.true(performance.now() - startedAt < 2000)
  await using _second = await start()
  t.is(await bodyOf(here.host, id), '{"counter":1}')
})

test('link messages - count only from a host of the lattice, once, and with the claims of the actor', async (t) => {
  await using nats = await startNats({ jetStream: true })
  const counter = counterProvider()
  await using here = await startLatticeHost(nats.url)
  await using there = await startLatticeHost(nats.url, { providers: [counter] })
  await using member = await joinAsMember(nats.url)
  const provider = keyOf(there.host, 'counter')
  const subject = member.subjects.providerVerb(provider, 'default', 'linkdefs.put')
  const caught: { body: Uint8Array; headers: Record<string, string> }[] = []
  const names = ['invocation-id', 'invocation-token', 'actor-token', 'host-id']
  await member.connection.listen(subject, undefined, (message) => {
    const headers = Object.fromEntries(names.map((name) => [name, message.header(name)]))
    caught.push({ body: message.body, headers })
  })
  const { id } = await here.host.startActor(await buildActor('kvcounter'))
  await here.host.link({ actor: id, contractId, provider })
  t.is(counter.opened.length, 1)
  const [seen] = [...caught]
  if (!seen) return t.fail()
  const definition = linkDefinition.decode(seen.body)
  const changed = linkDefinition.encode({ ...definition, values: { PATH: '/etc' } })
  for (const { body, headers } of [
    seen,
    { ...seen, body: changed },
    { body: changed, headers: {} },
    { ...seen, headers: { ...seen.headers, 'invocation-id': crypto.randomUUID() } },
  ]) {
    const question = { subject, body, headers, timeoutMs: 5000, target: provider, operation: 'put' }
    const answer = await member.connection.ask(question)
    t.is(answer.header('error-code'), 'ERR_INVOCATION_REFUSED')
  }
  t.is(counter.opened.length, 1)
  t.deepEqual(counter.closed, [])
})

test('a provider - is not called by an actor that has no link to it', async (t) => {
  await using nats = await startNats({ jetStream: true })
  await using there = await startLatticeHost(nats.url, { providers: [counterProvider()] })
  await using member = await joinAsMember(nats.url)
  const publicKey = keyOf(there.host, 'counter')
  const target = { publicKey, contractId: 'wasmcloud:keyvalue', linkName: 'default' }
  const subject = member.subjects.provider(publicKey, 'default')
  await t.throwsAsync(
    member.call(bytes('x'), { subject, target, operation: 'KeyValue.Increment' }),
    {
      code: 'ERR_NOT_LINKED',
    },
  )
})

test('a provider - that is taken away, or exchanged, closes its links elsewhere', async (t) => {
  await using nats = await startNats({ jetStream: true })
  const counter = counterProvider()
  await using here = await startLatticeHost(nats.url)
  await using there = await startLatticeHost(nats.url, { providers: [counter] })
  const { id } = await here.host.startActor(await buildActor('kvcounter'))
  await here.host.link({ actor: id, contractId, provider: keyOf(there.host, 'counter') })
  t.is(await bodyOf(here.host, id), '{"counter":1}')
  const next = counterProvider({ start: 100 })
  await there.host.replaceProvider('counter', next)
  while (counter.closed.length === 0) await new Promise((done) => setImmediate(done))
  t.is(await bodyOf(here.host, id), '{"counter":101}')
  await there.host.removeProvider('counter')
  while (next.closed.length === 0) await new Promise((done) => setImmediate(done))
  await t.throwsAsync(() => bodyOf(here.host, id), { code: 'ERR_PROVIDER_FAILED' })
})

test('a provider whose host is started again - takes in again what came in there before', async (t) => {
  await using nats = await startNats({ jetStream: true })
  const keyPair = KeyPair.generate('server')
  const start = (): Promise<LatticeHost> =>
    startLatticeHost(nats.url, { keyPair, providers: [httpServerProvider()] }, { heartbeatMs: 300 })
  await using here = await startLatticeHost(nats.url)
  const first = await start()
  const { id } = await here.host.startActor(await buildActor('echo'))
  const port = await freePort()
  const provider = keyOf(first.host, httpServerProvider().name)
  const values = { PORT: String(port) }
  await here.host.link({ actor: id, contractId: 'wascc:http_server', provider, values })
  const url = `http://127.0.0.1:${port}/`
  t.is((await fetch(url)).status, 200)
  await first[Symbol.asyncDispose]()
  await t.throwsAsync(fetch(url))
  await using _second = await start()
  let status: number | undefined
  while (status === undefined) {
    status = await fetch(url).then(
      (response) => response.status,
      () => undefined,
    )
  }
  t.is(status, 200)
})
