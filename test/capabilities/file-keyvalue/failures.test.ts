/** Files that are no stores, cannot be written, or are in use. */
import { randomBytes } from 'node:crypto'
import { mkdir, open, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import test from 'ava'
import { StoreFiles } from '../../../capabilities/file-keyvalue/database.ts'
import { fromSqlite } from '../../../capabilities/file-keyvalue/file-failure.ts'
import { fileKeyValueProvider } from '../../../capabilities/file-keyvalue/index.ts'
import { temporaryFolder } from '../../support/service.ts'
import { linkProvider, valueProblems } from '../support/linked-provider.ts'

const set = (key: string, value: string) => ({ key, value, expiresSeconds: 0 })

test('file-keyvalue - refuses a link to what is no store, and says why', async (t) => {
  await using folder = await temporaryFolder()
  const at = (name: string): string => join(folder.path, name)
  await writeFile(at('text'), 'no store at all, but long enough for a header'.repeat(100))
  await mkdir(at('folder'))
  const other = new DatabaseSync(at('other'))
  other.exec('CREATE TABLE t (a)')
  other.close()
  {
    await using made = await linkProvider(fileKeyValueProvider(), { values: { FILE: at('newer') } })
    t.truthy(made)
  }
  const newer = new DatabaseSync(at('newer'))
  newer.exec('PRAGMA user_version = 99')
  newer.close()
  for (const [name, problem] of [
    ['text', 'no-store'],
    ['folder', 'not-opened'],
    ['other', 'no-store'],
    ['newer', 'newer'],
    ['missing/store.db', 'no-folder'],
  ] as const) {
    const FILE = at(name)
    const error = await t.throwsAsync(
      async () => linkProvider(fileKeyValueProvider(), { values: { FILE } }),
      { code: 'ERR_STORE_FILE' },
      name,
    )
    t.like(error, { detail: { file: FILE, problem } }, name)
  }
  const count = (): unknown => new DatabaseSync(at('other')).prepare('SELECT * FROM t').all()
  t.deepEqual(count(), [])
})

test('file-keyvalue - says that the disk is full, and goes on once there is room', async (t) => {
  await using folder = await temporaryFolder()
  const files = new StoreFiles()
  const FILE = join(folder.path, 'store.db')
  using held = files.hold(FILE, 'normal')
  await using link = await linkProvider(fileKeyValueProvider({ files }), { values: { FILE } })
  await link.ask('Set', set('a', 'one'))
  held.database.exec('PRAGMA max_page_count = 40')
  const error = await t.throwsAsync(async () => link.ask('Set', set('b', 'x'.repeat(500_000))), {
    code: 'ERR_STORE_FILE',
  })
  t.like(error, { detail: { problem: 'full' } })
  t.deepEqual(await link.ask('Get', { key: 'a' }), { value: 'one', exists: true })
  t.false((await link.ask('KeyExists', { key: 'b' })).exists)
  held.database.exec('PRAGMA max_page_count = 4000')
  await link.ask('Set', set('b', 'x'.repeat(500_000)))
  t.true((await link.ask('KeyExists', { key: 'b' })).exists)
})

test('file-keyvalue - says that another process holds the file, and goes on after', async (t) => {
  await using folder = await temporaryFolder()
  const FILE = join(folder.path, 'store.db')
  await using link = await linkProvider(fileKeyValueProvider(), { values: { FILE } })
  await link.ask('Set', set('a', 'one'))
  const other = new DatabaseSync(FILE)
  other.exec('BEGIN IMMEDIATE')
  const error = await t.throwsAsync(async () => link.ask('Set', set('a', 'two')), {
    code: 'ERR_STORE_FILE',
  })
  t.like(error, { detail: { problem: 'locked' } })
  t.deepEqual(await link.ask('Get', { key: 'a' }), { value: 'one', exists: true })
  other.exec('ROLLBACK')
  other.close()
  t.deepEqual(await link.ask('Set', set('a', 'two')), { value: 'two' })
})

test('file-keyvalue - says that the file is damaged', async (t) => {
  await using folder = await temporaryFolder()
  const FILE = join(folder.path, 'store.db')
  {
    await using link = await linkProvider(fileKeyValueProvider(), { values: { FILE } })
    for (let key = 0; key < 2000; key++) await link.ask('Set', set(`k${key}`, 'x'.repeat(100)))
  }
  const file = await open(FILE, 'r+')
  // The first page says what tables there are; garbage in the rest is found when it is read.
  await file.write(randomBytes(100_000), 0, 100_000, 8192)
  await file.close()
  await truncate(FILE, 110_000)
  const codes = new Set<unknown>()
  try {
    await using link = await linkProvider(fileKeyValueProvider(), { values: { FILE } })
    for (let key = 0; key < 2000; key++) await link.ask('Get', { key: `k${key}` })
  } catch (error) {
    codes.add((error as { code?: unknown }).code)
    t.like(error, { detail: { problem: 'damaged' } })
  }
  t.deepEqual([...codes], ['ERR_STORE_FILE'])
})

test('fromSqlite - knows what SQLite says by its number', (t) => {
  const said = (errcode: number): unknown =>
    fromSqlite('/a', Object.assign(new Error('x'), { code: 'ERR_SQLITE_ERROR', errcode }))
  for (const [errcode, problem] of [
    [8, 'read-only'],
    [8 | (6 << 8), 'read-only'],
    [10, 'failed'],
    [13, 'full'],
    [5 | (2 << 8), 'locked'],
  ] as const) {
    t.like(said(errcode), { code: 'ERR_STORE_FILE', detail: { file: '/a', problem } })
  }
  const other = new TypeError('no error of SQLite')
  t.is(fromSqlite('/a', other), other)
})

test('link values - are refused by name, with what would do', async (t) => {
  const problems = (values: unknown) => valueProblems(fileKeyValueProvider(), values)
  t.deepEqual(await problems({}), [
    'FILE: is missing; give the path of a file, such as data/store.db',
  ])
  t.deepEqual(await problems({ FILE: '', SYNCHRONOUS: 'off', MAX_KEYS: '0', STORE: '../a' }), [
    'FILE: is empty; give the path of a file',
    'SYNCHRONOUS: "off" is not one of normal, full',
    'STORE: "../a" is not a store\'s name: 1 to 64 letters, digits, ".", "_" and "-"',
    'MAX_KEYS: "0" is not a whole number from 1 to 1000000000 (keys)',
  ])
  t.is((await problems({ FILE: 'a', URL: 'redis://a' })).length, 1)
})
