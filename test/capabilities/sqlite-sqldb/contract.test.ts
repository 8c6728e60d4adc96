import { join } from 'node:path'
import test from 'ava'
import { sqliteSqlDbProvider } from '../../../capabilities/sqlite-sqldb/index.ts'
import { temporaryFolder } from '../../support/service.ts'
import { sqlDbContract } from '../sqldb-contract.ts'
import { linkProvider } from '../support/linked-provider.ts'

sqlDbContract(test.serial, 'sqlite-sqldb', async () => {
  const provider = sqliteSqlDbProvider()
  const folder = await temporaryFolder()
  const file = join(folder.path, 'test.sqlite')
  return {
    link: (values) => linkProvider(provider, { values: { FILE: file, ...values } }),
    bytesType: 'blob',
    database: 'main',
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
})
