import test from 'ava'
import {
  type PostgresConfig,
  postgresSqlDbProvider,
  sqliteSqlDbProvider,
} from '../../../capabilities/index.ts'
import { valueProblems } from '../support/linked-provider.ts'

const provider = postgresSqlDbProvider()

async function parse(values: Record<string, string>): Promise<PostgresConfig> {
  const parsed = await provider.configSchema['~standard'].validate(values)
  if (parsed.issues) throw new Error(parsed.issues.map(({ message }) => message).join('; '))
  return parsed.value
}

const local = { user: 'me', password: undefined, database: 'me', tls: 'disable' }

const targets: [values: Record<string, string>, target: object][] = [
  [
    { URL: 'postgres://me:p%40ss%3A%2F%25@db.example:6543/a%20b?sslmode=verify-ca' },
    {
      host: 'db.example',
      port: 6543,
      user: 'me',
      password: 'p@ss:/%',
      database: 'a b',
      tls: 'verify-ca',
    },
  ],
  [{ URL: 'postgresql://me@localhost' }, { ...local, host: 'localhost', port: 5432 }],
  [{ URL: 'postgres://me@[::1]:1/me' }, { ...local, host: '::1', port: 1 }],
  [
    { URL: 'postgres://me@db.example', PASSWORD: ' s3cret ' },
    { ...local, host: 'db.example', port: 5432, password: 's3cret', tls: 'verify-full' },
  ],
  [
    { HOST: 'db.example', PORT: '1', USER: 'me', PASSWORD: 'p', DATABASE: 'd', TLS: 'Require' },
    { host: 'db.example', port: 1, user: 'me', password: 'p', database: 'd', tls: 'require' },
  ],
  [
    { HOST: '/run/postgresql', USER: 'me' },
    { ...local, host: '/run/postgresql', port: 5432 },
  ],
  [
    { HOST: '127.0.0.2', USER: 'me' },
    { ...local, host: '127.0.0.2', port: 5432 },
  ],
]

for (const [values, target] of targets) {
  test(`postgres-sqldb - reads ${JSON.stringify(values)}`, async (t) => {
    const config = await parse(values)
    t.deepEqual(config.target, target as PostgresConfig['target'])
    t.is(config.poolSize, 10)
    t.deepEqual(config.limits, {
      isReadOnly: false,
      statementTimeoutMs: 30_000,
      maxRows: 10_000,
      maxResultBytes: 4_194_304,
    })
  })
}

const problems: [values: Record<string, string>, ...problems: RegExp[]][] = [
  [{}, /^URL: is missing; write postgres:\/\//],
  [{ USER: 'me' }, /^URL: is missing/],
  [{ URL: 'mysql://me:s3cret@host/db' }, /^URL: is no PostgreSQL URL \(not shown/],
  [{ URL: 's3cret' }, /^URL: is no PostgreSQL URL \(not shown/],
  [{ URL: 'postgres://me:s3cret@host:99999/db' }, /^URL: is no PostgreSQL URL \(not shown/],
  [{ URL: 'postgres://me:s3cret%@host/db' }, /^URL: has a "%"/],
  [{ URL: 'postgres://me:s3#cret@host/db' }, /^URL: /],
  [{ URL: 'postgres:///db' }, /^URL: has no host/],
  [{ URL: 'postgres://host/db' }, /^USER: is missing/],
  [{ URL: 'postgres://me@host/db?sslmode=prefer' }, /^URL: "prefer" is not one of .* plain text/],
  [{ URL: 'postgres://me@host/db?options=-c' }, /^URL: has the parameter "options"/],
  [{ URL: 'postgres://me@host/db', HOST: 'x', PORT: '1' }, /^HOST: is given twice/, /^PORT: /],
  [{ URL: 'postgres://me:s3cret@host/db', PASSWORD: 's3cret2' }, /^PASSWORD: is given twice/],
  [{ URL: 'postgres://me@host/db?sslmode=require', TLS: 'disable' }, /^TLS: is given twice/],
  [
    { HOST: 'localhost', USER: 'me', TLS_CA_FILE: 'x' },
    /^TLS_CA_FILE: has no effect with TLS disable/,
  ],
  [{ HOST: 'localhost', USER: 'me', TLS: 'on' }, /^TLS: "on" is not one of disable, require/],
  [{ HOST: 'localhost', USER: 'me', POOL: '0' }, /^POOL: "0" is not a whole number from 1 to 1000/],
  [{ HOST: 'localhost', USER: 'me', SSL: 'x' }, /unknown key "SSL"/],
]

for (const [values, ...expected] of problems) {
  test(`postgres-sqldb - refuses the values ${JSON.stringify(values)}`, async (t) => {
    const found = await valueProblems(provider, values)
    t.is(found.length, expected.length, found.join('\n'))
    for (const [index, pattern] of expected.entries()) {
      t.regex(found[index] ?? '', pattern)
      t.notRegex(found[index] ?? '', /s3/)
    }
  })
}

test("postgres-sqldb, sqlite-sqldb - take each other's values, so that one can take over from the other", async (t) => {
  const values = {
    ...{ HOST: 'localhost', PORT: '1', USER: 'me', PASSWORD: 'p', DATABASE: 'd', POOL: '2' },
    ...{ TLS: 'verify-full', TLS_CA_FILE: 'ca.pem', FILE: 'x.sqlite', MAX_BYTES: '100000' },
    ...{ READ_ONLY: 'true', STATEMENT_TIMEOUT: '1', MAX_ROWS: '1', MAX_RESULT_BYTES: '1024' },
  }
  t.deepEqual(await valueProblems(provider, values), [])
  t.deepEqual(await valueProblems(sqliteSqlDbProvider(), values), [])
  const others = { URL: 'postgres://me@localhost', STORE: 'x' }
  t.deepEqual(await valueProblems(provider, others), [])
  t.deepEqual(await valueProblems(sqliteSqlDbProvider(), others), [])
})
