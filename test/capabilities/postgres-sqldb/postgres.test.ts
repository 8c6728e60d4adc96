/** What only PostgreSQL has: its types, its sessions, and limits that its protocol must keep. */
import test from 'ava'
import type { SqlValue } from '../../../contracts/index.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import { endless } from '../sqldb-contract.ts'
import { linkedPostgres, until } from './support/linked-postgres.ts'

const server = await startPostgres()
test.after.always(() => server[Symbol.asyncDispose]())

const types: [literal: string, dbType: string, value: SqlValue][] = [
  ['true', 'bool', true],
  ['1::int2', 'int2', 1n],
  ['-2147483648', 'int4', -(2n ** 31n)],
  ['9223372036854775807', 'int8', 2n ** 63n - 1n],
  ['4294967295::oid', 'oid', 2n ** 32n - 1n],
  [`'x'::"char"`, 'char', 120n],
  [`'\\377'::"char"`, 'char', -1n],
  ['1.5::float4', 'float4', 1.5],
  ['0.1::float8', 'float8', 0.1],
  ["'NaN'::float8", 'float8', NaN],
  ["'-Infinity'::float8", 'float8', -Infinity],
  ['12345678901234567890.10', 'numeric', '12345678901234567890.10'],
  ["'ü'::varchar(3)", 'varchar', 'ü'],
  ["'a'::char(3)", 'bpchar', 'a  '],
  ["'a'::text", 'text', 'a'],
  ["'\\x00ff'::bytea", 'bytea', Uint8Array.of(0, 255)],
  ["''::bytea", 'bytea', new Uint8Array(0)],
  ["'2026-11-21 12:27:11.5+02'::timestamptz", 'timestamptz', '2026-11-21T10:27:11.5Z'],
  ["'2026-11-21 12:27:11'::timestamp", 'timestamp', '2026-11-21T12:27:11'],
  ["'infinity'::timestamptz", 'timestamptz', 'infinity'],
  ["'0044-03-15 12:00:00 BC'::timestamp", 'timestamp', '0044-03-15 12:00:00 BC'],
  ["'2026-11-21'::date", 'date', '2026-11-21'],
  ["'12:27:11.25'::time", 'time', '12:27:11.25'],
  ["'1 day 02:00:00'::interval", 'interval', '1 day 02:00:00'],
  ["'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid", 'uuid', '6ba7b810-9dad-11d1-80b4-00c04fd430c8'],
  [`'{"a": [1]}'::json`, 'json', '{"a": [1]}'],
  [`'{"b":1,"a":2}'::jsonb`, 'jsonb', '{"a": 2, "b": 1}'],
  ["'10.0.0.1/8'::inet", 'inet', '10.0.0.1/8'],
  ["B'101'", 'bit', Uint8Array.of(0b1010_0000)],
  ["B'111111110'::varbit", 'varbit', Uint8Array.of(0xff, 0)],
  ['array[1,null,3]', '_int4', [1n, null, 3n]],
  ["array['a,b','\"{\\','','NULL',null]", '_text', ['a,b', '"{\\', '', 'NULL', null]],
  ['array[[1.5],[2]]::float8[]', '_float8', [[1.5], [2]]],
  ["'[0:1]={7,8}'::int8[]", '_int8', [7n, 8n]],
  ["'{}'::text[]", '_text', []],
  ["array['\\x01'::bytea]", '_bytea', [Uint8Array.of(1)]],
  ["'(1,2)'::point", 'point', '(1,2)'],
  ["'[1,5)'::int4range", 'int4range', '[1,5)'],
  ['null', 'text', null],
  ["row(1,'a')", 'oid 2249', '(1,a)'],
]

for (const [literal, dbType, value] of types) {
  test(`postgres-sqldb - answers with ${literal} as ${dbType}`, async (t) => {
    await using sql = await (await linkedPostgres(server)).sql({ POOL: '1' })
    const { columns, rows, error } = await sql.query(`select ${literal} as x`)
    t.is(error, null)
    t.deepEqual(columns, [{ ordinal: 0, name: 'x', dbType }])
    t.deepEqual(plain(rows[0]?.[0] ?? null), value)
  })
}

function plain(value: SqlValue): SqlValue {
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  return Array.isArray(value) ? (value as SqlValue[]).map(plain) : value
}

test('postgres-sqldb - binds parameters of every kind to the types that a statement has', async (t) => {
  await using sql = await (await linkedPostgres(server)).sql()
  const rows = async (text: string, ...parameters: SqlValue[]): Promise<unknown> =>
    (await sql.rows(text, ...parameters)).map((row) => row.map(plain))
  t.deepEqual(await rows('select $1::bool, $2::bool', true, false), [[true, false]])
  t.deepEqual(await rows('select $1::numeric', 2n ** 64n - 1n), [['18446744073709551615']])
  t.deepEqual(await rows('select $1::float8, $2::float8', -0.5, Infinity), [[-0.5, Infinity]])
  t.deepEqual(await rows('select $1::bytea', Uint8Array.of(0, 92, 255)), [
    [Uint8Array.of(0, 92, 255)],
  ])
  t.deepEqual(await rows('select $1::timestamptz', '2026-01-02T03:04:05Z'), [
    ['2026-01-02T03:04:05Z'],
  ])
  t.deepEqual(await rows("select $1::jsonb -> 'a'", '{"a":[1]}'), [['[1]']])
  const awkward = ['a,b', '"', '\\', '{}', 'NULL', '', ' x ', 'ü\n', null]
  t.deepEqual(await rows('select $1::text[]', awkward), [[awkward]])
  t.deepEqual(await rows('select $1::int8[]', [[1n], [2n]]), [[[[1n], [2n]]]])
  t.deepEqual(await rows('select $1::bytea[]', [Uint8Array.of(1, 0)]), [[[Uint8Array.of(1, 0)]]])
  t.deepEqual(await rows('select 7 = any($1)', [1n, 7n]), [[true]])
  t.is((await sql.query('select $1::int4', 'x')).error?.sqlState, '22P02')
  t.is((await sql.query('select $1::int4', 2n ** 40n)).error?.sqlState, '22003')
  t.is((await sql.query('select $1::text', 'a\0b')).error?.sqlState, '22021')
})

test('postgres-sqldb - leaves nothing in its sessions for whoever comes next', async (t) => {
  const linked = await linkedPostgres(server)
  await using one = await linked.sql({ POOL: '1' })
  await using other = await linked.sql({ POOL: '1' })
  t.is((await linked.sessions()).length, 1)
  const usual = await other.rows("select current_setting('search_path'), current_user")

  for (const statement of [
    "select set_config('search_path', 'nowhere', false)",
    "select set_config('role', 'pg_monitor', false)",
    "select set_config('statement_timeout', '0', false)",
    'create temp table leaked (x int)',
    'select pg_advisory_lock(7)',
    'do $$ begin execute $x$prepare leaked as select 1$x$; end $$',
    "do $$ begin perform set_config('wash.secret', 'x', false); end $$",
  ]) {
    t.is((await one.execute(statement)).error, null, statement)
  }
  t.deepEqual(await other.rows("select current_setting('search_path'), current_user"), usual)
  t.is((await other.query('select * from leaked')).error?.sqlState, '42P01')
  t.deepEqual(await other.rows('select name from pg_prepared_statements'), [])
  t.not((await other.rows("select current_setting('statement_timeout')"))[0]?.[0], '0')
  t.deepEqual(await other.rows("select current_setting('wash.secret', true)"), [['']])
  t.deepEqual(await server.run('select pg_try_advisory_lock(7) as free', linked.database), [
    { free: true },
  ])
  t.is((await linked.sessions()).length, 1)
})

test('postgres-sqldb - holds a link to reading, whatever its statements try', async (t) => {
  const linked = await linkedPostgres(server)
  await using writer = await linked.sql()
  await writer.execute('create table n (x int)')
  await writer.execute('create sequence s')
  const body = 'begin commit; set transaction read write; insert into n values (1); end'
  await writer.execute(`create procedure p() language plpgsql as $$ ${body} $$`)
  await using reader = await linked.sql({ READ_ONLY: 'true' })
  await reader.rows("select set_config('default_transaction_read_only', 'off', false)")
  for (const statement of [
    "select set_config('transaction_read_only', 'off', false)",
    "do $$ begin perform set_config('transaction_read_only', 'off', true); insert into n values (1); end $$",
    'do $$ begin commit; set transaction read write; insert into n values (1); end $$',
    'call p()',
    'explain analyze insert into n values (1)',
    'with x as (insert into n values (1) returning x) select x from x',
    'select nextval($$s$$)',
  ]) {
    t.truthy((await reader.query(statement)).error, statement)
    t.is((await reader.execute('insert into n values (1)')).error?.sqlState, '25006', statement)
  }
  t.deepEqual(await writer.rows('select count(*) from n'), [[0n]])
})

test('postgres-sqldb - ends a field of half a gigabyte before it has come', async (t) => {
  await using sql = await (await linkedPostgres(server)).sql({ MAX_RESULT_BYTES: '100000' })
  const before = process.memoryUsage().rss
  for (const statement of [
    "select repeat('x', 500000000)",
    "select repeat('x', 90000), repeat('y', 500000000)",
    "select repeat('x', 1000) from generate_series(1, 1000000)",
  ]) {
    await t.throwsAsync(() => sql.query(statement), { code: 'ERR_SQL_RESULT_LIMIT' })
  }
  t.true(process.memoryUsage().rss - before < 150e6)
  t.deepEqual(await sql.rows('select 1'), [[1n]])
})

test('postgres-sqldb - drops the rows of what is executed, however many', async (t) => {
  await using sql = await (await linkedPostgres(server)).sql({ MAX_ROWS: '1' })
  const answer = await sql.execute('select x from generate_series(1, 300000) x')
  t.deepEqual(answer, { rowsAffected: 0, error: null })
})

test('postgres-sqldb - stops a statement on the server too', async (t) => {
  const linked = await linkedPostgres(server)
  await using sql = await linked.sql({ STATEMENT_TIMEOUT: '200' })
  await t.throwsAsync(() => sql.query(endless), { code: 'ERR_SQL_TIMEOUT' })
  await until(async () => (await linked.sessions()).every(({ state }) => state !== 'active'))
  await t.throwsAsync(() => sql.query('select pg_sleep(60)'), { code: 'ERR_SQL_TIMEOUT' })
  await until(async () => (await linked.sessions()).every(({ state }) => state !== 'active'))
  t.pass()
})

test('postgres-sqldb - answers with what the server has against a commit', async (t) => {
  await using sql = await (await linkedPostgres(server)).sql()
  await sql.execute('create table a (x int primary key)')
  await sql.execute('create table b (x int references a deferrable initially deferred)')
  t.is((await sql.execute('insert into b values (1)')).error?.sqlState, '23503')
  t.deepEqual(await sql.rows('select count(*) from b'), [[0n]])
})

test('postgres-sqldb - runs what cannot be in a transaction, and procedures that commit', async (t) => {
  await using sql = await (await linkedPostgres(server)).sql()
  await sql.execute('create table n (x int)')
  t.is((await sql.execute('vacuum n')).error, null)
  t.is((await sql.execute('create index concurrently i on n (x)')).error, null)
  const body = 'begin insert into n values (1); commit; insert into n values (2); rollback; end'
  t.is((await sql.execute(`create procedure p() language plpgsql as $$ ${body} $$`)).error, null)
  t.is((await sql.execute('call p()')).error, null)
  t.deepEqual(await sql.rows('select x from n'), [[1n]])
})

test('postgres-sqldb - shares at most POOL connections among links, and closes them with the last', async (t) => {
  const linked = await linkedPostgres(server)
  {
    await using one = await linked.sql({ POOL: '3' })
    await using other = await linked.sql({ POOL: '3' })
    await one.execute('create table n (x int)')
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (index % 2 === 0 ? one : other).execute('insert into n values (?)', BigInt(index)),
      ),
    )
    t.is((await linked.sessions()).length, 3)
    t.deepEqual(await one.rows('select count(*) from n'), [[40n]])
  }
  await until(async () => (await linked.sessions()).length === 0)
})

test('postgres-sqldb - says that all connections are busy to who cannot wait for one', async (t) => {
  await using sql = await (await linkedPostgres(server)).sql({ POOL: '1' })
  const long = sql.query('select pg_sleep(0.5)')
  const statement = { sql: 'select 1', parameters: [], database: '' }
  const error = await t.throwsAsync(async () =>
    sql.ask('Query', statement, { deadlineAt: performance.now() + 50 }),
  )
  t.like(error, { code: 'ERR_SERVER_UNAVAILABLE' })
  t.regex(error?.message ?? '', /all connections are busy/)
  t.is((await long).error, null)
  t.deepEqual(await sql.rows('select 1'), [[1n]])
})

test('postgres-sqldb - tells a link where it goes, and nobody the password', async (t) => {
  const linked = await linkedPostgres(server)
  await using link = await linked.link()
  t.deepEqual(link.info, {
    server: `PostgreSQL 127.0.0.1:${server.port}/${linked.database}`,
    tls: 'disable',
  })
})
