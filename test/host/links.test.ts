import test from 'ava'
import { extrasProvider } from '../../capabilities/index.ts'
import { HostError } from '../../host/index.ts'
import { buildActor, signFixture } from '../support/actors.ts'
import { counterProvider, TestHost } from '../support/test-host.ts'

const keyvalueId = 'wascc:keyvalue'
const visit = { path: '/visits' }

test('link - serves the contract to the actor', async (t) => {
  await using host = new TestHost({ providers: [counterProvider()] })
  const { id } = await host.startActor(await buildActor('kvcounter'))

  const link = await host.link({ actor: id, contractId: keyvalueId })

  t.deepEqual(link, {
    contractId: keyvalueId,
    linkName: 'default',
    provider: 'counter',
    info: { name: 'default' },
  })
  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":1}' })
})

test('link - without one, a contract that is claimed is refused by name', async (t) => {
  await using host = new TestHost({ providers: [counterProvider()] })
  const { id } = await host.startActor(await buildActor('kvcounter'))

  const error = await t.throwsAsync<HostError<'ERR_NOT_LINKED'>>(
    () => host.callJson(id, 'HandleRequest', visit),
    { instanceOf: HostError, code: 'ERR_NOT_LINKED' },
  )

  t.deepEqual(error.detail, {
    actor: id,
    contractId: keyvalueId,
    linkName: 'default',
    operation: 'Add',
  })
})

test('link - a contract that is not claimed can neither be linked nor called', async (t) => {
  await using host = new TestHost({ providers: [counterProvider()] })
  const wasm = await signFixture(await buildActor('kvcounter'), {
    contracts: ['wascc:http_server'],
  })
  const { id } = await host.startActor(wasm)

  await t.throwsAsync(() => host.link({ actor: id, contractId: keyvalueId }), {
    code: 'ERR_CAPABILITY_DENIED',
  })
  const error = await t.throwsAsync<HostError<'ERR_CAPABILITY_DENIED'>>(
    () => host.callJson(id, 'HandleRequest', visit),
    { instanceOf: HostError, code: 'ERR_CAPABILITY_DENIED' },
  )

  t.deepEqual(error.detail, { actor: id, contractId: keyvalueId, operation: 'Add' })
  t.like(host.eventsOf('capability_denied')[0], { actor: id, contractId: keyvalueId })
})

test('link - what claims call by another generation’s id is the same contract', async (t) => {
  await using host = new TestHost({ providers: [counterProvider()] })
  const { id } = await host.startActor(await buildActor('kvcounter'))

  await host.link({ actor: id, contractId: 'wasmcloud:keyvalue' })

  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":1}' })
})

test('link - is refused by a policy that does not offer the contract', async (t) => {
  await using host = new TestHost({
    providers: [counterProvider()],
    policy: { contracts: ['wascc:http_server'] },
  })
  const { id } = await host.startActor(await buildActor('kvcounter'))

  await t.throwsAsync(() => host.link({ actor: id, contractId: keyvalueId }), {
    code: 'ERR_POLICY_DENIED',
  })
})

test('link - may be stated before the actor runs, and survives it', async (t) => {
  await using host = new TestHost({ providers: [counterProvider()] })
  const wasm = await buildActor('kvcounter')
  const { id } = await host.startActor(wasm)
  await host.stopActor(id)

  t.is(await host.link({ actor: id, contractId: keyvalueId }), undefined)
  for (const counter of [1, 2]) {
    await host.startActor(wasm)
    t.like(await host.callJson(id, 'HandleRequest', visit), { body: `{"counter":${counter}}` })
    await host.stopActor(id)
  }
})

test('link - stated before, it takes precedence over an automatic one', async (t) => {
  const automatic = { ...counterProvider({ name: 'automatic' }), automatic: true }
  await using host = new TestHost({ providers: [automatic, counterProvider({ start: 100 })] })
  const wasm = await buildActor('kvcounter')
  const { id } = await host.startActor(wasm)
  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":1}' })

  await host.link({ actor: id, contractId: keyvalueId, provider: 'counter' })

  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":101}' })
})

test('link - stated again with the same values changes nothing', async (t) => {
  const provider = counterProvider()
  await using host = new TestHost({ providers: [provider] })
  const { id } = await host.startActor(await buildActor('kvcounter'))

  await host.link({ actor: id, contractId: keyvalueId, values: { A: '1' } })
  await host.link({ actor: id, contractId: keyvalueId, values: { A: '1' } })

  t.is(provider.opened.length, 1)
  t.deepEqual(provider.closed, [])
})

test('link - stated again with other values opens the new one before it closes the old', async (t) => {
  const order: string[] = []
  const provider = counterProvider({
    link: ({ config }) => {
      order.push(`open ${config['A']}`)
    },
  })
  await using host = new TestHost({ providers: [provider] })
  const { id } = await host.startActor(await buildActor('kvcounter'))

  await host.link({ actor: id, contractId: keyvalueId, values: { A: '1' } })
  await host.link({ actor: id, contractId: keyvalueId, values: { A: '2' } })

  t.deepEqual(order, ['open 1', 'open 2'])
  t.deepEqual(provider.closed, [id])
  t.is(host.inventory().actors[0]?.links.length, 1)
})

test('link - a redefinition that fails leaves the live link as it was', async (t) => {
  const provider = counterProvider({
    link: ({ config }) => {
      if (config['A'] === '2') throw new Error('no route to store')
    },
  })
  await using host = new TestHost({ providers: [provider] })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.link({ actor: id, contractId: keyvalueId, values: { A: '1' } })

  const error = await t.throwsAsync<HostError<'ERR_LINK_FAILED'>>(
    () => host.link({ actor: id, contractId: keyvalueId, values: { A: '2' } }),
    { instanceOf: HostError, code: 'ERR_LINK_FAILED' },
  )

  t.deepEqual(error.detail, { provider: 'counter', actor: id, reason: 'no route to store' })
  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":1}' })
  t.deepEqual(host.inventory().linkDefinitions, [
    { actor: id, contractId: keyvalueId, values: { A: '1' } },
  ])
  t.is(host.eventsOf('link_failed')[0]?.reason.message, 'no route to store')
})

test('link - reports every mistake in the values, by key', async (t) => {
  const provider = counterProvider({
    configSchema: {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => ({
          issues: [
            { message: 'unknown key', path: ['URI'] },
            { message: 'is missing', path: [{ key: 'URL' }] },
          ],
        }),
      },
    },
  })
  await using host = new TestHost({ providers: [provider] })
  const { id } = await host.startActor(await buildActor('kvcounter'))

  const error = await t.throwsAsync<HostError<'ERR_LINK_CONFIG'>>(
    () => host.link({ actor: id, contractId: keyvalueId }),
    { instanceOf: HostError, code: 'ERR_LINK_CONFIG' },
  )

  t.deepEqual(error.detail.issues, [
    { key: 'URI', problem: 'unknown key' },
    { key: 'URL', problem: 'is missing' },
  ])
  t.is(provider.opened.length, 0)
})

test('link - names the providers of the contract when it is given another', async (t) => {
  await using host = new TestHost({ providers: [counterProvider(), extrasProvider()] })
  const { id } = await host.startActor(await buildActor('kvcounter'))

  const unknown = await t.throwsAsync<HostError<'ERR_PROVIDER_NOT_FOUND'>>(
    () => host.link({ actor: id, contractId: keyvalueId, provider: 'redis' }),
    { code: 'ERR_PROVIDER_NOT_FOUND' },
  )
  const wrong = await t.throwsAsync<HostError<'ERR_PROVIDER_NOT_FOUND'>>(
    () => host.link({ actor: id, contractId: 'wascc:http_server', provider: 'counter' }),
    { code: 'ERR_PROVIDER_NOT_FOUND' },
  )

  t.deepEqual(unknown.detail, { provider: 'redis', known: ['counter'] })
  t.deepEqual(wrong.detail, { provider: 'counter', known: [] })
})

test('unlink - closes the link and forgets the definition', async (t) => {
  const provider = counterProvider()
  await using host = new TestHost({ providers: [provider] })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.link({ actor: id, contractId: keyvalueId })

  t.true(await host.unlink({ actor: id, contractId: keyvalueId }))
  t.false(await host.unlink({ actor: id, contractId: keyvalueId }))

  t.deepEqual(provider.closed, [id])
  await t.throwsAsync(() => host.callJson(id, 'HandleRequest', visit), { code: 'ERR_NOT_LINKED' })
  t.is(host.eventsOf('linkdef_deleted').length, 1)
})

test('provider - what it throws reaches the caller, with the provider’s name', async (t) => {
  for (const Add of [
    () => {
      throw new Error('disk on fire')
    },
    async () => {
      throw new Error('disk on fire')
    },
  ]) {
    await using host = new TestHost({ providers: [counterProvider({ operations: { Add } })] })
    const { id } = await host.startActor(await buildActor('kvcounter'))
    await host.link({ actor: id, contractId: keyvalueId })

    const error = await t.throwsAsync<HostError<'ERR_PROVIDER_FAILED'>>(
      () => host.callJson(id, 'HandleRequest', visit),
      { instanceOf: HostError, code: 'ERR_PROVIDER_FAILED' },
    )

    t.deepEqual(error.detail, { provider: 'counter', operation: 'Add', reason: 'disk on fire' })
  }
})

test('provider - its call is aborted once the actor’s deadline has passed', async (t) => {
  const signals: AbortSignal[] = []
  const provider = counterProvider({
    operations: {
      Add: (_request, { signal }) => {
        signals.push(signal)
        return new Promise(() => {})
      },
    },
  })
  await using host = new TestHost({ providers: [provider], limits: { timeoutMs: 30 } })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.link({ actor: id, contractId: keyvalueId })

  // On a busy machine the time may be over before the actor gets to ask.
  while (signals.length === 0) {
    await t.throwsAsync(() => host.callJson(id, 'HandleRequest', visit), {
      code: 'ERR_INVOCATION_TIMEOUT',
    })
  }

  t.like(signals[0]?.reason, { code: 'ERR_INVOCATION_TIMEOUT' })
})

test('replaceProvider - turns every link over, and the actor never knows', async (t) => {
  const old = counterProvider()
  const next = counterProvider({ name: 'next', start: 100 })
  await using host = new TestHost({ providers: [old] })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.link({ actor: id, contractId: keyvalueId, values: { A: '1' } })
  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":1}' })

  t.is(await host.replaceProvider('counter', next), 1)

  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":101}' })
  t.deepEqual(next.opened[0]?.config, { A: '1' })
  t.deepEqual(old.closed, [id])
  t.deepEqual(
    host.inventory().providers.map(({ name }) => name),
    ['next'],
  )
})

test('replaceProvider - changes nothing if the new provider cannot take one of the links', async (t) => {
  const old = counterProvider()
  const next = counterProvider({
    name: 'next',
    link: ({ linkName }) => {
      if (linkName === 'second') throw new Error('only one, please')
    },
  })
  await using host = new TestHost({ providers: [old] })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.link({ actor: id, contractId: keyvalueId })
  await host.link({ actor: id, contractId: keyvalueId, linkName: 'second' })

  await t.throwsAsync(() => host.replaceProvider('counter', next), { code: 'ERR_LINK_FAILED' })

  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":1}' })
  t.deepEqual(next.closed, [id])
  t.deepEqual(old.closed, [])
})

test('replaceProvider - lets an operation under way end before the old provider closes', async (t) => {
  const answer = Promise.withResolvers<{ value: number }>()
  const called = Promise.withResolvers<void>()
  const old = counterProvider({
    operations: {
      Add: () => {
        called.resolve()
        return answer.promise
      },
    },
  })
  await using host = new TestHost({ providers: [old] })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.link({ actor: id, contractId: keyvalueId })
  const inFlight = host.callJson(id, 'HandleRequest', visit)
  await called.promise

  const replaced = host.replaceProvider('counter', counterProvider({ name: 'next', start: 100 }))
  const opened = Promise.withResolvers<void>()
  host.onEvent(({ type }) => {
    if (type === 'provider_started') opened.resolve()
  })
  await opened.promise
  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":101}' })
  t.deepEqual(old.closed, [])
  answer.resolve({ value: 5 })

  t.like(await inFlight, { body: '{"counter":5}' })
  await replaced
  t.deepEqual(old.closed, [id])
})

test('link - an automatic one that may not be made keeps no actor from starting or updating', async (t) => {
  const automatic = { ...counterProvider({ name: 'automatic' }), automatic: true }
  await using host = new TestHost({
    providers: [automatic],
    policy: { contracts: ['wascc:http_server'] },
  })

  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.updateActor(await buildActor('kvcounter'), { allowAnyRevision: true })

  t.deepEqual(
    host.inventory().actors.map(({ id: running, links }) => [running, links]),
    [[id, []]],
  )
  t.is(host.eventsOf('actor_update_failed').length, 0)
  const failed = host.eventsOf('link_failed')
  t.is(failed.length, 2)
  t.like(failed[0], {
    actor: id,
    contractId: keyvalueId,
    linkName: 'default',
    provider: 'automatic',
  })
  t.is(failed[0]?.reason.code, 'ERR_POLICY_DENIED')
})

test('link - one that was stated before says why it is not made when its actor starts', async (t) => {
  await using host = new TestHost({ providers: [counterProvider()] })
  const wasm = await signFixture(await buildActor('kvcounter'), {
    name: 'kvcounter',
    contracts: ['wascc:http_server'],
  })
  await host.link({ actor: 'kvcounter', contractId: keyvalueId })
  await host.link({ actor: 'kvcounter', contractId: 'wascc:http_server' })

  const { id } = await host.startActor(wasm)

  t.deepEqual(
    host
      .eventsOf('link_failed')
      .map(({ actor, provider, reason }) => [actor, provider, reason.code]),
    [
      [id, '', 'ERR_CAPABILITY_DENIED'],
      [id, '', 'ERR_PROVIDER_NOT_FOUND'],
    ],
  )
})
