/** What every provider of SQL must do, whatever the dialect of its database. */
import type { ExecutionContext, SerialFn } from 'ava'
import type { CapabilityError } from '../../capabilities/index.ts'
import type { SqlDbToProvider, SqlValue } from '../../contracts/index.ts'
import type { LinkFacts, LinkedProvider } from './support/linked-provider.ts'

/** A provider of SQL under test, on a database that starts empty. */
export interface SqlDbSubject extends AsyncDisposable {
  /** Every call opens one link to the same database. */
  link(values?: LinkFacts['values']): Promise<LinkedProvider<SqlDbToProvider>>
  /** What the database calls a column of bytes. */
  readonly bytesType: string
  /** The link's database, as statements may name it. */
  readonly database: string
}

/** A link, with less to write. */
export interface Sql extends AsyncDisposable {
  execute(sql: string, ...parameters: SqlValue[]): Promise<SqlDbToProvider['Execute']['response']>
  query(sql: string, ...parameters: SqlValue[]): Promise<SqlDbToProvider['Query']['response']>
  /** The rows, where there is no error. */
  rows(sql: string, ...parameters: SqlValue[]): Promise<SqlValue[][]>
  readonly ask: LinkedProvider<SqlDbToProvider>['ask']
}

/** A statement that ends long after any test. */
export const endless =
  'with recursive c(x) as (select 1 union all select (x + 1) % 1000 from c) select count(*) from c'

/** Ten million rows. */
const tenMillion =
  'with recursive c(x) as (select 1 union all select x + 1 from c where x < 10000000) select x from c'

export async function openSql(subject: SqlDbSubject, values?: LinkFacts['values']): Promise<Sql> {
  const link = await subject.link(values)
  const query: Sql['query'] = async (sql, ...parameters) =>
    link.ask('Query', { sql, parameters, database: '' })
  return {
    execute: async (sql, ...parameters) => link.ask('Execute', { sql, parameters, database: '' }),
    query,
    rows: async (sql, ...parameters) => {
      const { rows, error } = await query(sql, ...parameters)
      if (error) throw new Error(`${error.sqlState} ${error.message}`)
      return rows.map((row) => row.map(plain))
    },
    ask: link.ask,
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  }
}

/** Bytes as they are compared. */
function plain(value: SqlValue): SqlValue {
  return value instanceof Uint8Array ? Uint8Array.from(value) : value
}

/** Runs the suite, a test at a time: `open` makes an empty database for each, which takes a while. */
export function sqlDbContract(
  test: SerialFn,
  name: string,
  open: () => SqlDbSubject | Promise<SqlDbSubject>,
): void {
  const check = (
    title: string,
    run: (t: ExecutionContext, sql: Sql, subject: SqlDbSubject) => Promise<void>,
    values?: LinkFacts['values'],
  ): void => {
    test(`${name} - ${title}`, async (t) => {
      await using subject = await open()
      await using sql = await openSql(subject, values)
      await run(t, sql, subject)
    })
  }
  const table =
    'create table notes (id integer primary key, text varchar(100) not null, stars integer check (stars < 6))'

  check('Execute - counts the rows that were changed', async (t, sql) => {
    const changed = async (statement: string): Promise<number> => {
      const { rowsAffected, error } = await sql.execute(statement)
      t.is(error, null, statement)
      return rowsAffected
    }
    t.is(await changed(table), 0)
    t.is(await changed("insert into notes values (1, 'a', 1), (2, 'b', 2), (3, 'c', null)"), 3)
    t.is(await changed('update notes set stars = 5 where id > 1'), 2)
    t.is(await changed('update notes set stars = 5 where id > 100'), 0)
    t.is(await changed('create table other (x integer)'), 0)
    t.is(await changed('delete from notes where id < 3'), 2)
    t.is(await changed("insert into notes select 9, 'x', 1 where 1 = 0"), 0)
    t.deepEqual(await sql.rows('select count(*) from notes'), [[1n]])
    t.is(await changed('drop table other'), 0)
  })

  check('Query - answers with columns and values of every kind', async (t, sql, { bytesType }) => {
    await sql.execute(
      `create table kinds (i bigint, f double precision, t text, b ${bytesType}, n text)`,
    )
    const values: SqlValue[][] = [
      [1n, 1, 'a', Uint8Array.of(0, 1, 255), null],
      [2n ** 63n - 1n, 1.5e300, '', new Uint8Array(0), null],
      [-(2n ** 63n), -0.1, 'ü水😀\n\\"', Uint8Array.from({ length: 256 }, (_, i) => i), null],
      [2n ** 53n + 1n, 2 ** 53, ' ', Uint8Array.of(10), null],
    ]
    for (const row of values) {
      const { error } = await sql.execute('insert into kinds values (?, ?, ?, ?, ?)', ...row)
      t.is(error, null)
    }
    const { columns, rows } = await sql.query('select i, f, t as "T x", b, n from kinds')
    t.deepEqual(
      columns.map((column) => [column.ordinal, column.name]),
      [
        [0, 'i'],
        [1, 'f'],
        [2, 'T x'],
        [3, 'b'],
        [4, 'n'],
      ],
    )
    t.true(columns.every(({ dbType }) => dbType.length > 0))
    t.deepEqual(
      rows.map((row) => row.map(plain)),
      values,
    )
  })

  check('Query - has the columns of a result without rows', async (t, sql) => {
    await sql.execute(table)
    const { columns, rows, error } = await sql.query('select id, text from notes')
    t.deepEqual([columns.map((column) => column.name), rows, error], [['id', 'text'], [], null])
  })

  check('Query - answers with what a writing statement returns', async (t, sql) => {
    await sql.execute(table)
    const inserted = await sql.rows(
      'insert into notes values (?, ?, 1) returning id, text',
      7n,
      'x',
    )
    t.deepEqual(inserted, [[7n, 'x']])
    t.deepEqual((await sql.query('delete from notes where id = 1')).rows, [])
    t.is((await sql.execute('delete from notes returning id')).rowsAffected, 1)
  })

  check(
    'placeholders - are ? or numbers, which may repeat, and never within quotes',
    async (t, sql) => {
      await sql.execute(table)
      await sql.execute("insert into notes values (1, '?', 1), (2, '$1', 2), (3, 'it''s ?', 3)")
      const ids = async (where: string, ...parameters: SqlValue[]): Promise<unknown> =>
        (await sql.rows(`select id from notes where ${where} order by id`, ...parameters)).flat()
      t.deepEqual(await ids('text = ? and stars = ?', '?', 1n), [1n])
      t.deepEqual(await ids('text = $2 and stars = $1', 2n, '$1'), [2n])
      t.deepEqual(await ids('stars in ($1, $1) or id = $1', 3n), [3n])
      t.deepEqual(await ids("text = '?' and stars = ?", 1n), [1n])
      t.deepEqual(await ids("text = '$1' /* ? $2 */ and stars = ? -- ? $3", 2n), [2n])
      t.deepEqual(await ids('text = ? and "stars" = ?', "it's ?", 3n), [3n])
      t.deepEqual(await ids("text = '?'"), [1n])
    },
  )

  const injections = [
    "'; drop table notes; --",
    "x' or '1'='1",
    '"; delete from notes; --',
    "\\'; drop table notes; --",
    '/* */ ; drop table notes',
    '$1 $2 ? ?',
    'a\u2019 or 1=1 --',
    '%27; drop table notes',
    '\ufeff\u202e\u0001\u007f',
    '${7*7}{{7*7}}<script>',
    "') returning (select 'x'",
    ''.padEnd(5000, "'"),
  ]
  check('parameters - are values, whatever they say', async (t, sql) => {
    await sql.execute('create table notes (id integer primary key, text text not null)')
    for (const [index, injection] of injections.entries()) {
      const id = BigInt(index)
      const { error } = await sql.execute('insert into notes values (?, ?)', id, injection)
      t.is(error, null)
      t.deepEqual(await sql.rows('select id from notes where text = $1', injection), [[id]])
    }
    const stored = await sql.rows('select text from notes order by id')
    t.deepEqual(stored.flat(), injections)
  })

  for (const [what, statement, sqlState] of [
    ['a key that is there', "insert into notes values (1, 'again', 1)", '23505'],
    ['null where there must be a value', 'insert into notes values (2, null, 1)', '23502'],
    ['a value that a check forbids', "insert into notes values (2, 'b', 6)", '23514'],
    [
      'half of a statement that fails',
      "insert into notes values (2, 'b', 1), (1, 'a', 1)",
      '23505',
    ],
  ] as const) {
    check(
      `Execute - answers with the SQLSTATE for ${what}, and changes nothing`,
      async (t, sql) => {
        await sql.execute(table)
        await sql.execute("insert into notes values (1, 'a', 1)")
        const { error, rowsAffected } = await sql.execute(statement)
        t.is(rowsAffected, 0)
        t.is(error?.code, 'db')
        t.is(error?.sqlState, sqlState)
        t.true((error?.message.length ?? 0) > 0)
        t.deepEqual(await sql.rows('select id, text from notes'), [[1n, 'a']])
      },
    )
  }

  for (const statement of [
    'selec 1',
    'select from from',
    'select * from nowhere',
    "select 'open",
  ]) {
    check(`Query - answers with an error for ${statement}`, async (t, sql) => {
      const { error, columns, rows } = await sql.query(statement)
      t.regex(error?.sqlState ?? '', /^42/)
      t.deepEqual([columns, rows], [[], []])
      t.deepEqual(await sql.rows('select 1'), [[1n]])
    })
  }

  check('Execute - runs none of several statements', async (t, sql) => {
    await sql.execute(table)
    for (const statements of [
      "insert into notes values (1, 'a', 1); insert into notes values (2, 'b', 1)",
      "insert into notes values (1, 'a', 1); drop table notes",
      'select 1; delete from notes',
      'select 1; /* now */ delete from notes',
      'select 1; /**/ -- then\n delete from notes',
      'select 1; /* now */ delete from notes /* then */',
    ]) {
      t.is((await sql.execute(statements)).error?.sqlState, '42601')
      t.is((await sql.query(statements)).error?.sqlState, '42601')
    }
    t.is(
      (await sql.execute("insert into notes values (1, 'a', 1); -- done\n ; /* * / ** */ /**/"))
        .error,
      null,
    )
    t.deepEqual(await sql.rows('select id from notes;'), [[1n]])
  })

  for (const [reason, statement, ...parameters] of [
    ['empty', ''],
    ['empty', ' \n -- nothing\n /* at all */ '],
    ['length', `select '${'x'.repeat(131_072)}'`],
    ['character', 'select 1\0; drop table notes'],
    ['transaction', 'begin'],
    ['transaction', ' /* x */ Commit'],
    ['transaction', '-- x\nROLLBACK'],
    ['transaction', 'savepoint a'],
    ['transaction', 'end'],
    ['transaction', 'start transaction'],
    ['session', 'set x = 1'],
    ['session', 'listen c'],
    ['session', 'prepare p as select 1'],
    ['session', 'copy notes to stdout'],
    ['parameters', 'select $1'],
    ['parameters', 'select 1', 1n],
    ['parameters', 'select ?, ?', 1n],
    ['parameters', 'select $1, $3', 1n, 2n],
    ['parameters', 'select ?', 1n, 2n],
  ] as const) {
    check(
      `Query - refuses what it does not send (${reason}): ${JSON.stringify(statement.slice(0, 30))} with ${parameters.length}`,
      async (t, sql) => {
        const error = await t.throwsAsync(() => sql.query(statement, ...parameters), {
          code: 'ERR_SQL_STATEMENT',
        })
        t.like(error, { detail: { reason } })
        await t.throwsAsync(() => sql.execute(statement, ...parameters), {
          code: 'ERR_SQL_STATEMENT',
        })
      },
    )
  }

  check('database - may be that of the link, and no other', async (t, sql, { database }) => {
    const statement = { sql: 'select 1', parameters: [] }
    t.is((await sql.ask('Query', { ...statement, database })).error, null)
    const error = await t.throwsAsync(async () =>
      sql.ask('Query', { ...statement, database: 'elsewhere' }),
    )
    t.like(error, { code: 'ERR_SQL_STATEMENT', detail: { reason: 'database' } })
  })

  check(
    'MAX_ROWS - ends ten million rows at once, and what returns too many is rolled back',
    async (t, sql) => {
      const started = performance.now()
      const error = await t.throwsAsync(() => sql.query(tenMillion))
      t.like(error, { code: 'ERR_SQL_RESULT_LIMIT', detail: { limit: 'MAX_ROWS', allowed: 3 } })
      t.true(performance.now() - started < 5000)
      t.is((await sql.rows(`${tenMillion} limit 3`)).length, 3)

      await sql.execute('create table n (x integer)')
      await t.throwsAsync(() => sql.query('insert into n values (1), (2), (3), (4) returning x'), {
        code: 'ERR_SQL_RESULT_LIMIT',
      })
      t.deepEqual(await sql.rows('select x from n'), [])
      t.is((await sql.execute('insert into n values (1), (2), (3), (4)')).rowsAffected, 4)
    },
    { MAX_ROWS: '3' },
  )

  check(
    'MAX_RESULT_BYTES - bounds one large field and many small ones, and rolls back',
    async (t, sql) => {
      await sql.execute('create table n (x text)')
      const large = 'x'.repeat(40_000)
      await sql.execute('insert into n values (?)', large)
      const detail = { limit: 'MAX_RESULT_BYTES', allowed: 100_000 }
      t.is((await sql.rows('select x, x from n'))[0]?.[1], large)
      for (const statement of [
        'select x, x, x from n',
        tenMillion,
        'delete from n returning x, x, x',
      ]) {
        const error = await t.throwsAsync(() => sql.query(statement))
        t.like(error, { code: 'ERR_SQL_RESULT_LIMIT', detail })
      }
      t.deepEqual(await sql.rows('select count(*) from n'), [[1n]])
    },
    { MAX_RESULT_BYTES: '100000', MAX_ROWS: '1000000' },
  )

  check(
    'STATEMENT_TIMEOUT - stops a statement, rolls it back, and the next one runs',
    async (t, sql) => {
      await sql.execute('create table n (x integer)')
      const started = performance.now()
      for (const statement of [endless, `insert into n ${endless}`]) {
        const error = await t.throwsAsync(() => sql.query(statement))
        t.like(error, { code: 'ERR_SQL_TIMEOUT', detail: { timeoutMs: 300 } })
      }
      t.true(performance.now() - started < 5000)
      t.deepEqual(await sql.rows('select count(*) from n'), [[0n]])
    },
    { STATEMENT_TIMEOUT: '300' },
  )

  check('call - ends a statement at its deadline, and when its caller gives up', async (t, sql) => {
    const statement = { sql: endless, parameters: [], database: '' }
    await t.throwsAsync(
      async () => sql.ask('Query', statement, { deadlineAt: performance.now() + 200 }),
      { code: 'ERR_SQL_TIMEOUT' },
    )
    const controller = new AbortController()
    const given = sql.ask('Query', statement, { signal: controller.signal })
    setImmediate(() => controller.abort())
    // Whether it was under way by then or not even connected: both are true.
    const early = /^ERR_(?:SQL_TIMEOUT|SERVER_UNAVAILABLE)$/
    const error = await t.throwsAsync(async () => given)
    t.regex((error as CapabilityError).code, early)
    const gone = { signal: AbortSignal.abort(), deadlineAt: performance.now() - 1 }
    const late = await t.throwsAsync(async () => sql.ask('Query', statement, gone))
    t.regex((late as CapabilityError).code, early)
    t.deepEqual(await sql.rows('select 1'), [[1n]])
  })

  check('Execute - loses no update of many at once', async (t, sql) => {
    await sql.execute('create table n (x integer)')
    await sql.execute('insert into n values (0)')
    const results = await Promise.all(
      Array.from({ length: 50 }, () => sql.execute('update n set x = x + 1')),
    )
    t.true(results.every(({ rowsAffected, error }) => rowsAffected === 1 && error === null))
    t.deepEqual(await sql.rows('select x from n'), [[50n]])
  })

  test(`${name} - READ_ONLY - answers with 25006 for whatever would change something`, async (t) => {
    await using subject = await open()
    await using writer = await openSql(subject)
    await writer.execute(table)
    await writer.execute("insert into notes values (1, 'a', 1)")
    await using reader = await openSql(subject, { READ_ONLY: 'true' })
    t.deepEqual(await reader.rows('select text from notes where id = ?', 1n), [['a']])
    for (const statement of [
      "insert into notes values (2, 'b', 1)",
      'update notes set stars = 2',
      'delete from notes',
      'drop table notes',
      'create table other (x integer)',
      'create index i on notes (text)',
    ]) {
      t.is((await reader.execute(statement)).error?.sqlState, '25006', statement)
    }
    t.deepEqual(await writer.rows('select count(*), max(stars) from notes'), [[1n, 1n]])
  })

  test(`${name} - links - of one database see each other's changes, and close alone`, async (t) => {
    await using subject = await open()
    await using one = await openSql(subject)
    {
      await using other = await openSql(subject)
      await other.execute(table)
      await other.execute("insert into notes values (1, 'a', 1)")
    }
    t.deepEqual(await one.rows('select text from notes'), [['a']])
  })
}
