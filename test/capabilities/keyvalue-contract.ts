/** What every key-value provider must do, whatever it keeps its data in. */
import type { TestFn } from 'ava'
import type { KeyValueToProvider } from '../../contracts/index.ts'
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

const escapes = ['', '../', ':', '\0', '*', '\r\n', '{', '"', '%00', '\u202e']
const stems = ['default', 'MA', '__proto__', 'constructor', 'MB:default', 'KEYS *', '€😀', '']

/** Paths, prefixes, patterns and protocol of stores: 1,000 keys that try to be another link's. */
const hostileKeys: readonly string[] = escapes
  .flatMap((before) => stems.flatMap((stem) => escapes.map((after) => [before, stem, after])))
  .flatMap((parts) => [parts.join(''), parts.join('$2\r\nGET\r\n')])
  .filter((key, index, all) => all.indexOf(key) === index)
  .slice(0, 1000)
