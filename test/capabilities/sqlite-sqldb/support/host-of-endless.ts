/** Runs a statement without end on the file it is given, for a test that kills this process. */
import { sqliteSqlDbProvider } from '../../../../capabilities/sqlite-sqldb/index.ts'
import { endless } from '../../sqldb-contract.ts'
import { linkProvider } from '../../support/linked-provider.ts'

const values = { FILE: process.argv[2] ?? '', STATEMENT_TIMEOUT: '300' }
const link = await linkProvider(sqliteSqlDbProvider(), { values })
void link.ask('Query', { sql: endless, parameters: [], database: '' })
process.send?.('running')
