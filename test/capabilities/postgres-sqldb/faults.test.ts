/** A server that is gone, refuses, hangs or dies in the middle; and whether the actor is told the truth. */
import test from 'ava'
import type { CapabilityError } from '../../../capabilities/index.ts'
import { postgresSqlDbProvider } from '../../../capabilities/postgres-sqldb/index.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { freePort } from '../../support/free-port.ts'
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts'
import { endless } from '../sqldb-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'
import { linkedPostgres, until } from './support/linked-postgres.ts'

/** Everything that an error would tell an actor, or a log. */
function told(error: unknown): string {
  const { message, detail } = error as CapabilityError
  return `${message} ${JSON.stringify(detail)}`
}

async function linkTo(url: string, values: Readonly<Record<string, string>> = {}) {
  return linkProvider(postgresSqlDbProvider(), { values: { URL: url, ...values } })
}

test('postgres-sqldb - fails a link to a server that is not there, and names it', async (t) => {
  const port = await freePort()
  const url = `postgres://me:s3cret@127.0.0.1:${port}/db`
  const error = await t.throwsAsync(() => linkTo(url), { code: 'ERR_SERVER_UNAVAILABLE' })
  t.regex(told(error), new RegExp(`PostgreSQL 127.0.0.1:${port}/db is unavailable: .*ECONNREFUSED`))
  t.notRegex(told(error), /s3cret/)
})

test('postgres-sqldb - fails a link that the server refuses, and says why but no password', async (t) => {
  await using server = await startPostgres()
  const url = server.url()
  const wrong = url.replace(/:[^:@]+@/, ':s3cret@')
  const none = url.replace(/:[^:@]+@/, '@')
  for (const [tried, reason] of [
    [wrong, /password authentication failed.*correct the password in the link/],
    [none, /password.*correct the password in the link/],
    [server.url('nowhere'), /database "nowhere" does not exist.*correct the database in the link/],
    [url.replace('wash:', 'nobody:'), /password authentication failed/],
  ] as const) {
    const error = await t.throwsAsync(() => linkTo(tried), { code: 'ERR_SERVER_REFUSED' })
    t.regex(told(error), reason)
    t.notRegex(told(error), /s3cret|p@ss/)
  }
})

test('postgres-sqldb - takes a server with no room for one that is gone for now', async (t) => {
  await using server = await startPostgres({
    config: { max_connections: '4', superuser_reserved_connections: '0', max_wal_senders: '0' },
  })
  const links = await Promise.all(
    Array.from({ length: 4 }, () => linkTo(server.url()).catch((error: unknown) => error)),
  )
  await using owned = new AsyncDisposableStack()
  for (const link of links) if (!(link instanceof Error)) owned.use(link as AsyncDisposable)
  const error = await t.throwsAsync(() => linkTo(server.url()))
  t.is((error as CapabilityError).code, 'ERR_SERVER_UNAVAILABLE')
  t.regex(told(error), /too many clients|reserved/)
})

test('postgres-sqldb - tells of a server that went away, and recovers when it is back', async (t) => {
  await using server = await startPostgres()
  await using sql = await (await linkedPostgres(server)).sql()
  await sql.execute('create table n (x int)')
  await sql.execute('insert into n values (1)')
  await server.kill()
  for (let attempt = 0; attempt < 3; attempt++) {
    await t.throwsAsync(() => sql.execute('insert into n values (2)'), {
      code: 'ERR_SERVER_UNAVAILABLE',
    })
  }
  await server.restart()
  t.deepEqual(await sql.rows('select x from n'), [[1n]])
})

test('postgres-sqldb - tells all who wait that the server is gone, and leaves none waiting', async (t) => {
  await using server = await startPostgres()
  await using sql = await (await linkedPostgres(server)).sql({ POOL: '2' })
  await sql.execute('create table n (x int)')
  await server.kill()
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, () => sql.execute('insert into n values (1)')),
  )
  for (const outcome of outcomes) {
    const code = outcome.status === 'rejected' && (outcome.reason as CapabilityError).code
    t.is(code, 'ERR_SERVER_UNAVAILABLE')
  }
  await server.restart()
  t.deepEqual(await sql.rows('select count(*) from n'), [[0n]])
})

test('postgres-sqldb - does not send the statement of a caller who is gone', async (t) => {
  await using server = await startPostgres()
  await using sql = await (await linkedPostgres(server)).sql()
  await sql.execute('create table n (x int)')
  const statement = { sql: 'insert into n values (1)', parameters: [], database: '' }
  await until(async () => (await sql.query('select 1')).error === null)
  const signal = AbortSignal.abort()
  for (let round = 0; round < 20; round++) {
    await t.throwsAsync(async () => sql.ask('Execute', statement, { signal }))
  }
  t.deepEqual(await sql.rows('select count(*) from n'), [[0n]])
})

test('postgres-sqldb - rolls back a statement whose server is killed, and says so', async (t) => {
  await using server = await startPostgres()
  const linked = await linkedPostgres(server)
  await using sql = await linked.sql()
  await sql.execute('create table n (x int)')
  const running = sql.execute(`insert into n ${endless}`)
  await until(async () => (await linked.sessions()).some(({ state }) => state === 'active'))
  await Promise.all([
    t.throwsAsync(() => running, { code: 'ERR_SERVER_UNAVAILABLE' }),
    server.kill(),
  ])
  await server.restart()
  t.deepEqual(await sql.rows('select count(*) from n'), [[0n]])
})

test('postgres-sqldb - tells the truth of each of many writes around a kill', async (t) => {
  await using server = await startPostgres()
  await using sql = await (await linkedPostgres(server)).sql({ POOL: '8' })
  await sql.execute('create table n (x int primary key)')
  const done: bigint[] = []
  const undone: bigint[] = []
  const unknown: bigint[] = []
  let next = 0n
  const over = new AbortController()
  const writer = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const id = next++
      try {
        const { error } = await sql.execute('insert into n values (?)', id)
        t.is(error, null)
        done.push(id)
      } catch (error) {
        const { code } = error as CapabilityError
        if (code === 'ERR_OUTCOME_UNKNOWN') unknown.push(id)
        else undone.push(id)
        if (code !== 'ERR_OUTCOME_UNKNOWN') t.is(code, 'ERR_SERVER_UNAVAILABLE')
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }
  const writers = Array.from({ length: 8 }, writer)
  for (let round = 1; round <= 3; round++) {
    const before = done.length
    await until(async () => done.length > before + 50)
    await server.restart()
  }
  const before = done.length
  await until(async () => done.length > before + 50)
  over.abort()
  await Promise.all(writers)
  const stored = new Set((await sql.rows('select x from n')).flat())
  t.deepEqual(
    done.filter((id) => !stored.has(id)),
    [],
  )
  t.deepEqual(
    undone.filter((id) => stored.has(id)),
    [],
  )
  t.is(stored.size, done.length + unknown.filter((id) => stored.has(id)).length)
  t.true(undone.length > 0)
})

/** A table whose commits wait for a lock that the test holds. */
async function slowCommits(server: PostgresServer, database: string): Promise<void> {
  await server.run(
    `create table n (x int);
     create function wait() returns trigger language plpgsql as
       $$ begin perform pg_advisory_xact_lock(42); return null; end $$;
     create constraint trigger wait after insert on n deferrable initially deferred
       for each row execute function wait()`,
    database,
  )
}

test('postgres-sqldb - does not know what became of a commit that the connection broke in', async (t) => {
  await using server = await startPostgres()
  await using proxy = await startFaultProxy(server.port)
  const linked = await linkedPostgres(server, proxy.port)
  await slowCommits(server, linked.database)
  await using sql = await linked.sql()
  const held = t.throwsAsync(() =>
    server.run('begin; select pg_advisory_xact_lock(42); select pg_sleep(60)', linked.database),
  )
  await until(async () => isWaiting(server, true, linked.database))
  const running = sql.execute('insert into n values (1)')
  await until(async () => isWaiting(server, false, linked.database))
  proxy.reset()
  const error = await t.throwsAsync(() => running, { code: 'ERR_OUTCOME_UNKNOWN' })
  t.like(error, { detail: { operation: 'Execute' } })
  await server.run(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted`,
    linked.database,
  )
  await held
  await until(async () => !(await isWaiting(server, false, linked.database)))
  // It was committed, as it happens: repeating it would have been wrong.
  await until(async () => (await sql.rows('select count(*) from n'))[0]?.[0] === 1n)
})

async function isWaiting(
  server: PostgresServer,
  isGranted: boolean,
  database: string,
): Promise<boolean> {
  const locks = await server.run(
    `select 1 from pg_locks where locktype = 'advisory' and granted = ${isGranted}`,
    database,
  )
  return locks.length > 0
}

test('postgres-sqldb - does not know what became of a procedure that the connection broke in', async (t) => {
  await using server = await startPostgres()
  const linked = await linkedPostgres(server)
  await using sql = await linked.sql()
  await sql.execute('create table n (x int)')
  const body = 'begin insert into n values (1); commit; perform pg_sleep(60); end'
  await sql.execute(`create procedure p() language plpgsql as $$ ${body} $$`)
  const running = sql.execute('call p()')
  await until(async () => (await server.run('select 1 from n', linked.database)).length > 0)
  const [session] = await linked.sessions()
  await Promise.all([
    t.throwsAsync(() => running, { code: 'ERR_OUTCOME_UNKNOWN' }),
    server.run(`select pg_terminate_backend(${session?.pid})`),
  ])
})

test('postgres-sqldb - gives up on a server that no longer answers, and recovers', async (t) => {
  await using server = await startPostgres()
  await using proxy = await startFaultProxy(server.port)
  const linked = await linkedPostgres(server, proxy.port)
  await using sql = await linked.sql({ STATEMENT_TIMEOUT: '2000', POOL: '1' })
  await sql.execute('create table n (x int)')
  const running = sql.execute('insert into n select 1 from pg_sleep(60)')
  await until(async () => (await linked.sessions()).some(({ state }) => state === 'active'))
  proxy.swallow()
  const started = performance.now()
  await t.throwsAsync(() => running, { code: 'ERR_SQL_TIMEOUT' })
  t.true(performance.now() - started < 10_000)
  await proxy.pass()
  t.deepEqual(await sql.rows('select count(*) from n'), [[0n]])
})

test('postgres-sqldb - recovers from resets, cuts and refusals', async (t) => {
  await using server = await startPostgres()
  await using proxy = await startFaultProxy(server.port)
  await using sql = await (await linkedPostgres(server, proxy.port)).sql({ POOL: '2' })
  await sql.execute('create table n (x text)')
  for (let bytes = 1; bytes < 400; bytes += 13) {
    proxy.cutAfter(bytes, bytes % 2 === 0 ? 'requests' : 'replies')
    const outcome = await sql.execute("insert into n values ('x')").then(
      () => 'done',
      (error: unknown) => (error as CapabilityError).code,
    )
    t.regex(outcome, /^(?:done|ERR_SERVER_UNAVAILABLE|ERR_OUTCOME_UNKNOWN)$/)
    await proxy.pass()
    proxy.reset()
  }
  await proxy.refuse()
  await t.throwsAsync(
    async () => {
      await sql.query('select 1')
      await sql.query('select 1')
    },
    { code: 'ERR_SERVER_UNAVAILABLE' },
  )
  await proxy.pass()
  await until(async () => {
    const answered = await sql.query('select 1').catch(() => undefined)
    return answered !== undefined
  })
  t.deepEqual(await sql.rows('select 1'), [[1n]])
})

test('postgres-sqldb - checks the certificate of the server, unless the link says otherwise', async (t) => {
  await using server = await startPostgres({ tlsNames: ['localhost'] })
  const TLS_CA_FILE = server.certificate?.caFile ?? ''
  const byName = server.url()
  const byAddress = byName.replace('localhost', '127.0.0.1')
  const refused = async (url: string, values: Record<string, string>, reason: RegExp) => {
    const error = await t.throwsAsync(() => linkTo(url, values), { code: 'ERR_SERVER_REFUSED' })
    t.regex(told(error), reason)
  }
  await refused(byName, { TLS: 'verify-full' }, /certificate.*set TLS_CA_FILE/)
  await refused(byAddress, { TLS: 'verify-full', TLS_CA_FILE }, /altname|does not match/)
  await refused(byName, { TLS: 'verify-ca' }, /certificate/)
  await refused(byName, { TLS: 'disable' }, /pg_hba.*set TLS in the link/)
  for (const [url, values] of [
    [byName, { TLS: 'verify-full', TLS_CA_FILE }],
    [`${byName}?sslmode=verify-full`, { TLS_CA_FILE }],
    [byAddress, { TLS: 'verify-ca', TLS_CA_FILE }],
    [byAddress, { TLS: 'require' }],
  ] as const) {
    await using link = await linkTo(url, values)
    const sql = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()'
    const { rows } = await link.ask('Query', { sql, parameters: [], database: '' })
    t.deepEqual(rows, [[true]])
    const warned = link.log.some(({ level }) => level === 'warn')
    t.is(warned, values.TLS === 'require')
  }
})

test('postgres-sqldb - stops a statement over TLS too', async (t) => {
  await using server = await startPostgres({ tlsNames: ['localhost'] })
  const TLS_CA_FILE = server.certificate?.caFile ?? ''
  const linked = await linkedPostgres(server)
  const values = { TLS: 'verify-full', TLS_CA_FILE, STATEMENT_TIMEOUT: '200' }
  await using sql = await linked.sql(values)
  const started = performance.now()
  await t.throwsAsync(() => sql.query('select pg_sleep(60)'), { code: 'ERR_SQL_TIMEOUT' })
  // The server was told, and answered: nothing waited for the grace period to pass.
  t.true(performance.now() - started < 2000)
  await until(async () => (await linked.sessions()).every(({ state }) => state !== 'active'))
})

test('postgres-sqldb - refuses TLS to a server that has none, and a file that is not there', async (t) => {
  await using server = await startPostgres()
  const error = await t.throwsAsync(() => linkTo(server.url(), { TLS: 'verify-full' }))
  t.regex(told(error), /does not support SSL.*set TLS disable/)
  await t.throwsAsync(
    () => linkTo(server.url(), { TLS: 'verify-full', TLS_CA_FILE: '/none/ca.pem' }),
    { message: 'TLS_CA_FILE "/none/ca.pem" cannot be read (ENOENT)' },
  )
})
