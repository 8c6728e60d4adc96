import { postgresSqlDbProvider } from '../../../../capabilities/postgres-sqldb/index.ts'
import type { PostgresServer } from '../../../support/postgres-server.ts'
import { openSql, type Sql } from '../../sqldb-contract.ts'
import { type LinkedProvider, linkProvider } from '../../support/linked-provider.ts'
import type { SqlDbToProvider } from '../../../../contracts/index.ts'

/** Links of one provider to an empty database of its own. */
export interface LinkedPostgres {
  readonly database: string
  readonly url: string
  sql(values?: Readonly<Record<string, string>>): Promise<Sql>
  link(values?: Readonly<Record<string, string>>): Promise<LinkedProvider<SqlDbToProvider>>
  /** Sessions of the provider, as the server counts them. */
  sessions(): Promise<{ state: string; query: string; pid: number }[]>
}

/** @param port of a proxy, where links are not to go to the server itself */
export async function linkedPostgres(
  server: PostgresServer,
  port: number = server.port,
): Promise<LinkedPostgres> {
  const provider = postgresSqlDbProvider()
  const database = await server.createDatabase()
  const url = server.url(database).replace(`:${server.port}/`, `:${port}/`)
  const link: LinkedPostgres['link'] = (values) =>
    linkProvider(provider, { values: { URL: url, ...values } })
  return {
    database,
    url,
    link,
    sql: (values) =>
      openSql({
        link: () => link(values),
        bytesType: 'bytea',
        database,
        [Symbol.asyncDispose]: async () => undefined,
      }),
    sessions: () =>
      server.run(
        `select state, query, pid from pg_stat_activity
         where datname = '${database}' and application_name = 'wash-ts'`,
      ) as Promise<{ state: string; query: string; pid: number }[]>,
  }
}

/** Waits until something is so on the server. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5))
}
