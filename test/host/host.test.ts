import test from 'ava'
import { EngineError, HostError } from '../../host/index.ts'
import { KeyPair, SigningError } from '../../signing/index.ts'
import { buildActor, signFixture } from '../support/actors.ts'
import { counterProvider, TestHost } from '../support/test-host.ts'

test('startActor - runs an actor that answers by its key, its name and its call alias', async (t) => {
  await using host = new TestHost()
  const { id, name } = await host.startActor(await buildActor('ponger'))

  for (const reference of [id, name, 'wash_ts/examples/ponger']) {
    t.deepEqual(await host.callJson(reference, 'Ping', { value: 3 }), { value: 4 })
  }
})

test('startActor - says what it started', async (t) => {
  await using host = new TestHost()

  const info = await host.startActor(await buildActor('kvcounter'))

  t.regex(info.id, /^M[A-Z2-7]{55}$/)
  t.regex(info.issuer, /^A[A-Z2-7]{55}$/)
  t.is(info.dialect, 'C')
  t.deepEqual([...info.contracts].sort(), ['wascc:http_server', 'wascc:keyvalue'])
  t.deepEqual(info.links, [])
  t.deepEqual(
    host.eventsOf('actor_started').map(({ actor, name }) => ({ actor, name })),
    [{ actor: info.id, name: info.name }],
  )
})

test('startActor - refuses a second actor of the same key, and leaves the first alone', async (t) => {
  await using host = new TestHost()
  const wasm = await buildActor('ponger')
  const { id, name } = await host.startActor(wasm)

  const error = await t.throwsAsync<HostError<'ERR_ACTOR_EXISTS'>>(() => host.startActor(wasm), {
    instanceOf: HostError,
    code: 'ERR_ACTOR_EXISTS',
  })

  t.deepEqual(error.detail, { actor: id, name })
  t.deepEqual(await host.callJson(id, 'Ping', { value: 1 }), { value: 2 })
})

test('startActor - refuses a second actor with the same call alias', async (t) => {
  await using host = new TestHost()
  await host.startActor(await buildActor('ponger'))
  const other = await signFixture(await buildActor('echo'), {
    callAlias: 'wash_ts/examples/ponger',
  })

  await t.throwsAsync(() => host.startActor(other), { code: 'ERR_ACTOR_EXISTS' })

  t.is(host.inventory().actors.length, 1)
})

test('startActor - refuses a module changed by one byte, and says so in an event', async (t) => {
  await using host = new TestHost()
  const wasm = new Uint8Array(await buildActor('echo'))
  const at = wasm.indexOf(0x0b, 200)
  wasm[at] = 0x0a

  await t.throwsAsync(() => host.startActor(wasm), {
    instanceOf: SigningError,
    code: 'ERR_HASH_MISMATCH',
  })

  t.is(host.eventsOf('actor_start_failed')[0]?.reason.code, 'ERR_HASH_MISMATCH')
})

test('startActor - names the file that is not there', async (t) => {
  await using host = new TestHost()

  const error = await t.throwsAsync<HostError<'ERR_MODULE_NOT_FOUND'>>(
    () => host.startActor('/nowhere/actor.wasm'),
    { instanceOf: HostError, code: 'ERR_MODULE_NOT_FOUND' },
  )

  t.deepEqual(error.detail, { path: '/nowhere/actor.wasm' })
})

test('startActor - runs only actors of trusted issuers where the policy names some', async (t) => {
  const trusted = KeyPair.generate('account')
  await using host = new TestHost({ policy: { issuers: [trusted.publicKey] } })
  const echo = await buildActor('echo')

  await host.startActor(await signFixture(echo, {}, { issuer: trusted }))
  const error = await t.throwsAsync<HostError<'ERR_POLICY_DENIED'>>(() => host.startActor(echo), {
    code: 'ERR_POLICY_DENIED',
  })

  t.regex(error.detail.reason, /issuer A[A-Z2-7]{55} is not trusted/)
})

test('call - stops serving an actor once its claims expire, and says so once', async (t) => {
  let now = Date.UTC(2026, 0, 1)
  await using host = new TestHost({ now: () => now })
  const expiresAt = new Date(now + 60_000)
  const wasm = await signFixture(await buildActor('ponger'), { expiresAt }, { now: new Date(now) })
  const { id } = await host.startActor(wasm)

  t.deepEqual(await host.callJson(id, 'Ping', { value: 1 }), { value: 2 })
  now += 60_000
  for (let turn = 0; turn < 2; turn++) {
    const error = await t.throwsAsync<SigningError<'ERR_CLAIMS_EXPIRED'>>(
      () => host.callJson(id, 'Ping', { value: 1 }),
      { instanceOf: SigningError, code: 'ERR_CLAIMS_EXPIRED' },
    )
    t.deepEqual(error.detail, { subject: id, expiredAt: expiresAt })
  }
  t.deepEqual(host.eventsOf('actor_expired'), [
    { type: 'actor_expired', actor: id, expiredAt: expiresAt },
  ])
})

test('call - names an actor that does not run', async (t) => {
  await using host = new TestHost()

  const error = await t.throwsAsync<HostError<'ERR_ACTOR_NOT_FOUND'>>(
    () => host.call('nobody', 'Ping', new Uint8Array()),
    { instanceOf: HostError, code: 'ERR_ACTOR_NOT_FOUND' },
  )

  t.deepEqual(error.detail, { actor: 'nobody' })
})

test('call - asks for a key where two actors share a name', async (t) => {
  await using host = new TestHost()
  const echo = await buildActor('echo')
  const ids: string[] = []
  for (let turn = 0; turn < 2; turn++) {
    ids.push((await host.startActor(await signFixture(echo, { name: 'twin' }))).id)
  }

  const error = await t.throwsAsync<HostError<'ERR_ACTOR_AMBIGUOUS'>>(
    () => host.call('twin', 'Echo', new Uint8Array()),
    { code: 'ERR_ACTOR_AMBIGUOUS' },
  )

  t.deepEqual(error.detail, { actor: 'twin', candidates: ids })
})

test('checkHealth - asks in the actor’s own dialect, and tells', async (t) => {
  await using host = new TestHost()
  const { id } = await host.startActor(await buildActor('echo'))

  t.deepEqual(await host.checkHealth(id), { healthy: true, message: '' })
  t.deepEqual(await host.checkHealth(id, { signal: AbortSignal.abort() }), {
    healthy: false,
    message: 'the caller gave the call up',
  })

  t.deepEqual(
    host.events.filter(({ type }) => type.startsWith('health')).map(({ type }) => type),
    ['health_check_passed', 'health_check_failed'],
  )
})

test('stopActor - lets a call in flight end, refuses later ones, and closes the links', async (t) => {
  const answer = Promise.withResolvers<{ value: number }>()
  const called = Promise.withResolvers<void>()
  const provider = counterProvider({
    operations: {
      Add: () => {
        called.resolve()
        return answer.promise
      },
    },
  })
  await using host = new TestHost({ providers: [provider] })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.link({ actor: id, contractId: 'wascc:keyvalue' })

  const inFlight = host.callJson(id, 'HandleRequest', { path: '/visits' })
  await called.promise
  const stopped = host.stopActor(id)
  answer.resolve({ value: 7 })

  t.like(await inFlight, { statusCode: 200, body: '{"counter":7}' })
  await stopped
  await t.throwsAsync(() => host.call(id, 'HandleRequest', new Uint8Array()), {
    code: 'ERR_ACTOR_NOT_FOUND',
  })
  t.deepEqual(provider.closed, [id])
  t.is(host.inventory().actors.length, 0)
})

test('stop - is done twice as well as once, and takes no more work', async (t) => {
  const host = new TestHost()
  await host.startActor(await buildActor('ponger'))

  await Promise.all([host.stop(), host.stop()])
  await host[Symbol.asyncDispose]()

  t.is(host.eventsOf('host_stopped').length, 1)
  await t.throwsAsync(() => host.addProvider(counterProvider()), { code: 'ERR_HOST_STOPPING' })
})

test('onEvent - goes on when a listener throws, and stops when told to', async (t) => {
  await using host = new TestHost()
  const seen: string[] = []
  host.onEvent(() => {
    throw new Error('a listener of poor quality')
  })
  const stopListening = host.onEvent(({ type }) => seen.push(type))

  await host.addProvider(counterProvider())
  stopListening()
  await host.addProvider(counterProvider({ name: 'second' }))

  t.deepEqual(seen, ['provider_started'])
})

test('inventory - lists what runs', async (t) => {
  await using host = new TestHost({ labels: { zone: 'a' }, providers: [counterProvider()] })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.link({ actor: id, contractId: 'wascc:keyvalue', values: { URL: 'x' } })

  const inventory = host.inventory()

  t.regex(inventory.host, /^N[A-Z2-7]{55}$/)
  t.deepEqual(inventory.labels, { zone: 'a' })
  const [provider] = inventory.providers
  t.regex(provider?.id ?? '', /^V[A-Z2-7]{55}$/)
  t.is(host.inventory().providers[0]?.id, provider?.id)
  t.deepEqual(inventory.providers, [
    {
      id: provider?.id ?? '',
      name: 'counter',
      summary: 'counts, for tests',
      contractId: 'wascc:keyvalue',
    },
  ])
  t.deepEqual(inventory.actors[0]?.links, [
    {
      contractId: 'wascc:keyvalue',
      linkName: 'default',
      provider: 'counter',
      info: { name: 'default' },
    },
  ])
  t.deepEqual(inventory.linkDefinitions, [
    { actor: id, contractId: 'wascc:keyvalue', values: { URL: 'x' } },
  ])
})

test('host - serves an actor while one loops for ever and one grows its memory without end', async (t) => {
  await using host = new TestHost()
  // More than the test takes on any machine.
  const limits = { cpuMs: 600_000, timeoutMs: 600_000 }
  const { id: hog } = await host.startActor(await buildActor('hog'), { limits })
  const { id: bomb } = await host.startActor(await buildActor('bomb'), { limits })
  const { id: echo } = await host.startActor(await buildActor('echo'), { limits })
  const stop = new AbortController()

  // It would have any other code, had it ended before it is told to.
  const looped = t.throwsAsync(
    () => host.call(hog, 'Loop', new Uint8Array(), { signal: stop.signal }),
    { instanceOf: EngineError, code: 'ERR_INVOCATION_ABORTED' },
  )
  const grown = t.throwsAsync(() => host.callJson(bomb, 'Grow'), {
    code: 'ERR_GUEST_ERROR',
    message: /no more memory after 1024 pages/,
  })
  for (let answered = 0; answered < 100; answered++) {
    t.like(await host.callJson(echo, 'HandleRequest', { path: '/' }), { statusCode: 200 })
    await new Promise(setImmediate)
  }
  await grown
  stop.abort()
  await looped
  t.like(await host.callJson(hog, 'HandleRequest', { path: '/' }), { statusCode: 200 })
})

test('host - ends an actor that loops for ever once its CPU budget is spent', async (t) => {
  await using host = new TestHost()
  const { id } = await host.startActor(await buildActor('hog'), {
    limits: { cpuMs: 300, timeoutMs: 600_000 },
  })

  const spent = await t.throwsAsync<EngineError<'ERR_CPU_BUDGET'>>(
    () => host.callJson(id, 'Loop'),
    { instanceOf: EngineError, code: 'ERR_CPU_BUDGET' },
  )

  t.deepEqual(spent.detail, { cpuMs: 300 })
  t.like(await host.callJson(id, 'HandleRequest', { path: '/' }), { statusCode: 200 })
})
