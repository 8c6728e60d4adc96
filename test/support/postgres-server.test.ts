import test from 'ava'
import { Client } from 'pg'
import { startPostgres } from './postgres-server.ts'

test('startPostgres - serves with a password, and outlives a kill with its data', async (t) => {
  await using server = await startPostgres()
  const database = await server.createDatabase()
  await server.run('create table n (x int); insert into n values (7)', database)
  await t.throwsAsync(
    () => new Client({ connectionString: server.url().replace(/:[^:@]+@/, ':wrong@') }).connect(),
    { code: '28P01' },
  )
  await server.kill()
  await t.throwsAsync(() => server.run('select 1'), { code: 'ECONNREFUSED' })
  await server.restart()
  t.deepEqual(await server.run('select x from n', database), [{ x: 7 }])
})

test('startPostgres - serves over TLS alone where it has names', async (t) => {
  await using server = await startPostgres({ tlsNames: ['localhost'] })
  t.deepEqual(await server.run('select ssl from pg_stat_ssl where pid = pg_backend_pid()'), [
    { ssl: true },
  ])
  await t.throwsAsync(() => new Client({ connectionString: server.url(), ssl: false }).connect(), {
    code: '28000',
  })
})
