/** What a swap takes along: from every key-value provider to every other, and to its own kind. */
import { join } from 'node:path'
import test from 'ava'
import { fileKeyValueProvider } from '../../capabilities/file-keyvalue/index.ts'
import { memoryKeyValueProvider } from '../../capabilities/memory-keyvalue/index.ts'
import { redisKeyValueProvider } from '../../capabilities/redis-keyvalue/index.ts'
import type { KeyValueItem, KeyValueToProvider } from '../../contracts/index.ts'
import type { LinkContent } from '../../host/index.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { temporaryFolder } from '../support/service.ts'
import { type LinkedProvider, linkProvider } from './support/linked-provider.ts'

type Linked = LinkedProvider<KeyValueToProvider>

let redis: RedisServer
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let stores = 0

test.before(async () => {
  redis = await startRedis({ config: { databases: '1000', appendfsync: 'no' } })
  folder = await temporaryFolder()
})
test.after.always(async () => {
  await redis[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

/** A link of each kind to an empty store, and another link to the same server or file. */
const kinds: Record<string, () => Promise<[Linked, Linked]>> = {
  memory: async () => {
    const provider = memoryKeyValueProvider()
    return [await linkProvider(provider), await linkProvider(provider, { linkName: 'other' })]
  },
  file: async () => {
    const values = { FILE: join(folder.path, `${++stores}.db`) }
    const provider = fileKeyValueProvider()
    return [
      await linkProvider(provider, { values }),
      await linkProvider(provider, { values, linkName: 'other' }),
    ]
  },
  redis: async () => {
    const values = { URL: `${redis.url}/${++stores}` }
    const provider = redisKeyValueProvider()
    return [
      await linkProvider(provider, { values }),
      await linkProvider(provider, { values, linkName: 'other' }),
    ]
  },
}

const signal = new AbortController().signal
const hour = 3_600_000

function contentOf(link: Linked): LinkContent<KeyValueItem> {
  if (!link.content) throw new Error('the provider lists nothing')
  return link.content as LinkContent<KeyValueItem>
}

async function keysOf(link: Linked): Promise<string[]> {
  const keys: string[] = []
  for await (const key of contentOf(link).keys(signal)) keys.push(key)
  return keys.sort()
}

async function fill({ ask }: Linked): Promise<string[]> {
  const keys = Array.from({ length: 3000 }, (_, index) => `text ${index}`)
  keys.push('', '*', 'a\0b', '{x}', '[a-z]?', '€😀')
  for (const key of keys) await ask('Set', { key, value: `value of ${key}`, expiresSeconds: 0 })
  await ask('Set', { key: 'passing', value: 'soon gone', expiresSeconds: 3600 })
  await ask('Set', { key: 'empty', value: '', expiresSeconds: 0 })
  await ask('Add', { key: 'number', value: -5 })
  for (const value of ['b', 'a', 'b', '']) {
    await ask('Push', { key: 'list', value, end: 'head' })
    await ask('SetAdd', { key: 'set', value })
  }
  return [...keys, 'passing', 'empty', 'number', 'list', 'set'].sort()
}

for (const from of Object.keys(kinds)) {
  for (const to of Object.keys(kinds)) {
    test(`content - of ${from}-keyvalue goes to ${to}-keyvalue, whole`, async (t) => {
      const [source, sourceNeighbour] = await (kinds[from] as (typeof kinds)[string])()
      const [target, targetNeighbour] = await (kinds[to] as (typeof kinds)[string])()
      await using stack = new AsyncDisposableStack()
      for (const link of [source, sourceNeighbour, target, targetNeighbour]) stack.use(link)
      const keys = await fill(source)
      await sourceNeighbour.ask('Set', { key: 'not mine', value: 'x', expiresSeconds: 0 })
      await target.ask('SetAdd', { key: 'list', value: 'in the way' })
      await target.ask('Push', { key: 'number', value: 'in the way', end: 'head' })
      t.deepEqual(await keysOf(source), keys)
      for (const key of keys) {
        await contentOf(target).write(key, await contentOf(source).read(key, signal), signal)
      }
      t.deepEqual(await keysOf(target), keys)
      t.deepEqual(await keysOf(targetNeighbour), [])
      const { ask } = target
      for (const key of ['text 0', 'text 2999', '', 'a\0b', '€😀']) {
        t.deepEqual(await ask('Get', { key }), { value: `value of ${key}`, exists: true })
      }
      t.deepEqual(await ask('Add', { key: 'number', value: 1 }), { value: -4 })
      t.deepEqual(await ask('Get', { key: 'empty' }), { value: '', exists: true })
      const { values } = await ask('Range', { key: 'list', start: 0, stop: -1 })
      t.deepEqual(values, ['', 'b', 'a', 'b'])
      t.deepEqual([...(await ask('SetQuery', { key: 'set' })).values].sort(), ['', 'a', 'b'])
      const passing = await contentOf(target).read('passing', signal)
      t.true((passing?.expiresInMs ?? 0) > hour - 60_000 && (passing?.expiresInMs ?? 0) <= hour)
      t.is((await contentOf(target).read('number', signal))?.expiresInMs, undefined)
    })
  }
}

for (const [kind, open] of Object.entries(kinds)) {
  test(`content - of ${kind}-keyvalue is replaced, removed, and told of what is not there`, async (t) => {
    const [link, neighbour] = await open()
    await using stack = new AsyncDisposableStack()
    for (const each of [link, neighbour]) stack.use(each)
    const content = contentOf(link)
    t.is(await content.read('a', signal), undefined)
    const items: KeyValueItem[] = [
      { kind: 'text', text: 'one', expiresInMs: 100_000 },
      { kind: 'list', items: ['x', 'x', 'y'] },
      { kind: 'set', items: ['x', 'y'], expiresInMs: 100_000 },
      { kind: 'text', text: '' },
    ]
    for (const item of items) {
      await content.write('a', item, signal)
      const { expiresInMs, ...held } = (await content.read('a', signal)) as KeyValueItem
      const { expiresInMs: expected, ...wanted } = item
      t.deepEqual(sortedItems(held), sortedItems(wanted))
      t.is(expiresInMs === undefined, expected === undefined)
    }
    await content.write('a', { kind: 'text', text: 'late', expiresInMs: 0 }, signal)
    t.is(await content.read('a', signal), undefined)
    for (const nothing of [undefined, { kind: 'list', items: [] }] as const) {
      await content.write('a', { kind: 'set', items: ['x'] }, signal)
      await content.write('a', nothing, signal)
      t.is(await content.read('a', signal), undefined)
    }
    t.deepEqual(await keysOf(link), [])
    await content.write('a', { kind: 'text', text: 'one' }, signal)
    t.deepEqual(content.changedKeys('Add', { key: 'a', value: 1 }), ['a'])
    t.deepEqual(content.changedKeys('Get', { key: 'a' }), [])
    const aborted = AbortSignal.abort(new Error('enough'))
    await t.throwsAsync(content.read('a', aborted), { message: 'enough' })
    await t.throwsAsync(content.write('a', undefined, aborted), { message: 'enough' })
    await t.throwsAsync(async () => content.keys(aborted)[Symbol.asyncIterator]().next(), {
      message: 'enough',
    })
  })

  test(`content - of ${kind}-keyvalue holds lists and sets of any length`, async (t) => {
    const [link, neighbour] = await open()
    await using stack = new AsyncDisposableStack()
    for (const each of [link, neighbour]) stack.use(each)
    const items = Array.from({ length: 20_000 }, (_, index) => `item ${index}`)
    for (const kindOfItem of ['list', 'set'] as const) {
      const item = { kind: kindOfItem, items, expiresInMs: 100_000 }
      await contentOf(link).write('a', item, signal)
      const held = await contentOf(link).read('a', signal)
      t.deepEqual(sortedItems(held), sortedItems({ ...item, expiresInMs: held?.expiresInMs }))
      t.true((held?.expiresInMs ?? 0) > 0)
    }
  })
}

/** Sets have no order. */
function sortedItems(item: unknown): unknown {
  const { kind, items } = item as { kind: string; items?: readonly string[] }
  return kind === 'set' ? { ...(item as object), items: [...(items ?? [])].sort() } : item
}
