/** Which keys in Redis are whose, what an answer may hold, and what other programs put there. */
import test from 'ava'
import { redisKeyValueProvider } from '../../../capabilities/redis-keyvalue/index.ts'
import { RedisConnections } from '../../../capabilities/redis-connection/index.ts'
import type { LinkContent } from '../../../host/index.ts'
import { startRedis } from '../../support/redis-server.ts'
import { linkProvider, valueProblems } from '../support/linked-provider.ts'
import { redisConfig, redisTerms, within } from '../support/redis-link.ts'

const set = (key: string, value: string) => ({ key, value, expiresSeconds: 0 })

/** A server with a link's values for it, and commands sent past the provider. */
async function served() {
  await using opened = new AsyncDisposableStack()
  const redis = opened.use(await startRedis())
  const held = opened.use(await new RedisConnections().hold(redisConfig(redis.url), redisTerms()))
  const owned = opened.move()
  return {
    URL: redis.url,
    run: (name: string, ...args: string[]) => held.connection.run(name, args, within(5000)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

test('keys - begin with actor and link, in one slot of a cluster', async (t) => {
  await using at = await served()
  const values = { URL: at.URL }
  const provider = redisKeyValueProvider()
  await using link = await linkProvider(provider, { values, actor: 'MA', linkName: 'a}:{b' })
  await link.ask('Set', set('{k}', 'x'))
  t.deepEqual(await at.run('keys', '*'), ['wash-ts:{MA:a%7D%3A%7Bb}:{k}'])
  t.deepEqual(link.info, {
    server: `Redis ${new URL(at.URL).host}`,
    prefix: 'wash-ts:{MA:a%7D%3A%7Bb}:',
  })
})

test('PREFIX - shares keys with links and programs that use it, empty with all', async (t) => {
  await using at = await served()
  const provider = redisKeyValueProvider()
  const link = (PREFIX: string, actor: string) =>
    linkProvider(provider, { values: { URL: at.URL, PREFIX }, actor })
  await using one = await link('cart:', 'MA')
  await using two = await link('cart:', 'MB')
  await using bare = await link('', 'MA')
  await at.run('set', 'cart:a', 'from elsewhere')
  t.deepEqual(await one.ask('Get', { key: 'a' }), { value: 'from elsewhere', exists: true })
  await one.ask('Add', { key: 'n', value: 5 })
  t.deepEqual(await two.ask('Add', { key: 'n', value: 1 }), { value: 6 })
  t.deepEqual(await bare.ask('Get', { key: 'cart:n' }), { value: '6', exists: true })
  await bare.ask('Push', { key: 'list', value: 'x', end: 'head' })
  t.deepEqual(await at.run('lrange', 'list', '0', '-1'), ['x'])
  const keys: string[] = []
  const content = one.content as LinkContent
  for await (const key of content.keys(new AbortController().signal)) keys.push(key)
  t.deepEqual(keys.sort(), ['a', 'n'])
})

test('keys - of kinds that no actor makes are told apart', async (t) => {
  await using at = await served()
  const values = { URL: at.URL, PREFIX: '' }
  await using link = await linkProvider(redisKeyValueProvider(), { values })
  await at.run('hset', 'h', 'field', 'x')
  for (const check of [
    async () => link.ask('Get', { key: 'h' }),
    async () => link.ask('Add', { key: 'h', value: 1 }),
    async () => link.ask('SetUnion', { keys: ['none', 'h'] }),
  ]) {
    const error = await t.throwsAsync(check, { code: 'ERR_KEY_TYPE' })
    t.like(error, { detail: { key: 'h', holds: 'other' } })
  }
  await t.throwsAsync(
    async () => (link.content as LinkContent).read('h', new AbortController().signal),
    { code: 'ERR_KEY_TYPE' },
  )
  t.deepEqual(await link.ask('Del', { key: 'h' }), { key: 'h', deleted: true })
})

test('Add - refuses numbers beyond 64 bits as what they are, and changes none', async (t) => {
  await using at = await served()
  const values = { URL: at.URL, PREFIX: '' }
  await using link = await linkProvider(redisKeyValueProvider(), { values })
  for (const [start, value, code] of [
    ['9223372036854775807', 1, 'ERR_INTEGER_OVERFLOW'],
    ['9223372036854775806', 1, 'ERR_INTEGER_OVERFLOW'],
    ['-9223372036854775808', -(2 ** 31), 'ERR_INTEGER_OVERFLOW'],
    ['9223372036854775808', 1, 'ERR_NOT_AN_INTEGER'],
  ] as const) {
    await at.run('set', 'n', start)
    await t.throwsAsync(async () => link.ask('Add', { key: 'n', value }), { code })
    t.is(await at.run('get', 'n'), start)
  }
  await at.run('set', 'n', '2147483600', 'EX', '100')
  await t.throwsAsync(async () => link.ask('Add', { key: 'n', value: 100 }), {
    code: 'ERR_INTEGER_OVERFLOW',
  })
  t.true(Number(await at.run('ttl', 'n')) > 90)
})

test('writes - a server without memory, and a replica, refuse them all, and serve reads', async (t) => {
  await using at = await served()
  await using link = await linkProvider(redisKeyValueProvider(), { values: { URL: at.URL } })
  await link.ask('Set', set('n', '5'))
  await link.ask('Push', { key: 'l', value: 'x', end: 'head' })
  const refusals = async (message: RegExp): Promise<void> => {
    for (const write of [
      async () => link.ask('Set', set('n', '6')),
      async () => link.ask('Add', { key: 'n', value: 1 }),
      async () => link.ask('Push', { key: 'l', value: 'x', end: 'head' }),
      async () => link.ask('SetAdd', { key: 's', value: 'x' }),
    ]) {
      await t.throwsAsync(write, { code: 'ERR_SERVER_REFUSED', message })
    }
    t.deepEqual(await link.ask('Get', { key: 'n' }), { value: '5', exists: true })
    t.deepEqual(await link.ask('Range', { key: 'l', start: 0, stop: -1 }), { values: ['x'] })
  }
  await at.run('config', 'set', 'maxmemory', '1')
  await refusals(/OOM/)
  await at.run('config', 'set', 'maxmemory', '0')
  await at.run('replicaof', '127.0.0.1', '1')
  await refusals(/READONLY/)
})

test('Range, sets - give no more than 64 MiB', async (t) => {
  await using at = await served()
  const values = { URL: at.URL }
  await using link = await linkProvider(redisKeyValueProvider(), { values })
  const most = 2 ** 20
  for (let item = 0; item < 70; item++) {
    const value = String(item).padEnd(most, 'x')
    await link.ask('Push', { key: 'l', value, end: 'tail' })
    await link.ask('SetAdd', { key: 's', value })
  }
  for (const check of [
    async () => link.ask('Range', { key: 'l', start: 0, stop: -1 }),
    async () => link.ask('Range', { key: 'l', start: 0, stop: 100 }),
    async () => link.ask('SetQuery', { key: 's' }),
    async () => link.ask('SetIntersection', { keys: ['s', 's'] }),
  ]) {
    const error = await t.throwsAsync(check, { code: 'ERR_STORE_LIMIT' })
    t.like(error, { detail: { limit: 'ANSWER_BYTES', allowed: 64 * most } })
  }
  t.is((await link.ask('Range', { key: 'l', start: -3, stop: -1 })).values.length, 3)
})

test('scripts - are sent again to a server that has forgotten them', async (t) => {
  await using at = await served()
  const values = { URL: at.URL }
  await using link = await linkProvider(redisKeyValueProvider(), { values })
  t.deepEqual(await link.ask('Add', { key: 'n', value: 1 }), { value: 1 })
  await at.run('script', 'flush')
  const sums = await Promise.all(
    Array.from({ length: 10 }, async () => link.ask('Add', { key: 'n', value: 1 })),
  )
  t.deepEqual(
    sums.map(({ value }) => value).sort((a, b) => a - b),
    [2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  )
})

test('link - is refused without a server, and says what to do without the password', async (t) => {
  const values = { URL: 'redis://ann:swordfish@127.0.0.1:1' }
  const error = await t.throwsAsync(linkProvider(redisKeyValueProvider(), { values }), {
    code: 'ERR_SERVER_UNAVAILABLE',
    message: /127\.0\.0\.1:1 .*start it, or correct URL in the link/,
  })
  t.notRegex(JSON.stringify([error.message, error]), /swordfish/)
})

test('link values - are refused by name, with what would do', async (t) => {
  const problems = (values: unknown) => valueProblems(redisKeyValueProvider(), values)
  t.deepEqual(await problems({}), [])
  t.regex(
    (await problems({ URL: 'http://u:secret@a' })).join(),
    /^URL: is no Redis URL \(not shown/,
  )
  t.deepEqual(await problems({ TLS_CA_FILE: 'a', URL: 'redis://a' }), [
    'TLS_CA_FILE: has no effect without TLS; write URL with rediss://',
  ])
  t.deepEqual(await problems({ TLS_KEY_FILE: 'a', URL: 'rediss://a' }), [
    'TLS_CERT_FILE: is missing; it goes with TLS_KEY_FILE',
  ])
  t.deepEqual(await problems({ MAX_VALUE_BYTES: '0', PREFIX: 'a\0' }), [
    'PREFIX: is longer than 256 characters, or has some that nobody sees',
    'MAX_VALUE_BYTES: "0" is not a whole number from 1 to 536870912 (bytes)',
  ])
  t.is((await problems({ STORE: 'a' })).length, 1)
})
