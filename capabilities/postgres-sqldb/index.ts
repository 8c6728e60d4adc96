/** SQL contract on a PostgreSQL server. */
import {
  type NoOperations,
  sqldb,
  type SqlDbError,
  type SqlDbToProvider,
  type SqlStatement,
} from '../../contracts/index.ts'
import type { CapabilityProvider, ProviderCall, ProviderLink } from '../../host/index.ts'
import { checkStatement } from '../sql-text.ts'
import { configSchema, type PostgresConfig } from './config.ts'
import type { ServerError } from './failure.ts'
import { type Pool, Pools } from './pool.ts'
import type { Answer } from './session.ts'
import { nameOf } from './target.ts'
import { tlsOptions } from './tls.ts'
import { parameterOf } from './values.ts'

export type { PostgresConfig } from './config.ts'
export type { PostgresTarget, TlsMode } from './target.ts'

/** What may begin transactions of its own, which are read-only only until it says otherwise. */
const ownTransactions: ReadonlySet<string> = new Set(['CALL', 'DO'])

/**
 * Databases of PostgreSQL. Links to the same database share their connections. Each statement is one
 * transaction in a session as good as new, and is never sent twice.
 *
 * What the database says no to is answered as the contract's `error`, with the SQLSTATE. Operations throw
 * CapabilityError `ERR_SQL_STATEMENT`, `ERR_SQL_RESULT_LIMIT`, `ERR_SQL_TIMEOUT`,
 * `ERR_SERVER_UNAVAILABLE`, `ERR_SERVER_REFUSED`: nothing was changed; `ERR_OUTCOME_UNKNOWN`.
 */
export function postgresSqlDbProvider(): CapabilityProvider<
  PostgresConfig,
  SqlDbToProvider,
  NoOperations
> {
  const pools = new Pools()
  return {
    name: 'postgres-sqldb',
    summary: 'SQL database on a PostgreSQL server',
    contract: sqldb,
    configSchema,
    link: async ({ config, log, signal }) => {
      const { target, caFile, poolSize, limits } = config
      if (target.tls === 'require') {
        log.warn('TLS require encrypts, but does not check who the server is')
      }
      const { isReadOnly, statementTimeoutMs } = limits
      const tls = await tlsOptions(target.tls, caFile)
      const kind = { target, tls, isReadOnly, statementTimeoutMs }
      const held = await pools.hold(kind, poolSize, signal)
      return {
        operations: operations(held.pool, config),
        info: { server: nameOf(target), tls: target.tls },
        [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
      }
    },
  }
}

function operations(
  pool: Pool,
  { target, limits }: PostgresConfig,
): ProviderLink<SqlDbToProvider>['operations'] {
  const run = async (
    statement: SqlStatement,
    wantsRows: boolean,
    call: ProviderCall,
  ): Promise<Answer> => {
    const { keyword, sql } = checkStatement(statement, 'postgres', target.database)
    if (limits.isReadOnly && ownTransactions.has(keyword)) {
      const message = `${keyword}: the link is read-only`
      return { kind: 'refused', error: { sqlState: '25006', message, isFatal: false } }
    }
    const parameters = statement.parameters.map(parameterOf)
    const { maxRows, maxResultBytes, statementTimeoutMs } = limits
    return pool.use(call, (session) => {
      const leftMs = Math.max(1, call.deadlineAt - performance.now())
      return session.run(
        { sql, parameters, wantsRows, maxRows, maxResultBytes },
        {
          operation: call.operation,
          keyword,
          timeoutMs: Math.min(statementTimeoutMs, leftMs),
          signal: call.signal,
        },
      )
    })
  }
  return {
    Execute: async (statement, call) => {
      const answer = await run(statement, false, call)
      if (answer.kind === 'refused') return { rowsAffected: 0, error: errorOf(answer.error) }
      return { rowsAffected: answer.rowsAffected, error: null }
    },
    Query: async (statement, call) => {
      const answer = await run(statement, true, call)
      if (answer.kind === 'refused') return { columns: [], rows: [], error: errorOf(answer.error) }
      return { columns: answer.columns, rows: answer.rows, error: null }
    },
  }
}

function errorOf({ message, sqlState }: ServerError): SqlDbError {
  return { code: 'db', message, sqlState }
}
