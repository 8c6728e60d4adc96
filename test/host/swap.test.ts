import test from 'ava'
import { keyvalue, keyValueChangedKeys, type KeyValueItem } from '../../contracts/index.ts'
import type { CapabilityProvider, HostError, LinkContent } from '../../host/index.ts'
import { buildActor } from '../support/actors.ts'
import { anyValues, counterProvider, TestHost } from '../support/test-host.ts'

const contractId = 'wascc:keyvalue'
const visit = { path: '/visits' }
const elsewhere = { path: '/elsewhere' }

/** What a test may do as a {@link shelf} is used. */
interface ShelfHooks {
  onAdd?(): void | Promise<void>
  onRead?(key: string): void | Promise<void>
  onWrite?(key: string): void
}

/** A key-value provider of numbers whose content a test can see, and stop at any point. */
function shelf(
  name: string,
  numbers: Map<string, number>,
  hooks: ShelfHooks = {},
): CapabilityProvider & { readonly closed: string[] } {
  const closed: string[] = []
  const content: LinkContent<KeyValueItem> = {
    async *keys() {
      yield* [...numbers.keys()]
    },
    async read(key) {
      const number = numbers.get(key)
      await hooks.onRead?.(key)
      return number === undefined ? undefined : { kind: 'text', text: String(number) }
    },
    async write(key, item) {
      hooks.onWrite?.(key)
      if (item?.kind === 'text') numbers.set(key, Number(item.text))
      else numbers.delete(key)
    },
    changedKeys: keyValueChangedKeys,
  }
  return {
    name,
    summary: 'numbers, for tests',
    contract: keyvalue,
    configSchema: anyValues,
    closed,
    link: () => ({
      operations: {
        Add: async ({ key, value }: { key: string; value: number }) => {
          await hooks.onAdd?.()
          const sum = (numbers.get(key) ?? 0) + value
          numbers.set(key, sum)
          return { value: sum }
        },
      },
      content,
      [Symbol.asyncDispose]: async () => {
        closed.push(name)
      },
    }),
  }
}

async function counting(
  providers: readonly CapabilityProvider[],
  values?: Record<string, string>,
): Promise<{ host: TestHost; id: string }> {
  const host = new TestHost({ providers })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.link({ actor: id, contractId, ...(values && { values }) })
  return { host, id }
}

test('swap - has another registered provider serve the links, with the values they have', async (t) => {
  const old = counterProvider()
  const next = counterProvider({ name: 'next', start: 100 })
  const { host, id } = await counting([old, next], { A: '1' })
  await using _ = host
  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":1}' })

  const report = await host.swap({ contractId, provider: 'next' })

  t.like(report, { links: 1, copied: undefined })
  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":101}' })
  t.deepEqual(next.opened[0]?.config, { A: '1' })
  t.deepEqual(old.closed, [id])
  t.like(host.eventsOf('link_swapped')[0], { provider: 'next', oldProvider: 'counter', actor: id })
  t.like(host.inventory().linkDefinitions[0], { provider: 'next', values: { A: '1' } })
})

test('swap - gives other values where it is told to, and keeps them', async (t) => {
  const next = counterProvider({ name: 'next' })
  const { host } = await counting([counterProvider(), next], { A: '1' })
  await using _ = host

  await host.swap({ contractId: 'wasmcloud:keyvalue', provider: 'next', values: { B: '2' } })
  t.like(await host.swap({ contractId, provider: 'next', values: { B: '2' } }), { links: 0 })
  await host.swap({ contractId, provider: 'counter' })

  t.deepEqual(
    next.opened.map(({ config }) => config),
    [{ B: '2' }],
  )
  t.like(host.inventory().linkDefinitions[0], { provider: 'counter', values: { B: '2' } })
})

test('swap - picks links by name and actor', async (t) => {
  const next = counterProvider({ name: 'next' })
  const { host, id } = await counting([counterProvider(), next])
  await using _ = host
  await host.link({ actor: id, contractId, linkName: 'second' })

  t.like(await host.swap({ contractId, provider: 'next', linkName: 'second', actor: id }), {
    links: 1,
  })

  const providers = host
    .inventory()
    .actors[0]?.links.map(({ linkName, provider }) => [linkName, provider])
  t.deepEqual(providers, [
    ['default', 'counter'],
    ['second', 'next'],
  ])
})

test('swap - reaches the definitions of actors that do not run yet', async (t) => {
  await using host = new TestHost({
    providers: [counterProvider(), counterProvider({ name: 'next' })],
  })
  await host.link({ actor: 'KV counter', contractId })
  t.like(await host.swap({ contractId, provider: 'next' }), { links: 0 })

  const { id, name } = await host.startActor(await buildActor('kvcounter'))
  await host.unlink({ actor: 'KV counter', contractId })
  await host.link({ actor: name, contractId })
  await host.swap({ contractId, provider: 'next', actor: id })
  await host.stopActor(id)
  const { links } = await host.startActor(await buildActor('kvcounter'))

  t.deepEqual(
    links.map(({ provider }) => provider),
    ['next'],
  )
})

test('swap - says what is wrong with what it is to swap', async (t) => {
  const { host } = await counting([counterProvider()])
  await using _ = host
  const swap = (request: Partial<Parameters<TestHost['swap']>[0]>) => () =>
    host.swap({ contractId, provider: 'counter', ...request })

  await t.throwsAsync(swap({ provider: 'redis' }), { code: 'ERR_PROVIDER_NOT_FOUND' })
  await t.throwsAsync(swap({ contractId: 'wascc:messaging' }), {
    code: 'ERR_PROVIDER_NOT_FOUND',
    message: /not wascc:messaging, which no provider of this host serves$/,
  })
  await t.throwsAsync(swap({ linkName: 'other' }), { code: 'ERR_NOTHING_TO_SWAP' })
  await t.throwsAsync(swap({ actor: 'nobody' }), {
    code: 'ERR_NOTHING_TO_SWAP',
    message: /no link of "nobody" for/,
  })
})

test('swap - changes nothing if the new provider cannot take one of the links', async (t) => {
  const old = counterProvider()
  const next = counterProvider({
    name: 'next',
    link: ({ linkName }) => {
      if (linkName === 'second') throw new Error('only one, please')
    },
  })
  const { host, id } = await counting([old, next])
  await using _ = host
  await host.link({ actor: id, contractId, linkName: 'second' })

  await t.throwsAsync(() => host.swap({ contractId, provider: 'next' }), {
    code: 'ERR_LINK_FAILED',
  })

  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":1}' })
  t.deepEqual(next.closed, [id])
  t.deepEqual(old.closed, [])
  t.is(host.inventory().linkDefinitions[0]?.provider, undefined)
})

test('swap - copies what the links keep, in the number of keys it says', async (t) => {
  const from = new Map(Array.from({ length: 1000 }, (_, n) => [`key ${n}`, n]))
  const to = new Map([['only there', 1]])
  const { host } = await counting([shelf('old', from), shelf('next', to)])
  await using _ = host
  const told: number[] = []

  const report = await host.swap(
    { contractId, provider: 'next', copy: true },
    {
      onProgress: ({ copiedKeys, totalKeys }) => {
        told.push(copiedKeys)
        t.is(totalKeys, 1000)
      },
    },
  )

  t.like(report, { links: 1, copied: { keys: 1000, failed: [] } })
  t.deepEqual(to, new Map([['only there', 1], ...from]))
  t.is(told.at(-1), 1000)
  t.true(told.length > 10)
})

test('swap - copies again what calls change while it copies', async (t) => {
  const from = new Map([
    [':visits', 10],
    [':elsewhere', 20],
  ])
  const to = new Map<string, number>()
  const hooks: ShelfHooks = {}
  const { host, id } = await counting([shelf('old', from, hooks), shelf('next', to)])
  await using _ = host
  let changed = false
  hooks.onRead = async () => {
    if (changed) return
    changed = true
    t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":11}' })
    t.like(await host.callJson(id, 'HandleRequest', { path: '/new' }), { body: '{"counter":1}' })
  }

  await host.swap({ contractId, provider: 'next', copy: true })

  t.deepEqual(Object.fromEntries(to), { ':visits': 11, ':elsewhere': 20, ':new': 1 })
  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":12}' })
  t.is(to.get(':visits'), 12)
})

test('swap - waits for calls that were under way when the copy began', async (t) => {
  const from = new Map([[':visits', 10]])
  const to = new Map<string, number>()
  const added = Promise.withResolvers<void>()
  const called = Promise.withResolvers<void>()
  const onAdd = (): Promise<void> => {
    called.resolve()
    return added.promise
  }
  const { host, id } = await counting([shelf('old', from, { onAdd }), shelf('next', to)])
  await using _ = host
  const inFlight = host.callJson(id, 'HandleRequest', visit)
  await called.promise

  const swapped = host.swap({ contractId, provider: 'next', copy: true })
  added.resolve()

  t.like(await inFlight, { body: '{"counter":11}' })
  await swapped
  t.is(to.get(':visits'), 11)
})

test('swap - holds calls for the last of a copy, and lets them go on to the new provider', async (t) => {
  const from = new Map([[':visits', 10]])
  const to = new Map<string, number>()
  const hooks: ShelfHooks = {}
  const { host, id } = await counting([shelf('old', from, hooks), shelf('next', to)])
  await using _ = host
  const calls: Promise<unknown>[] = []
  let reads = 0
  hooks.onRead = async () => {
    reads++
    // The first call makes the key one to be copied again; the second comes while calls are held.
    if (reads === 1) await host.callJson(id, 'HandleRequest', visit)
    if (reads === 2) calls.push(host.callJson(id, 'HandleRequest', visit))
  }

  const { pauseMs } = await host.swap({ contractId, provider: 'next', copy: true })

  t.is(reads, 2)
  t.like(await calls[0], { body: '{"counter":12}' })
  t.is(from.get(':visits'), 11)
  t.is(to.get(':visits'), 12)
  t.true(pauseMs > 0)
})

test('swap - says by its code why a call that was held failed', async (t) => {
  const from = new Map([[':visits', 10]])
  const hooks: ShelfHooks = {}
  const next = shelf('next', new Map())
  const refusing: CapabilityProvider = {
    ...next,
    link: async (context) => ({
      ...(await next.link(context)),
      operations: {
        Add: () => {
          throw new Error('not today')
        },
      },
    }),
  }
  const { host, id } = await counting([shelf('old', from, hooks), refusing])
  await using _ = host
  const calls: Promise<unknown>[] = []
  let reads = 0
  hooks.onRead = async () => {
    reads++
    if (reads === 1) await host.callJson(id, 'HandleRequest', visit)
    if (reads === 2) calls.push(host.callJson(id, 'HandleRequest', visit))
  }

  const swapped = host.swap({ contractId, provider: 'next', copy: true })
  await t.throwsAsync(
    async () => {
      await swapped
      await calls[0]
    },
    { code: 'ERR_PROVIDER_FAILED' },
  )
})

test('swap - tells what it could not copy, and turns over all the same', async (t) => {
  const from = new Map([
    ['good', 1],
    ['bad', 2],
  ])
  const to = new Map<string, number>()
  const onWrite = (key: string): void => {
    if (key === 'bad') throw new Error('too large')
  }
  const { host, id } = await counting([shelf('old', from), shelf('next', to, { onWrite })])
  await using _ = host

  const { copied } = await host.swap({ contractId, provider: 'next', copy: true })

  t.deepEqual(copied, {
    keys: 1,
    failed: [{ actor: id, linkName: 'default', key: 'bad', reason: 'too large' }],
  })
})

test('swap - gives up a copy that fails too often, and the old provider serves on', async (t) => {
  const from = new Map(Array.from({ length: 1000 }, (_, n) => [`key ${n}`, n]))
  const to = new Map<string, number>()
  const onWrite = (): void => {
    throw new Error('disk full')
  }
  const next = shelf('next', to, { onWrite })
  const { host, id } = await counting([shelf('old', from), next])
  await using _ = host

  const error = await t.throwsAsync<HostError<'ERR_COPY_FAILED'>>(
    () => host.swap({ contractId, provider: 'next', copy: true }),
    { code: 'ERR_COPY_FAILED' },
  )

  t.is(error.detail.reason, 'disk full')
  t.true(error.detail.failed < 200)
  t.deepEqual(next.closed, ['next'])
  t.like(await host.callJson(id, 'HandleRequest', elsewhere), { body: '{"counter":1}' })
  t.is(from.get(':elsewhere'), 1)
})

test('swap - refuses a copy where a provider cannot list what it keeps', async (t) => {
  const { host, id } = await counting([counterProvider(), shelf('next', new Map())])
  await using _ = host

  const error = await t.throwsAsync<HostError<'ERR_COPY_UNSUPPORTED'>>(
    () => host.swap({ contractId, provider: 'next', copy: true }),
    { code: 'ERR_COPY_UNSUPPORTED' },
  )

  t.is(error.detail.provider, 'counter')
  t.like(await host.callJson(id, 'HandleRequest', visit), { body: '{"counter":1}' })
})

for (const [title, end] of [
  ['its signal', (abort: AbortController) => abort.abort(new Error('enough'))],
  ['the host stops', (_: AbortController, host: TestHost) => void host.stop()],
] as const) {
  test(`swap - ends a copy once ${title}, with nothing changed`, async (t) => {
    const from = new Map(Array.from({ length: 200 }, (_, n) => [`key ${n}`, n]))
    const abort = new AbortController()
    const hooks: ShelfHooks = {}
    const { host } = await counting([shelf('old', from, hooks), shelf('next', new Map())])
    await using _ = host
    hooks.onRead = () => end(abort, host)

    await t.throwsAsync(() =>
      host.swap({ contractId, provider: 'next', copy: true }, { signal: abort.signal }),
    )

    t.deepEqual(host.eventsOf('link_swapped'), [])
  })
}

test('swap - is remembered when the actor is updated', async (t) => {
  const { host, id } = await counting([counterProvider(), counterProvider({ name: 'next' })])
  await using _ = host
  await host.swap({ contractId, provider: 'next' })

  const { links } = await host.updateActor(await buildActor('kvcounter'), {
    allowAnyRevision: true,
  })

  t.deepEqual(
    links.map(({ provider }) => provider),
    ['next'],
  )
  t.is(host.inventory().actors[0]?.id, id)
})

test('replaceProvider - is remembered when the actor is updated', async (t) => {
  await using host = new TestHost({
    providers: [counterProvider(), counterProvider({ name: 'other' })],
  })
  const { id } = await host.startActor(await buildActor('kvcounter'))
  await host.link({ actor: id, contractId })
  await host.link({ actor: id, contractId, linkName: 'named', provider: 'counter' })
  await host.replaceProvider('counter', counterProvider({ name: 'next' }))

  const { links } = await host.updateActor(await buildActor('kvcounter'), {
    allowAnyRevision: true,
  })

  t.deepEqual(
    links.map(({ provider }) => provider),
    ['next', 'next'],
  )
})

test('removeProvider - forgets one that serves no link, and refuses one that does', async (t) => {
  const { host } = await counting([counterProvider(), counterProvider({ name: 'next' })])
  await using _ = host

  const error = await t.throwsAsync<HostError<'ERR_PROVIDER_IN_USE'>>(
    () => host.removeProvider('counter'),
    { code: 'ERR_PROVIDER_IN_USE' },
  )
  t.deepEqual(error.detail, { provider: 'counter', links: 1 })
  await host.swap({ contractId, provider: 'next' })
  await host.removeProvider('counter')

  t.deepEqual(
    host.inventory().providers.map(({ name }) => name),
    ['next'],
  )
  await t.throwsAsync(() => host.removeProvider('counter'), { code: 'ERR_PROVIDER_NOT_FOUND' })
})
