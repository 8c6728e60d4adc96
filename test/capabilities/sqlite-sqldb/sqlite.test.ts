/** What only SQLite has: files, a process that can be killed, and what statements may not reach. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readdir, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import anyTest from 'ava'
import {
  type SqliteOptions,
  sqliteSqlDbProvider,
} from '../../../capabilities/sqlite-sqldb/index.ts'
import { temporaryFolder } from '../../support/service.ts'
import { endless, openSql } from '../sqldb-contract.ts'
import { type LinkFacts, linkProvider, valueProblems } from '../support/linked-provider.ts'

// One after the other, as each starts processes.
const test = anyTest.serial

/** Links to one provider; `FILE` is in a folder of its own. */
async function openFile(options: SqliteOptions = {}) {
  const provider = sqliteSqlDbProvider(options)
  const folder = await temporaryFolder()
  const file = join(folder.path, 'test.sqlite')
  return {
    file,
    folder: folder.path,
    sql: (values: LinkFacts['values'] = {}) =>
      openSql({
        link: () => linkProvider(provider, { values: { FILE: file, ...values } }),
        bytesType: 'blob',
        database: 'main',
        [Symbol.asyncDispose]: async () => undefined,
      }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** The processes that have a word on their command line. */
function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text)
      } catch {
        return false // It has ended in the meantime.
      }
    })
    .map(Number)
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}

const problems: [values: Record<string, string>, problem: RegExp][] = [
  [{ FILE: '' }, /^FILE: "" is not a path/],
  [{ FILE: ':memory:' }, /^FILE: ":memory:" is not a path/],
  [{ FILE: 'file:x.db?mode=memory' }, /^FILE: "file:x.db\?mode=memory" is not a path/],
  [{ FILE: 'a\0b' }, /^FILE: /],
  [{ STORE: 'a b' }, /^STORE: "a b" is not a store's name/],
  [{ FILE: 'a', STORE: 'b' }, /FILE and STORE are both given/],
  [{ MAX_BYTES: '10' }, /^MAX_BYTES: "10" is not a whole number from 65536/],
  [{ MAX_ROWS: '0' }, /^MAX_ROWS: "0" is not a whole number from 1/],
  [{ MAX_RESULT_BYTES: '1' }, /^MAX_RESULT_BYTES: /],
  [
    { STATEMENT_TIMEOUT: '0' },
    /^STATEMENT_TIMEOUT: "0" is not a whole number from 1 to 3600000 \(ms\)/,
  ],
  [{ READ_ONLY: 'yes' }, /^READ_ONLY: "yes" is not one of true, false/],
  [{ SIZE: '3' }, /unknown key "SIZE"/],
]

for (const [values, problem] of problems) {
  test(`sqlite-sqldb - refuses the values ${JSON.stringify(values)}`, async (t) => {
    const found = await valueProblems(sqliteSqlDbProvider(), values)
    t.is(found.length, 1)
    t.regex(found[0] ?? '', problem)
  })
}

for (const [what, make] of [
  ['a file that is no database', (path: string) => writeFile(path, 'x'.repeat(5000))],
  ['a file in a folder that is not there', async () => undefined],
  ['a folder', async () => undefined],
] as const) {
  test(`sqlite-sqldb - refuses a link to ${what}`, async (t) => {
    await using opened = await openFile()
    await make(opened.file)
    const file =
      what === 'a folder'
        ? opened.folder
        : what === 'a file that is no database'
          ? opened.file
          : join(opened.folder, 'none', 'x.sqlite')
    const error = await t.throwsAsync(() => opened.sql({ FILE: file }))
    t.like(error, { code: 'ERR_SQL_FILE', detail: { file } })
    t.deepEqual(processesWith(file), [])
  })
}

test('sqlite-sqldb - what ends the host leaves its statements to it', async (t) => {
  await using opened = await openFile()
  await using sql = await opened.sql()
  await sql.execute('create table notes (id integer)')
  const before = processesWith(opened.file)
  t.is(before.length, 1)
  // Terminals and service managers signal every process of a program, not the host alone.
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const)
    process.kill(before[0] ?? 0, signal)
  t.is((await sql.execute('insert into notes values (1)')).error, null)
  t.deepEqual(processesWith(opened.file), before)
})

test('sqlite-sqldb - makes no file for a link that may only read', async (t) => {
  await using opened = await openFile()
  await t.throwsAsync(() => opened.sql({ READ_ONLY: 'true' }), { code: 'ERR_SQL_FILE' })
  t.deepEqual(await readdir(opened.folder), [])
})

test('sqlite-sqldb - keeps a file, which nobody else may read, and leaves nothing beside it', async (t) => {
  await using opened = await openFile()
  {
    await using sql = await opened.sql()
    await sql.execute('create table n (x integer)')
    await sql.execute('insert into n values (1)')
  }
  t.deepEqual(processesWith(opened.file), [])
  t.deepEqual(await readdir(opened.folder), ['test.sqlite'])
  const { statSync } = await import('node:fs')
  t.is(statSync(opened.file).mode & 0o077, 0)
  await using again = await opened.sql()
  t.deepEqual(await again.rows('select x from n'), [[1n]])
})

test('sqlite-sqldb - is one process for a file, by whatever path links lead to it', async (t) => {
  await using opened = await openFile()
  await using one = await opened.sql()
  const alias = join(opened.folder, 'alias.sqlite')
  await symlink(opened.file, alias)
  await using other = await opened.sql({ FILE: alias })
  await one.execute('create table n (x integer)')
  t.deepEqual(await other.rows('select count(*) from n'), [[0n]])
  t.is(processesWith(opened.file).length, 1)
  t.is(processesWith(alias).length, 0)
})

test('sqlite-sqldb - gives each link a database of its own, unless STORE names one', async (t) => {
  const provider = sqliteSqlDbProvider()
  const open = (facts: LinkFacts) =>
    openSql({
      link: () => linkProvider(provider, facts),
      bytesType: 'blob',
      database: 'main',
      [Symbol.asyncDispose]: async () => undefined,
    })
  const folders = async (): Promise<string[]> =>
    (await readdir(tmpdir())).filter((name) => name.startsWith('wash-ts-sqlite-'))
  const before = new Set(await folders())
  {
    await using mine = await open({ actor: 'MA' })
    await using others = new AsyncDisposableStack()
    await mine.execute('create table mine (x integer)')
    for (const facts of [
      { actor: 'MB' },
      { actor: 'MA', linkName: 'other' },
      { actor: 'MA","default', linkName: '' },
      { values: { STORE: 'MA' } },
    ]) {
      const other = others.use(await open(facts))
      t.is((await other.query('select * from mine')).error?.sqlState, '42000')
    }
    const values = { STORE: 'shared' }
    const one = others.use(await open({ actor: 'MA', values }))
    const two = others.use(await open({ actor: 'MB', values }))
    await one.execute('create table n (x integer)')
    t.deepEqual(await two.rows('select count(*) from n'), [[0n]])
  }
  const made = (await folders()).filter((name) => !before.has(name))
  t.false(made.some((name) => existsSync(join(tmpdir(), name, 'database.sqlite'))))
})

for (const statement of [
  "attach '/tmp/x.sqlite' as x",
  'detach main',
  'vacuum',
  "vacuum into '/tmp/x.sqlite'",
  "select load_extension('/tmp/x.so')",
  "select fts3_tokenizer('simple')",
  'create temp table t (x integer)',
  'create temp view v as select 1',
  'create temporary trigger r after insert on n begin select 1; end',
  'pragma journal_mode = off',
  'pragma max_page_count = 1000000',
  'pragma writable_schema = on',
  'pragma temp_store_directory = "/tmp"',
  'pragma mmap_size = 1000000',
  'pragma page_size = 8192',
  'pragma wal_checkpoint',
  "create virtual table v using csv(filename='/etc/passwd')",
  'create virtual table v using dbstat',
]) {
  test(`sqlite-sqldb - answers with 42501 for ${statement}`, async (t) => {
    await using opened = await openFile()
    await using sql = await opened.sql()
    await sql.execute('create table n (x integer)')
    for (const { error } of [await sql.query(statement), await sql.execute(statement)]) {
      t.is(error?.sqlState, '42501')
      t.regex(error?.message ?? '', /: not allowed$/)
    }
    t.deepEqual(await sql.rows('select count(*) from n'), [[0n]])
  })
}

test('sqlite-sqldb - refuses to write the schema, and text in double quotes', async (t) => {
  await using opened = await openFile()
  await using sql = await opened.sql()
  await sql.execute('create table n (x integer)')
  for (const statement of [
    "insert into sqlite_schema values ('table', 't', 't', 3, 'x')",
    "update sqlite_schema set sql = 'x'",
    'select "nothing"',
    'insert into n values ("nothing")',
  ]) {
    t.is((await sql.execute(statement)).error?.sqlState, '42000', statement)
  }
})

test('sqlite-sqldb - runs what needs no other file: full text, trees, triggers, what is there', async (t) => {
  await using opened = await openFile()
  await using sql = await opened.sql()
  for (const statement of [
    'create table n (x integer primary key, y text)',
    'create table log (y text)',
    'create trigger r after insert on n begin insert into log values (new.y); delete from log where 1 = 0; end',
    "insert into n values (1, 'a')",
    'alter table n add column z text',
    'alter table n rename column y to why',
    'create virtual table f using fts5(body)',
    "insert into f values ('hello there')",
    'create virtual table area using rtree(id, a, b)',
    'create index i on n (why)',
    'analyze',
    'pragma user_version = 7',
  ]) {
    t.is((await sql.execute(statement)).error, null, statement)
  }
  t.deepEqual(await sql.rows('select y from log'), [['a']])
  t.deepEqual(await sql.rows("select body from f where f match 'hello'"), [['hello there']])
  t.deepEqual(await sql.rows('pragma user_version'), [[7n]])
  t.deepEqual(await sql.rows("select name from pragma_table_info('n')"), [['x'], ['why'], ['z']])
})

test('sqlite-sqldb - refuses parameters that SQLite has no value for', async (t) => {
  await using opened = await openFile()
  await using sql = await opened.sql()
  for (const value of [2n ** 63n, -(2n ** 63n) - 1n, [1n]]) {
    const error = await t.throwsAsync(() => sql.query('select ?', value))
    t.like(error, { code: 'ERR_SQL_STATEMENT', detail: { reason: 'parameters' } })
  }
  for (const named of [':x', '@x', '$x', '#x']) {
    await t.throwsAsync(() => sql.query(`select ${named}`), { code: 'ERR_SQL_STATEMENT' })
  }
  t.deepEqual(await sql.rows('select ?, ?', true, false), [[1n, 0n]])
  t.deepEqual(await sql.rows('select ?2, ?1', 1n, 2n), [[2n, 1n]])
  t.deepEqual(await sql.rows('select 1 as `?`, 2 as [?], 3 as "?", ?', 4n), [[1n, 2n, 3n, 4n]])
})

test('sqlite-sqldb - lets a database grow to MAX_BYTES, and values to MAX_RESULT_BYTES', async (t) => {
  await using opened = await openFile()
  await using sql = await opened.sql({ MAX_BYTES: '200000', MAX_RESULT_BYTES: '1500000' })
  await sql.execute('create table n (x blob)')
  t.is((await sql.execute('insert into n values (zeroblob(400000))')).error?.sqlState, '53100')
  t.is((await sql.execute('insert into n values (zeroblob(100000))')).error, null)
  t.is((await sql.query('select length(zeroblob(1600000))')).error?.sqlState, '54000')
  await using larger = await opened.sql({ MAX_BYTES: '2000000' })
  t.is((await larger.execute('insert into n values (zeroblob(400000))')).error, null)
})

test('sqlite-sqldb - ends a statement that would fill memory or disk with what it sorts', async (t) => {
  await using opened = await openFile()
  await using sql = await opened.sql()
  await sql.execute('create table n (x text)')
  const numbers = 'with recursive c(x) as (select 1 union all select x + 1 from c)'
  for (const statement of [
    `${numbers} select x, hex(zeroblob(500)) from c order by x desc`,
    `insert into n ${numbers} select distinct hex(zeroblob(500)) || x from c`,
    `${numbers} select count(*) from (select group_concat(hex(zeroblob(1000))) from c group by x)`,
  ]) {
    t.is((await sql.query(statement)).error?.sqlState, '53200', statement)
  }
  t.deepEqual(await sql.rows('select count(*) from n'), [[0n]])
})

test('sqlite-sqldb - holds up nothing else while a statement runs', async (t) => {
  await using opened = await openFile()
  await using sql = await opened.sql({ STATEMENT_TIMEOUT: '400' })
  let ticks = 0
  const timer = setInterval(() => ticks++, 5)
  await t.throwsAsync(() => sql.query(endless), { code: 'ERR_SQL_TIMEOUT' })
  clearInterval(timer)
  t.true(ticks > 0)
})

test('sqlite-sqldb - rolls back what a killed process had under way, and starts another', async (t) => {
  await using opened = await openFile()
  await using sql = await opened.sql()
  await sql.execute('create table n (x integer)')
  await sql.execute('insert into n values (1)')
  const [pid = 0] = processesWith(opened.file)
  const running = sql.execute(`insert into n ${endless}`)
  setTimeout(() => process.kill(pid, 'SIGKILL'), 100)
  const error = await t.throwsAsync(() => running)
  t.like(error, { code: 'ERR_SERVER_UNAVAILABLE', detail: { server: opened.file } })
  t.deepEqual(await sql.rows('select x from n'), [[1n]])
  t.not(processesWith(opened.file)[0], pid)
})

test('sqlite-sqldb - ends the process of a database that nobody uses, and starts it again', async (t) => {
  await using opened = await openFile({ idleMs: 20 })
  await using sql = await opened.sql()
  await sql.execute('create table n (x integer)')
  await until(() => processesWith(opened.file).length === 0)
  t.deepEqual(await sql.rows('select count(*) from n'), [[0n]])
})

test('sqlite-sqldb - waits for another process that has the file, and says so when it takes too long', async (t) => {
  await using opened = await openFile()
  await using sql = await opened.sql({ STATEMENT_TIMEOUT: '300' })
  await sql.execute('create table n (x integer)')
  const { DatabaseSync } = await import('node:sqlite')
  using other = new DatabaseSync(opened.file)
  other.exec('begin immediate')
  await t.throwsAsync(() => sql.execute('insert into n values (1)'), { code: 'ERR_SQL_TIMEOUT' })
  other.exec('rollback')
  t.is((await sql.execute('insert into n values (1)')).rowsAffected, 1)
})

test('sqlite-sqldb - leaves no process behind when the host is killed in a statement', async (t) => {
  await using opened = await openFile()
  const host = fork(join(import.meta.dirname, 'support/host-of-endless.ts'), [opened.file], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await once(host, 'message')
  await until(() => processesWith(`"${opened.file}"`).length === 1)
  host.kill('SIGKILL')
  await once(host, 'exit')
  t.is(processesWith(`"${opened.file}"`).length, 1)
  await until(() => processesWith(`"${opened.file}"`).length === 0)
})
