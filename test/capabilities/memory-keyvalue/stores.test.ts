/** Whose data it is, how much there may be, and for how long. */
import test from 'ava'
import { memoryKeyValueProvider } from '../../../capabilities/memory-keyvalue/index.ts'
import { linkProvider, valueProblems } from '../support/linked-provider.ts'

const forever = { expiresSeconds: 0 }

test('STORE - is shared by the links that name it, and by no other', async (t) => {
  const provider = memoryKeyValueProvider()
  const values = { STORE: 'cart' }
  await using one = await linkProvider(provider, { actor: 'MA', values })
  await using two = await linkProvider(provider, { actor: 'MB', linkName: 'x', values })
  await using other = await linkProvider(provider, { actor: 'MA', values: { STORE: 'cart2' } })
  await using own = await linkProvider(provider, { actor: 'cart', linkName: 'cart' })
  await one.ask('Set', { key: 'a', value: 'one', ...forever })
  t.deepEqual(await two.ask('Get', { key: 'a' }), { value: 'one', exists: true })
  t.false((await other.ask('Get', { key: 'a' })).exists)
  t.false((await own.ask('Get', { key: 'a' })).exists)
  t.deepEqual(one.info, { store: 'cart' })
  t.is(own.info, undefined)
})

test('data - outlasts the link, not the provider', async (t) => {
  const provider = memoryKeyValueProvider()
  {
    await using before = await linkProvider(provider)
    await before.ask('Set', { key: 'a', value: 'one', ...forever })
  }
  await using after = await linkProvider(provider)
  t.true((await after.ask('Get', { key: 'a' })).exists)
  await using fresh = await linkProvider(memoryKeyValueProvider())
  t.false((await fresh.ask('Get', { key: 'a' })).exists)
})

test('data - stays with a link that is opened anew before the old one closes', async (t) => {
  const provider = memoryKeyValueProvider()
  const before = await linkProvider(provider)
  await using after = await linkProvider(provider, { values: { MAX_KEYS: '7' } })
  await before[Symbol.asyncDispose]()
  await after.ask('Set', { key: 'a', value: 'one', ...forever })
  await using third = await linkProvider(provider)
  t.true((await third.ask('Get', { key: 'a' })).exists)
})

test('expires - hides a key on time, for every operation', async (t) => {
  let now = 1000
  await using link = await linkProvider(memoryKeyValueProvider({ now: () => now }))
  await link.ask('Set', { key: 'a', value: '1', expiresSeconds: 2 })
  now = 2999
  t.true((await link.ask('KeyExists', { key: 'a' })).exists)
  now = 3000
  t.false((await link.ask('KeyExists', { key: 'a' })).exists)
  t.deepEqual(await link.ask('Push', { key: 'a', value: 'x', end: 'head' }), { newCount: 1 })
})

test('expires - is kept by Add, and given up by Set and Del', async (t) => {
  let now = 0
  await using link = await linkProvider(memoryKeyValueProvider({ now: () => now }))
  for (const key of ['add', 'set', 'del', 'less']) {
    await link.ask('Set', { key, value: '1', expiresSeconds: 1 })
  }
  await link.ask('Add', { key: 'add', value: 1 })
  await link.ask('Set', { key: 'set', value: '2', ...forever })
  await link.ask('Del', { key: 'del' })
  await link.ask('Add', { key: 'del', value: 1 })
  await link.ask('Set', { key: 'less', value: '2', expiresSeconds: -1 })
  now = 1000
  t.false((await link.ask('Get', { key: 'add' })).exists)
  t.true((await link.ask('Get', { key: 'set' })).exists)
  t.true((await link.ask('Get', { key: 'del' })).exists)
  t.true((await link.ask('Get', { key: 'less' })).exists)
})

test('expires - makes room in a full store, in whatever order keys are due', async (t) => {
  let now = 0
  const provider = memoryKeyValueProvider({ now: () => now })
  await using link = await linkProvider(provider, { values: { MAX_KEYS: '100' } })
  const seconds = Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) + 1)
  for (const expiresSeconds of seconds) {
    await link.ask('Set', { key: `k${expiresSeconds}`, value: 'x', expiresSeconds })
  }
  const add = async (key: string) => link.ask('Set', { key, value: 'x', ...forever })
  await t.throwsAsync(add('n'), { code: 'ERR_STORE_LIMIT' })
  now = 50_000
  for (let index = 0; index < 50; index++) await add(`n${index}`)
  await t.throwsAsync(add('n50'), { code: 'ERR_STORE_LIMIT' })
  t.false((await link.ask('Get', { key: 'k50' })).exists)
  t.true((await link.ask('Get', { key: 'k51' })).exists)
})

test('expires - makes room for a value as large as all that is due', async (t) => {
  let now = 0
  const provider = memoryKeyValueProvider({ now: () => now })
  await using link = await linkProvider(provider, { values: { MAX_BYTES: '10000' } })
  for (let index = 0; index < 100; index++) {
    await link.ask('Set', { key: `k${index}`, value: 'x'.repeat(30), expiresSeconds: 1 })
  }
  const large = { key: 'large', value: 'x'.repeat(9931), ...forever }
  await t.throwsAsync(async () => link.ask('Set', large), { code: 'ERR_STORE_LIMIT' })
  now = 1000
  await link.ask('Set', large)
  t.true((await link.ask('KeyExists', { key: 'large' })).exists)
})

test('expires - hides more keys than one call forgets', async (t) => {
  let now = 0
  await using link = await linkProvider(memoryKeyValueProvider({ now: () => now }))
  const keys = Array.from({ length: 100 }, (_, index) => `k${index}`)
  for (const key of keys) await link.ask('Set', { key, value: 'x', expiresSeconds: 1 })
  now = 1000
  for (const key of [...keys.slice(50), ...keys])
    t.false((await link.ask('KeyExists', { key })).exists)
})

test('expires - set again and again, is remembered as it was set last', async (t) => {
  let now = 0
  const provider = memoryKeyValueProvider({ now: () => now })
  await using link = await linkProvider(provider, { values: { MAX_KEYS: '3' } })
  await link.ask('Set', { key: 'once', value: 'x', expiresSeconds: 500 })
  for (let round = 0; round < 1000; round++) {
    await link.ask('Set', { key: 'a', value: 'x', expiresSeconds: 1000 - round })
    await link.ask('Set', { key: 'b', value: 'x', expiresSeconds: 1 + round })
  }
  now = 999_999
  t.false((await link.ask('Get', { key: 'a' })).exists)
  t.true((await link.ask('Get', { key: 'b' })).exists)
  now = 1_000_000
  for (const key of ['c', 'd', 'e']) await link.ask('Set', { key, value: 'x', ...forever })
  t.true((await link.ask('Get', { key: 'e' })).exists)
})

test('MAX_KEYS - bounds new keys of every kind, not changes of present ones', async (t) => {
  await using link = await linkProvider(memoryKeyValueProvider(), { values: { MAX_KEYS: '3' } })
  await link.ask('Set', { key: 'text', value: 'x', ...forever })
  await link.ask('Push', { key: 'list', value: 'x', end: 'head' })
  await link.ask('SetAdd', { key: 'set', value: 'x' })
  const expected = { code: 'ERR_STORE_LIMIT', message: /MAX_KEYS/ }
  const detail = { limit: 'MAX_KEYS', wanted: 4, allowed: 3 }
  for (const add of [
    async () => link.ask('Set', { key: 'new', value: 'x', ...forever }),
    async () => link.ask('Add', { key: 'new', value: 1 }),
    async () => link.ask('Push', { key: 'new', value: 'x', end: 'head' }),
    async () => link.ask('SetAdd', { key: 'new', value: 'x' }),
  ]) {
    t.like(await t.throwsAsync(add, expected), { detail })
  }
  t.false((await link.ask('KeyExists', { key: 'new' })).exists)
  await link.ask('Set', { key: 'text', value: 'y', ...forever })
  await link.ask('Push', { key: 'list', value: 'y', end: 'head' })
  await link.ask('Del', { key: 'set' })
  await link.ask('Set', { key: 'new', value: 'x', ...forever })
  t.true((await link.ask('KeyExists', { key: 'new' })).exists)
})

test('MAX_BYTES - counts keys and items in UTF-8, and gives back what is deleted', async (t) => {
  const provider = memoryKeyValueProvider()
  await using link = await linkProvider(provider, { values: { MAX_BYTES: '1024' } })
  // 64 + 1 for the key, 64 + 3 for each item: 14 of them fit.
  const push = async () => link.ask('Push', { key: 'l', value: '€', end: 'tail' })
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 14; index++) await push()
    const error = await t.throwsAsync(push, { code: 'ERR_STORE_LIMIT', message: /MAX_BYTES/ })
    t.like(error, { detail: { limit: 'MAX_BYTES', wanted: 65 + 15 * 67, allowed: 1024 } })
    t.is((await link.ask('Range', { key: 'l', start: 0, stop: -1 })).values.length, 14)
    if (round === 0) await link.ask('ListItemDelete', { key: 'l', value: '€', items: 'all' })
  }
  await link.ask('Clear', { key: 'l' })
  for (const size of [900, 10, 958]) {
    await link.ask('Set', { key: 'tt', value: 'x'.repeat(size), ...forever })
  }
  await t.throwsAsync(
    async () => link.ask('Set', { key: 'tt', value: 'x'.repeat(959), ...forever }),
    { code: 'ERR_STORE_LIMIT' },
  )
})

test('limits - lowered below what there is, still let a store be emptied', async (t) => {
  const provider = memoryKeyValueProvider()
  await using wide = await linkProvider(provider)
  await wide.ask('Set', { key: 'a', value: 'x'.repeat(5000), ...forever })
  await wide.ask('Set', { key: 'b', value: 'x', ...forever })
  const values = { MAX_BYTES: '1024', MAX_KEYS: '1' }
  await using narrow = await linkProvider(provider, { values })
  await narrow.ask('Set', { key: 'b', value: '', ...forever })
  await narrow.ask('Set', { key: 'a', value: 'x'.repeat(4000), ...forever })
  await t.throwsAsync(async () => narrow.ask('SetAdd', { key: 's', value: 'x' }), {
    code: 'ERR_STORE_LIMIT',
  })
  await narrow.ask('Del', { key: 'a' })
  await narrow.ask('Set', { key: 'b', value: 'longer', ...forever })
  await narrow.ask('Del', { key: 'b' })
  t.deepEqual(await narrow.ask('SetAdd', { key: 's', value: 'x' }), { newCount: 1 })
})

test('sets - named over and over in one request are looked at once', async (t) => {
  await using link = await linkProvider(memoryKeyValueProvider())
  for (let item = 0; item < 10_000; item++) {
    await link.ask('SetAdd', { key: 's', value: String(item) })
  }
  const keys = new Array<string>(100_000).fill('s')
  t.is((await link.ask('SetUnion', { keys })).values.length, 10_000)
  t.is((await link.ask('SetIntersection', { keys })).values.length, 10_000)
})

test('errors - show a hostile key escaped and cut', async (t) => {
  await using link = await linkProvider(memoryKeyValueProvider())
  const key = `\u001b[2J\n${'k'.repeat(1000)}`
  await link.ask('SetAdd', { key, value: 'x' })
  const error = await t.throwsAsync(async () => link.ask('Get', { key }))
  t.regex(error.message, /^key "\\x1b\[2J\\x0ak+ \[cut, 1005 bytes in all\]" holds a set, not text/)
})

test('link values - are refused by name, with what would do', async (t) => {
  const problems = (values: unknown) => valueProblems(memoryKeyValueProvider(), values)
  t.deepEqual(await problems({ MAX_KEYS: '0', MAX_BYTES: '1MB', STORE: 'a b' }), [
    'STORE: "a b" is not a store\'s name: 1 to 64 letters, digits, ".", "_" and "-"',
    'MAX_KEYS: "0" is not a whole number from 1 to 10000000 (keys)',
    'MAX_BYTES: "1MB" is not a whole number from 1024 to 1073741824 (bytes)',
  ])
  t.deepEqual(await problems({ MAXKEYS: '5' }), [
    'MAXKEYS: unknown key "MAXKEYS"; there are STORE, MAX_KEYS, MAX_BYTES, MAX_VALUE_BYTES, URL, PREFIX, TLS_CA_FILE, TLS_CERT_FILE, TLS_KEY_FILE, TLS_SERVER_NAME, FILE, SYNCHRONOUS',
  ])
  t.is((await problems({ constructor: 'x' })).length, 1)
  t.deepEqual(await problems({ URL: 'redis://elsewhere', MAX_KEYS: '5' }), [])
})

test('link values - of other providers are said to have no effect, and not repeated', async (t) => {
  const provider = memoryKeyValueProvider()
  await using one = await linkProvider(provider, {
    values: { URL: 'redis://user:secret@elsewhere' },
  })
  t.deepEqual(one.log, [
    { level: 'info', message: 'URL has no effect: this store is in memory', facts: {} },
  ])
  await using two = await linkProvider(provider, { values: { PREFIX: 'a', TLS_CA_FILE: 'b' } })
  t.is(two.log[0]?.message, 'PREFIX, TLS_CA_FILE have no effect: this store is in memory')
})
