/** What every key-value provider must do, whatever it keeps its data in. */
import type { TestFn } from 'ava'
import type { KeyValueItem, KeyValueToProvider } from '../../contracts/index.ts'
import type { LinkContent } from '../../host/index.ts'
import type { LinkFacts, LinkedProvider } from './support/linked-provider.ts'

/** A key-value provider under test. */
export interface KeyValueSubject {
  /** Every call opens one link to the same provider; one provider a test. */
  link(facts?: LinkFacts): Promise<LinkedProvider<KeyValueToProvider>>
}

type Ask = LinkedProvider<KeyValueToProvider>['ask']

/** Runs the suite. `open` makes an empty provider for each test. */
export function keyValueContract(test: TestFn, name: string, open: () => KeyValueSubject): void {
  const operation = (title: string, check: (ask: Ask) => Promise<[unknown, unknown][]>): void => {
    test(`${name} - ${title}`, async (t) => {
      await using link = await open().link()
      for (const [actual, expected] of await check(link.ask)) t.deepEqual(actual, expected)
    })
  }
  const refusal = (title: string, code: string, detail: unknown, check: (ask: Ask) => unknown) =>
    test(`${name} - ${title}`, async (t) => {
      await using link = await open().link()
      const error = await t.throwsAsync(async () => check(link.ask), { code })
      t.like(error, { detail: detail as object })
    })

  operation('Get - answers empty text where there is nothing', async (ask) => [
    [await ask('Get', { key: 'a' }), { value: '', exists: false }],
    [await ask('KeyExists', { key: 'a' }), { exists: false }],
  ])
  operation('Set - answers the value, replaces, and tells empty text from none', async (ask) => [
    [await ask('Set', text('a', 'one')), { value: 'one' }],
    [await ask('Set', text('a', '')), { value: '' }],
    [await ask('Get', { key: 'a' }), { value: '', exists: true }],
    [await ask('KeyExists', { key: 'a' }), { exists: true }],
  ])
  operation('Set - replaces a list', async (ask) => {
    await ask('Push', { key: 'a', value: 'x', end: 'tail' })
    await ask('Set', text('a', 'one'))
    return [[await ask('Get', { key: 'a' }), { value: 'one', exists: true }]]
  })
  operation('Add - starts at 0, counts either way, and leaves text behind', async (ask) => [
    [await ask('Add', { key: 'n', value: 5 }), { value: 5 }],
    [await ask('Add', { key: 'n', value: -7 }), { value: -2 }],
    [await ask('Get', { key: 'n' }), { value: '-2', exists: true }],
    [await ask('Add', { key: 'n', value: 2 }), { value: 0 }],
    [await ask('Get', { key: 'n' }), { value: '0', exists: true }],
  ])
  operation('Add - reaches both ends of the 32-bit integers', async (ask) => [
    [await ask('Add', { key: 'n', value: 2 ** 31 - 1 }), { value: 2 ** 31 - 1 }],
    [await ask('Add', { key: 'm', value: -(2 ** 31) }), { value: -(2 ** 31) }],
  ])
  for (const [start, more] of [
    [String(2 ** 31 - 1), 1],
    [String(-(2 ** 31)), -1],
    ['5000000000', 1],
  ] as const) {
    test(`${name} - Add - leaves ${start} alone where ${more} is too many`, async (t) => {
      await using link = await open().link()
      await link.ask('Set', text('n', start))
      await t.throwsAsync(async () => link.ask('Add', { key: 'n', value: more }), {
        code: 'ERR_INTEGER_OVERFLOW',
      })
      t.deepEqual(await link.ask('Get', { key: 'n' }), { value: start, exists: true })
    })
  }
  for (const value of ['', 'x', '1.5', ' 1', '1 ', '+1', '01', '-0', '1e3', '0x10', '٣']) {
    refusal(
      `Add - refuses ${JSON.stringify(value)}`,
      'ERR_NOT_AN_INTEGER',
      { key: 'n' },
      async (ask) => {
        await ask('Set', text('n', value))
        await ask('Add', { key: 'n', value: 1 })
      },
    )
  }
  for (const how of ['Del', 'Clear'] as const) {
    operation(`${how} - deletes whatever the key holds, and says if it did`, async (ask) => {
      await ask('Set', text('a', 'one'))
      await ask('Push', { key: 'l', value: 'x', end: 'head' })
      await ask('SetAdd', { key: 's', value: 'x' })
      return [
        [await ask(how, { key: 'a' }), { key: 'a', deleted: true }],
        [await ask(how, { key: 'l' }), { key: 'l', deleted: true }],
        [await ask(how, { key: 's' }), { key: 's', deleted: true }],
        [await ask(how, { key: 'a' }), { key: 'a', deleted: false }],
        [await ask('Range', { key: 'l', start: 0, stop: -1 }), { values: [] }],
        [await ask('SetQuery', { key: 's' }), { values: [] }],
      ]
    })
  }
  operation('Push - grows a list at the end that it names', async (ask) => [
    [await ask('Push', { key: 'l', value: 'b', end: 'head' }), { newCount: 1 }],
    [await ask('Push', { key: 'l', value: 'c', end: 'tail' }), { newCount: 2 }],
    [await ask('Push', { key: 'l', value: 'a', end: 'head' }), { newCount: 3 }],
    [await ask('Range', { key: 'l', start: 0, stop: -1 }), { values: ['a', 'b', 'c'] }],
  ])
  for (const [start, stop, expected] of [
    [0, 0, 'a'],
    [1, 3, 'bcd'],
    [-2, -1, 'de'],
    [-100, 1, 'ab'],
    [3, 100, 'de'],
    [2, 1, ''],
    [5, 9, ''],
    [0, -6, ''],
    [-(2 ** 31), 2 ** 31 - 1, 'abcde'],
  ] as const) {
    operation(`Range - from ${start} to ${stop} of abcde is "${expected}"`, async (ask) => {
      for (const value of 'cba') await ask('Push', { key: 'l', value, end: 'head' })
      for (const value of 'de') await ask('Push', { key: 'l', value, end: 'tail' })
      return [[await ask('Range', { key: 'l', start, stop }), { values: expected.split('') }]]
    })
  }
  operation('ListItemDelete - removes all that are equal, or the first', async (ask) => {
    for (const value of 'xbxa') await ask('Push', { key: 'l', value, end: 'head' })
    for (const value of 'xcx') await ask('Push', { key: 'l', value, end: 'tail' })
    const all = async () => ask('Range', { key: 'l', start: 0, stop: -1 })
    const remove = async (value: string, items: 'all' | 'first') =>
      ask('ListItemDelete', { key: 'l', value, items })
    return [
      [await all(), { values: 'axbxxcx'.split('') }],
      [await remove('x', 'first'), { newCount: 1 }],
      [await all(), { values: 'abxxcx'.split('') }],
      [await remove('c', 'first'), { newCount: 1 }],
      [await remove('x', 'all'), { newCount: 3 }],
      [await all(), { values: ['a', 'b'] }],
      [await remove('x', 'all'), { newCount: 0 }],
      [await remove('x', 'first'), { newCount: 0 }],
    ]
  })
  operation('ListItemDelete, SetRemove - leave no key once nothing is in it', async (ask) => {
    await ask('Push', { key: 'l', value: 'x', end: 'head' })
    await ask('SetAdd', { key: 's', value: 'x' })
    return [
      [await ask('ListItemDelete', { key: 'l', value: 'x', items: 'all' }), { newCount: 1 }],
      [await ask('SetRemove', { key: 's', value: 'x' }), { newCount: 1 }],
      [await ask('KeyExists', { key: 'l' }), { exists: false }],
      [await ask('KeyExists', { key: 's' }), { exists: false }],
      [await ask('SetAdd', { key: 'l', value: 'x' }), { newCount: 1 }],
    ]
  })
  operation('SetAdd, SetRemove - count what changed', async (ask) => [
    [await ask('SetAdd', { key: 's', value: 'x' }), { newCount: 1 }],
    [await ask('SetAdd', { key: 's', value: 'x' }), { newCount: 0 }],
    [await ask('SetRemove', { key: 's', value: 'y' }), { newCount: 0 }],
    [await ask('SetQuery', { key: 's' }), { values: ['x'] }],
    [await ask('SetRemove', { key: 'none', value: 'y' }), { newCount: 0 }],
  ])
  operation('SetUnion, SetIntersection - take absent keys for empty sets', async (ask) => {
    for (const value of ['a', 'b', 'c']) await ask('SetAdd', { key: '1', value })
    for (const value of ['b', 'c', 'd']) await ask('SetAdd', { key: '2', value })
    const union = async (...keys: string[]) => sorted(await ask('SetUnion', { keys }))
    const common = async (...keys: string[]) => sorted(await ask('SetIntersection', { keys }))
    return [
      [await union('1', '2', '1', 'none'), ['a', 'b', 'c', 'd']],
      [await union(), []],
      [await common('1', '2', '2'), ['b', 'c']],
      [await common('1', 'none'), []],
      [await common(), []],
      [await common('1'), ['a', 'b', 'c']],
    ]
  })
  const onText: [keyof KeyValueToProvider, (ask: Ask) => unknown][] = [
    ['Push', (ask) => ask('Push', { key: 'k', value: 'x', end: 'head' })],
    ['Range', (ask) => ask('Range', { key: 'k', start: 0, stop: -1 })],
    ['ListItemDelete', (ask) => ask('ListItemDelete', { key: 'k', value: 'x', items: 'all' })],
    ['SetAdd', (ask) => ask('SetAdd', { key: 'k', value: 'x' })],
    ['SetRemove', (ask) => ask('SetRemove', { key: 'k', value: 'x' })],
    ['SetQuery', (ask) => ask('SetQuery', { key: 'k' })],
    ['SetUnion', (ask) => ask('SetUnion', { keys: ['none', 'k'] })],
    ['SetIntersection', (ask) => ask('SetIntersection', { keys: ['none', 'k'] })],
  ]
  for (const [what, check] of onText) {
    refusal(`${what} - refuses text`, 'ERR_KEY_TYPE', { key: 'k', holds: 'text' }, async (ask) => {
      await ask('Set', text('k', 'one'))
      await check(ask)
    })
  }
  refusal('Get - refuses a list', 'ERR_KEY_TYPE', { key: 'k', holds: 'list' }, async (ask) => {
    await ask('Push', { key: 'k', value: 'x', end: 'head' })
    await ask('Get', { key: 'k' })
  })
  refusal('Add - refuses a set', 'ERR_KEY_TYPE', { key: 'k', holds: 'set' }, async (ask) => {
    await ask('SetAdd', { key: 'k', value: 'x' })
    await ask('Add', { key: 'k', value: 1 })
  })
  operation('Set - takes keys and values for what they are, byte by byte', async (ask) => {
    const checks: [unknown, unknown][] = []
    for (const [index, key] of oddTexts.entries()) {
      const value = oddTexts[oddTexts.length - 1 - index] as string
      await ask('Set', text(key, value))
      await ask('Push', { key: `l${key}`, value, end: 'tail' })
      await ask('SetAdd', { key: `s${key}`, value })
      checks.push(
        [await ask('Get', { key }), { value, exists: true }],
        [await ask('Range', { key: `l${key}`, start: 0, stop: -1 }), { values: [value] }],
        [await ask('SetQuery', { key: `s${key}` }), { values: [value] }],
      )
    }
    for (const key of oddTexts) {
      checks.push([await ask('Del', { key }), { key, deleted: true }])
      checks.push([await ask('KeyExists', { key }), { exists: false }])
    }
    return checks
  })
  operation('Set - takes a value of a mebibyte', async (ask) => {
    const value = 'x'.repeat(2 ** 20)
    await ask('Set', text('a', value))
    return [[await ask('Get', { key: 'a' }), { value, exists: true }]]
  })
  test(`${name} - MAX_VALUE_BYTES bounds keys, values and items, before anything changes`, async (t) => {
    await using link = await open().link({ values: { MAX_VALUE_BYTES: '4' } })
    await link.ask('Set', text('four', '😀'))
    for (const [key, value] of [
      ['a', '12345'],
      ['12345', 'a'],
      ['a', '€€'],
    ] as const) {
      for (const write of [
        async () => link.ask('Set', text(key, value)),
        async () => link.ask('Push', { key, value, end: 'tail' }),
        async () => link.ask('SetAdd', { key, value }),
      ]) {
        const error = await t.throwsAsync(write, { code: 'ERR_STORE_LIMIT' })
        t.like(error, { detail: { limit: 'MAX_VALUE_BYTES', allowed: 4 } })
      }
    }
    t.false((await link.ask('KeyExists', { key: 'a' })).exists)
    t.deepEqual(await link.ask('Get', { key: 'four' }), { value: '😀', exists: true })
  })
  test(`${name} - Set - lets a key expire when its seconds are over, and not before`, async (t) => {
    await using link = await open().link()
    const { ask } = link
    const startedAt = performance.now()
    const expiring = (key: string) => ({ key, value: '1', expiresSeconds: 2 })
    for (const key of ['plain', 'added', 'given up', 'deleted', 'replaced']) {
      await ask('Set', expiring(key))
    }
    t.deepEqual(await ask('Add', { key: 'added', value: 1 }), { value: 2 })
    await ask('Set', text('given up', '2'))
    await ask('Del', { key: 'deleted' })
    await ask('Add', { key: 'deleted', value: 7 })
    await ask('Set', { key: 'less than none', value: '1', expiresSeconds: -1 })
    await ask('Set', { key: 'for years', value: '1', expiresSeconds: 2 ** 31 - 1 })
    await ask('Set', expiring('again'))
    await ask('Set', { key: 'again', value: '2', expiresSeconds: 1000 })
    const goneAfterMs = async (key: string): Promise<number> => {
      while ((await ask('KeyExists', { key })).exists) {
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      return performance.now() - startedAt
    }
    for (const key of ['plain', 'added', 'replaced']) t.true((await goneAfterMs(key)) > 1990)
    t.deepEqual(await ask('Get', { key: 'plain' }), { value: '', exists: false })
    t.deepEqual(await ask('Push', { key: 'plain', value: 'x', end: 'tail' }), { newCount: 1 })
    for (const key of ['given up', 'deleted', 'less than none', 'for years', 'again']) {
      t.true((await ask('KeyExists', { key })).exists, key)
    }
  })
  test(`${name} - Add - counts every one of many that come at once`, async (t) => {
    const subject = open()
    await using one = await subject.link()
    await using two = await subject.link()
    const sums = await Promise.all(
      Array.from({ length: 500 }, async (_, index) =>
        (index % 2 === 0 ? one : two).ask('Add', { key: 'n', value: 1 }),
      ),
    )
    t.is(new Set(sums.map(({ value }) => value)).size, 500)
    t.deepEqual(await one.ask('Get', { key: 'n' }), { value: '500', exists: true })
  })
  operation('Push, Range - keep the order of a list that grows at both ends', async (ask) => {
    for (let item = 1; item <= 100; item++) {
      await ask('Push', { key: 'l', value: `h${item}`, end: 'head' })
      await ask('Push', { key: 'l', value: `t${item}`, end: 'tail' })
    }
    await ask('ListItemDelete', { key: 'l', value: 'h1', items: 'first' })
    await ask('ListItemDelete', { key: 'l', value: 't2', items: 'all' })
    return [
      [await ask('Range', { key: 'l', start: 0, stop: 1 }), { values: ['h100', 'h99'] }],
      [await ask('Range', { key: 'l', start: -2, stop: -1 }), { values: ['t99', 't100'] }],
      [await ask('Range', { key: 'l', start: 98, stop: -98 }), { values: ['h2', 't1', 't3'] }],
      [await ask('Range', { key: 'l', start: 98, stop: 99 }), { values: ['h2', 't1'] }],
    ]
  })
  operation('SetUnion, SetIntersection - take as many keys as a request holds', async (ask) => {
    const keys = Array.from({ length: 2500 }, (_, index) => `s${index}`)
    await Promise.all(
      keys.map(async (key) => {
        await ask('SetAdd', { key, value: 'common' })
        await ask('SetAdd', { key, value: key })
      }),
    )
    const union = await ask('SetUnion', { keys })
    const common = await ask('SetIntersection', { keys })
    return [
      [sorted(union), ['common', ...keys].sort()],
      [common, { values: ['common'] }],
    ]
  })
  test(`${name} - Range, sets - give at most 65,536 items`, async (t) => {
    const subject = open()
    await using link = await subject.link()
    const content = link.content as LinkContent<KeyValueItem>
    const { signal } = new AbortController()
    const items = Array.from({ length: 65_537 }, (_, index) => String(index))
    await content.write('l', { kind: 'list', items }, signal)
    await content.write('s', { kind: 'set', items: items.slice(1) }, signal)
    await content.write('t', { kind: 'set', items: ['0'] }, signal)
    const { ask } = link
    t.is((await ask('Range', { key: 'l', start: 1, stop: -1 })).values.length, 65_536)
    t.is((await ask('Range', { key: 'l', start: 0, stop: 65_535 })).values.length, 65_536)
    t.is((await ask('SetQuery', { key: 's' })).values.length, 65_536)
    t.is((await ask('SetIntersection', { keys: ['s', 't'] })).values.length, 0)
    for (const [stop, wanted] of [
      [-1, 65_537],
      [70_000, 65_537],
    ] as const) {
      const error = await t.throwsAsync(async () => ask('Range', { key: 'l', start: 0, stop }), {
        code: 'ERR_STORE_LIMIT',
      })
      t.like(error, { detail: { limit: 'ANSWER_ITEMS', wanted, allowed: 65_536 } })
    }
    for (const keys of [
      ['s', 't'],
      ['t', 's'],
    ]) {
      await t.throwsAsync(async () => ask('SetUnion', { keys }), { code: 'ERR_STORE_LIMIT' })
    }
    await ask('SetAdd', { key: 's', value: '0' })
    for (const check of [
      async () => ask('SetQuery', { key: 's' }),
      async () => ask('SetIntersection', { keys: ['s'] }),
    ]) {
      await t.throwsAsync(check, { code: 'ERR_STORE_LIMIT' })
    }
  })
  test(`${name} - a link never sees the keys of another, however they are named`, async (t) => {
    const subject = open()
    await using mine = await subject.link({ actor: 'MA', linkName: 'default' })
    const others = [
      { actor: 'MA', linkName: 'other' },
      { actor: 'MB', linkName: 'default' },
      { actor: 'MA","default', linkName: '' },
      { actor: 'MA:default', linkName: 'default:' },
    ]
    await using stack = new AsyncDisposableStack()
    const theirs = await Promise.all(
      others.map(async (facts) => stack.use(await subject.link(facts))),
    )
    for (const key of hostileKeys) await mine.ask('Set', text(key, `mine ${key}`))
    for (const key of hostileKeys) {
      t.deepEqual(await mine.ask('Get', { key }), { value: `mine ${key}`, exists: true })
      for (const other of theirs) {
        t.false((await other.ask('Get', { key })).exists)
        t.false((await other.ask('Del', { key })).deleted)
      }
    }
  })
  operation('Get - takes a key for what it is, not for a pattern', async (ask) => {
    await ask('Set', text('abc', 'one'))
    return [
      [await ask('Get', { key: '*' }), { value: '', exists: false }],
      [await ask('Get', { key: 'ab?' }), { value: '', exists: false }],
      [await ask('Del', { key: 'a*' }), { key: 'a*', deleted: false }],
    ]
  })
}

function text(key: string, value: string): { key: string; value: string; expiresSeconds: number } {
  return { key, value, expiresSeconds: 0 }
}

function sorted({ values }: { readonly values: readonly string[] }): string[] {
  return [...values].sort()
}

/** Text that has been mistaken for something else by some store or other. */
const oddTexts: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  'a\0c',
  '\r\n',
  '$3\r\nfoo\r\n',
  '*1\r\n$7\r\nFLUSHDB\r\n',
  '{a}{b}',
  "'; DROP TABLE entries; --",
  '%s%n',
  '\u202eabc',
  'e\u0301',
  '\u00e9',
  '\ufeff',
  '€',
  '😀',
  '\u{10ffff}',
  'null',
  '-1',
]

const escapes = ['', '../', ':', '\0', '*', '\r\n', '{', '"', '%00', '\u202e']
const stems = ['default', 'MA', '__proto__', 'constructor', 'MB:default', 'KEYS *', '€😀', '']

/** Paths, prefixes, patterns and protocol of stores: 1,000 keys that try to be another link's. */
const hostileKeys: readonly string[] = escapes
  .flatMap((before) => stems.flatMap((stem) => escapes.map((after) => [before, stem, after])))
  .flatMap((parts) => [parts.join(''), parts.join('$2\r\nGET\r\n')])
  .filter((key, index, all) => all.indexOf(key) === index)
  .slice(0, 1000)
