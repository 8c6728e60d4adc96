/** How much there may be in a store, for how long, and what becomes of what is gone. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import test from 'ava'
import { fileKeyValueProvider } from '../../../capabilities/file-keyvalue/index.ts'
import { temporaryFolder } from '../../support/service.ts'
import { linkProvider } from '../support/linked-provider.ts'

const set = (key: string, value: string, expiresSeconds = 0) => ({ key, value, expiresSeconds })

async function linked(values: Readonly<Record<string, string>> = {}) {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(await temporaryFolder())
  const clock = { now: 1_000_000 }
  const FILE = join(folder.path, 'store.db')
  const link = opened.use(
    await linkProvider(fileKeyValueProvider({ now: () => clock.now }), {
      values: { FILE, ...values },
    }),
  )
  const owned = opened.move()
  return { ask: link.ask, clock, FILE, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Rows that are left in the file. */
function rows(file: string, table: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count']
  } finally {
    database.close()
  }
}

test('MAX_KEYS, MAX_BYTES - bound a store, and give back what is deleted', async (t) => {
  await using at = await linked({ MAX_KEYS: '3', MAX_BYTES: '1024' })
  await at.ask('Set', set('a', 'x'))
  await at.ask('Push', { key: 'l', value: 'x', end: 'head' })
  await at.ask('SetAdd', { key: 's', value: 'x' })
  const keys = await t.throwsAsync(async () => at.ask('Set', set('b', 'x')), {
    code: 'ERR_STORE_LIMIT',
  })
  t.like(keys, { detail: { limit: 'MAX_KEYS', wanted: 4, allowed: 3 } })
  // 66 for the text, 130 for each of the others: 698 are left.
  const bytes = await t.throwsAsync(async () => at.ask('Set', set('a', 'x'.repeat(700))), {
    code: 'ERR_STORE_LIMIT',
  })
  t.like(bytes, { detail: { limit: 'MAX_BYTES', wanted: 326 + 699, allowed: 1024 } })
  await at.ask('Set', set('a', 'x'.repeat(699)))
  await at.ask('Del', { key: 'a' })
  await at.ask('ListItemDelete', { key: 'l', value: 'x', items: 'all' })
  await at.ask('Set', set('b', 'x'.repeat(700)))
  await at.ask('Set', set('c', ''))
  t.true((await at.ask('KeyExists', { key: 's' })).exists)
})

test('expires - hides a key on time, kept by Add, given up by Set', async (t) => {
  await using at = await linked()
  for (const key of ['add', 'set', 'list']) await at.ask('Set', set(key, '1', 2))
  await at.ask('Add', { key: 'add', value: 1 })
  await at.ask('Set', set('set', '2'))
  at.clock.now += 1999
  t.deepEqual(await at.ask('Get', { key: 'add' }), { value: '2', exists: true })
  at.clock.now += 1
  t.false((await at.ask('Get', { key: 'add' })).exists)
  t.true((await at.ask('Get', { key: 'set' })).exists)
  t.deepEqual(await at.ask('Push', { key: 'list', value: 'x', end: 'head' }), { newCount: 1 })
})

test('expires - makes room in a full store', async (t) => {
  await using at = await linked({ MAX_KEYS: '100' })
  for (let index = 0; index < 100; index++) await at.ask('Set', set(`k${index}`, 'x', 1 + index))
  await t.throwsAsync(async () => at.ask('Set', set('n', 'x')), { code: 'ERR_STORE_LIMIT' })
  at.clock.now += 50_000
  for (let index = 0; index < 50; index++) await at.ask('Set', set(`n${index}`, 'x'))
  await t.throwsAsync(async () => at.ask('Set', set('n50', 'x')), { code: 'ERR_STORE_LIMIT' })
  t.is(rows(at.FILE, 'entries'), 100)
})

test('file-keyvalue - deletes the items of what is gone bit by bit', async (t) => {
  await using at = await linked()
  for (let index = 0; index < 1500; index++) {
    await at.ask('Push', { key: 'l', value: String(index), end: 'tail' })
    await at.ask('SetAdd', { key: 's', value: String(index) })
  }
  await at.ask('Del', { key: 'l' })
  await at.ask('Set', set('s', 'now text'))
  t.deepEqual(await at.ask('Push', { key: 'l', value: 'x', end: 'tail' }), { newCount: 1 })
  t.deepEqual(await at.ask('Range', { key: 'l', start: 0, stop: -1 }), { values: ['x'] })
  for (let writes = 0; writes < 20; writes++) await at.ask('Set', set('a', 'x'))
  t.is(rows(at.FILE, 'list_items'), 1)
  t.is(rows(at.FILE, 'set_items'), 0)
  t.is(rows(at.FILE, 'leftovers'), 0)
})
