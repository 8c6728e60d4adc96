import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import {
  type ControlError,
  contractIdOf,
  HostControl,
  RemoteError,
  type SwapResult,
  verbSchemas,
} from '../../control/index.ts'
import { HostError } from '../../host/index.ts'
import { KeyPair } from '../../signing/index.ts'
import { buildActor, signFixture } from '../support/actors.ts'
import { counterProvider, TestHost } from '../support/test-host.ts'
import { controlledHost } from './support/controlled-host.ts'

const visit = { actor: 'counter', operation: 'HandleRequest', json: { path: '/visits' } }
const contracts = ['wascc:http_server', 'wascc:keyvalue']
const subject = KeyPair.generate('module')

const counterActor = async (revision = 1, name = 'counter'): Promise<Uint8Array> =>
  signFixture(await buildActor('kvcounter'), { name, contracts, revision }, { subject })

const inline = (bytes: Uint8Array): { bytes: string } => ({
  bytes: Buffer.from(bytes).toString('base64'),
})

test('control - an actor is started, linked, called, looked at and stopped from outside', async (t) => {
  await using running = await controlledHost({ providers: [counterProvider()] })
  const { client, host } = running

  const { actor } = await client.request('start-actor', { module: inline(await counterActor()) })
  t.is(actor.name, 'counter')
  const { link } = await client.request('put-link', { actor: 'counter', contractId: 'keyvalue' })
  t.like(link, {
    contractId: 'wascc:keyvalue',
    provider: 'counter',
    status: 'live',
    actor: actor.id,
  })
  const answer = await client.request('call', visit)
  t.like('json' in answer && answer.json, { statusCode: 200, body: '{"counter":1}' })

  const inventory = await client.request('inventory', { health: true })
  t.is(inventory.host, host.id)
  t.is(inventory.pid, process.pid)
  t.like(inventory.actors[0], { id: actor.id, revision: 1, health: { healthy: true } })
  t.is(inventory.actors[0]?.limits.cpuMs, 1_000)
  t.true((inventory.actors[0]?.metrics.calls ?? 0) > 0)
  t.like(inventory.providers[0], { name: 'counter', links: 1 })
  t.like(inventory.links[0], { actorName: 'counter', linkName: 'default', values: {} })

  const reference = { actor: actor.id, contractId: 'wasmcloud:keyvalue' }
  t.deepEqual(await client.request('delete-link', reference), { deleted: true })
  t.deepEqual(await client.request('delete-link', reference), { deleted: false })
  t.deepEqual(await client.request('stop-actor', { actor: 'counter' }), {
    id: actor.id,
    name: 'counter',
  })
  t.is((await client.request('host', {})).actors, 0)
})

test('control - a module is read from a path by the host', async (t) => {
  await using running = await controlledHost()
  const path = join(running.folder, 'counter.wasm')
  await writeFile(path, await counterActor())

  const { actor } = await running.client.request('start-actor', { module: { path } })

  t.is(actor.id, subject.publicKey)
})

test('control - an actor is updated, and the old revision and the time are told', async (t) => {
  await using running = await controlledHost()
  const { client, host } = running
  await host.startActor(await counterActor(3))

  const module = inline(await counterActor(4))
  const updated = await client.request('update-actor', { module, actor: 'counter' })

  t.is(updated.oldRevision, 3)
  t.is(updated.actor.revision, 4)
  t.true(updated.durationMs >= 0)
  const again = { module: inline(await counterActor(4)) }
  await t.throwsAsync(client.request('update-actor', again), { code: 'ERR_UPDATE_REFUSED' })
  await client.request('update-actor', { ...again, allowAnyRevision: true })
})

test('control - an update refuses a module of another actor than is meant, running or not', async (t) => {
  await using running = await controlledHost()
  const { client, host } = running
  await host.startActor(await counterActor(1))
  const stranger = await signFixture(await buildActor('echo'), {
    name: 'echo',
    contracts,
    revision: 9,
  })
  const asked = { module: inline(stranger), actor: 'counter' }

  const absent = await t.throwsAsync(client.request('update-actor', asked), {
    instanceOf: RemoteError,
    code: 'ERR_UPDATE_REFUSED',
  })
  t.regex(absent?.message ?? '', /the module has the key M/)
  await host.startActor(stranger)
  const running2 = await t.throwsAsync(
    client.request('update-actor', { ...asked, allowAnyRevision: true }),
    { code: 'ERR_UPDATE_REFUSED' },
  )
  t.regex(running2?.message ?? '', /is one of echo/)
})

test('control - failures keep their code, detail, hint and exit code on the way', async (t) => {
  await using running = await controlledHost()

  const error = await t.throwsAsync<RemoteError>(
    () => running.client.request('stop-actor', { actor: 'nobody' }),
    { instanceOf: RemoteError, code: 'ERR_ACTOR_NOT_FOUND' },
  )

  t.deepEqual(error?.detail, { actor: 'nobody' })
  t.is(error?.exit, 3)
  t.regex(error?.hint ?? '', /start the actor first/)
  t.regex(error?.message ?? '', /"nobody"/)
})

test('control - failures that only others can explain are explained by them', async (t) => {
  const explain = (code: string) =>
    code === 'ERR_CLAIMS_MISSING'
      ? ({ summary: 'none', hint: 'sign it', exit: 4 } as const)
      : undefined
  await using running = await controlledHost({}, { explain })
  const module = inline(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))

  const error = await t.throwsAsync<RemoteError>(
    () => running.client.request('start-actor', { module }),
    { code: 'ERR_CLAIMS_MISSING' },
  )

  t.is(error?.exit, 4)
  t.is(error?.hint, 'sign it')
})

test('control - a swap turns links over, and what was loaded for it stays', async (t) => {
  const first = counterProvider({ name: 'first' })
  const second = counterProvider({ name: 'second', start: 100 })
  const third = counterProvider({ name: 'third', start: 200 })
  const asked: unknown[] = []
  await using running = await controlledHost(
    { providers: [first, second] },
    {
      loadProvider: async (source) => {
        asked.push(source)
        return 'file' in source ? third : undefined
      },
    },
  )
  const { client, host } = running
  await host.startActor(await counterActor())
  await host.link({ actor: 'counter', contractId: 'wascc:keyvalue', provider: 'first' })

  const swapped: SwapResult = await client.request('swap', {
    contractId: 'keyvalue',
    provider: 'second',
  })
  t.like(swapped, { links: 1, provider: 'second' })
  t.true(swapped.pauseMs >= 0)
  t.like(await client.request('call', visit), { json: { body: '{"counter":101}' } })

  const loaded = await client.request('swap', {
    contractId: 'wascc:keyvalue',
    provider: { path: '/opt/third.par' },
  })
  t.is(loaded.provider, 'third')
  t.deepEqual(asked, [{ file: '/opt/third.par' }])
  t.like(await client.request('call', visit), { json: { body: '{"counter":201}' } })
  await t.throwsAsync(client.request('stop-provider', { provider: 'third' }), {
    code: 'ERR_PROVIDER_IN_USE',
  })
  t.deepEqual(await client.request('stop-provider', { provider: 'first' }), { provider: 'first' })
})

test('control - a swap that fails takes back the provider that was loaded for it', async (t) => {
  await using running = await controlledHost(
    {},
    { loadProvider: async () => counterProvider({ name: 'loaded' }) },
  )
  const provider = { path: '/opt/loaded.par' }

  await t.throwsAsync(running.client.request('swap', { contractId: 'keyvalue', provider }), {
    code: 'ERR_NOTHING_TO_SWAP',
  })

  t.deepEqual(running.host.inventory().providers, [])
  const { provider: started } = await running.client.request('start-provider', { provider })
  t.is(started.name, 'loaded')
  await t.throwsAsync(running.client.request('start-provider', { provider }), {
    code: 'ERR_PROVIDER_EXISTS',
  })
})

test('control - a provider that nothing can load is not found', async (t) => {
  await using running = await controlledHost({ providers: [counterProvider()] })
  for (const provider of ['nothing', { path: '/nowhere.par' }]) {
    const error = await t.throwsAsync<RemoteError>(
      () => running.client.request('start-provider', { provider }),
      { code: 'ERR_PROVIDER_NOT_FOUND' },
    )
    t.deepEqual((error.detail as { known: string[] }).known, ['counter'])
  }
})

test('control - a call takes bytes, too, and not both', async (t) => {
  await using running = await controlledHost()
  await running.host.startActor(await signFixture(await buildActor('ponger'), { name: 'ponger' }))
  const call = { actor: 'ponger', operation: 'Ping' }

  const answer = await running.client.request('call', { ...call, payload: 'gaV2YWx1ZQE=' })

  t.deepEqual(Object.keys(answer), ['payload'])
  await t.throwsAsync(running.client.request('call', { ...call, payload: '', json: 1 }), {
    code: 'ERR_CONTROL_REQUEST',
  })
})

test('control - health is asked of one actor or all, and one that fails says why', async (t) => {
  await using running = await controlledHost()
  await running.host.startActor(await counterActor())

  const all = await running.client.request('health', {})

  t.true(all.healthy)
  t.is(all.actors[0]?.name, 'counter')
  await t.throwsAsync(running.client.request('health', { actor: 'nobody' }), {
    code: 'ERR_ACTOR_NOT_FOUND',
  })
})

test('control - links say whether they are live, waiting or failed, and why', async (t) => {
  const broken = counterProvider({
    name: 'broken',
    link: () => {
      throw new Error('no server')
    },
  })
  await using running = await controlledHost({ providers: [broken, counterProvider()] })
  const { client, host } = running
  const { link } = await client.request('put-link', { actor: 'counter', contractId: 'keyvalue' })
  t.is(link, null)
  t.is((await client.request('inventory', {})).links[0]?.status, 'waiting')

  await host.startActor(await counterActor())

  const { links } = await client.request('inventory', {})
  t.like(links[0], { status: 'failed', actorName: 'counter', reason: { message: 'no server' } })
  const put = { actor: 'counter', contractId: 'keyvalue', provider: 'counter' }
  t.is((await client.request('put-link', put)).link?.status, 'live')
  t.is((await client.request('inventory', {})).links.length, 1)
})

test('control - passwords in link values are not shown', async (t) => {
  await using running = await controlledHost({ providers: [counterProvider()] })
  const values = {
    URL: 'redis://user:hunter2@127.0.0.1:6379/0',
    SECRET_KEY: 'hunter2',
    password: 'hunter2',
    KEY_PREFIX: 'shown',
    STORE: 'http://127.0.0.1/a@b',
  }
  await running.client.request('put-link', { actor: 'later', contractId: 'keyvalue', values })

  const inventory = await running.client.request('inventory', {})

  t.false(JSON.stringify(inventory).includes('hunter2'))
  t.like(inventory.links[0]?.values, {
    URL: 'redis://(hidden)@127.0.0.1:6379/0',
    KEY_PREFIX: 'shown',
    STORE: 'http://127.0.0.1/a@b',
  })
  t.is(running.host.inventory().linkDefinitions[0]?.values?.['SECRET_KEY'], 'hunter2')
})

const mistakes: readonly (readonly [verb: string, request: unknown, path: string])[] = [
  ['nothing', {}, ''],
  ['__proto__', {}, ''],
  ['inventory', { helth: true }, 'helth'],
  ['inventory', [], ''],
  ['inventory', null, ''],
  ['start-actor', {}, 'module'],
  ['start-actor', { module: { path: 'relative.wasm' } }, 'module.path'],
  ['start-actor', { module: { bytes: '***' } }, 'module.bytes'],
  ['stop-actor', { actor: '' }, 'actor'],
  ['stop-actor', { actor: 'x'.repeat(5_000) }, 'actor'],
  ['put-link', { actor: 'a', contractId: 'b', values: { PORT: 8080 } }, 'values.PORT'],
  ['call', { actor: 'a', operation: 'b', timeoutMs: -1 }, 'timeoutMs'],
  ['swap', { contractId: 'a', provider: 5 }, 'provider'],
]
for (const [verb, request, path] of mistakes) {
  test(`control - ${verb} refuses ${JSON.stringify(request).slice(0, 60)}`, async (t) => {
    await using host = new TestHost()
    using control = new HostControl(host)
    const error = await t.throwsAsync<ControlError<'ERR_CONTROL_REQUEST'>>(
      () => control.run(verb, request),
      { code: 'ERR_CONTROL_REQUEST' },
    )
    t.is(error?.detail.problems[0]?.path, path)
  })
}

test('control - a contract goes by any of its ids, and by its name in any spelling', (t) => {
  for (const name of ['keyvalue', 'KeyValue', 'key_value', 'key-value', 'wascc:keyvalue']) {
    t.is(contractIdOf(name), 'wascc:keyvalue')
  }
  t.is(contractIdOf('http-server'), 'wascc:http_server')
  t.is(contractIdOf('wasmcloud:keyvalue'), 'wasmcloud:keyvalue')
  t.is(contractIdOf('example:own'), 'example:own')
})

test('control - errors without a code of ours are internal ones, and have no stack', async (t) => {
  await using running = await controlledHost(
    {},
    { loadProvider: () => Promise.reject(new Error('out of luck')) },
  )

  const error = await t.throwsAsync<RemoteError>(
    () => running.client.request('start-provider', { provider: 'x' }),
    { code: 'ERR_INTERNAL' },
  )

  t.is(error?.message, 'out of luck')
  t.deepEqual(error?.detail, {})
  t.false(error instanceof HostError)
})

test('docs/control.md - lists every verb, and every key of its request', async (t) => {
  const page = await readFile(new URL('../../docs/control.md', import.meta.url), 'utf8')
  for (const [verb, schema] of Object.entries(verbSchemas)) {
    const row = new RegExp(`^\\| \`${verb}\` \\|([^|]*)\\|`, 'm').exec(page)?.[1]
    t.not(row, undefined, verb)
    const { entries } = schema as unknown as { entries: object }
    for (const key of Object.keys(entries)) t.true(row?.includes(`\`${key}\``), `${verb}: ${key}`)
  }
})
