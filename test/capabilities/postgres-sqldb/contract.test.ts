import test from 'ava'
import { postgresSqlDbProvider } from '../../../capabilities/postgres-sqldb/index.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import { sqlDbContract } from '../sqldb-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'

const server = await startPostgres()
test.after.always(() => server[Symbol.asyncDispose]())

sqlDbContract(test.serial, 'postgres-sqldb', async () => {
  const provider = postgresSqlDbProvider()
  const database = await server.createDatabase()
  const url = server.url(database)
  return {
    link: (values) => linkProvider(provider, { values: { URL: url, ...values } }),
    bytesType: 'bytea',
    database,
    [Symbol.asyncDispose]: async () => undefined,
  }
})
