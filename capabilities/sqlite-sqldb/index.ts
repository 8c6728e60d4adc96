/** SQL contract on SQLite: for development, tests, and databases of one host. */
import {
  type NoOperations,
  sqldb,
  type SqlDbToProvider,
  type SqlStatement,
} from '../../contracts/index.ts'
import type { CapabilityProvider, ProviderCall, ProviderLink } from '../../host/index.ts'
import { CapabilityError } from '../errors.ts'
import { checkStatement, refused } from '../sql-text.ts'
import { configSchema, type SqliteConfig } from './config.ts'
import type { Database } from './database.ts'
import { Databases } from './databases.ts'
import type { RunOutcome, SqliteValue } from './messages.ts'

export type { SqliteConfig } from './config.ts'

/** What a test may put in the place of the usual. */
export interface SqliteOptions {
  /** After how long without a statement the process of a database is ended. Default: 60,000. */
  readonly idleMs?: number
}

/**
 * Databases of SQLite, each in a process of its own: SQLite runs a statement to its end, and a process
 * can be killed. Each statement is one transaction. Statements cannot reach other files, load code, or
 * leave anything behind that is not in the database.
 *
 * What SQLite says no to is answered as the contract's `error`, with an SQLSTATE. Operations throw
 * CapabilityError `ERR_SQL_STATEMENT`, `ERR_SQL_RESULT_LIMIT`, `ERR_SQL_TIMEOUT`, `ERR_SQL_FILE`,
 * `ERR_SERVER_UNAVAILABLE`: nothing was changed; `ERR_OUTCOME_UNKNOWN`.
 */
export function sqliteSqlDbProvider(
  options: SqliteOptions = {},
): CapabilityProvider<SqliteConfig, SqlDbToProvider, NoOperations> {
  const databases = new Databases(options.idleMs ?? 60_000)
  return {
    name: 'sqlite-sqldb',
    summary: 'SQL database in a file, or a temporary one',
    contract: sqldb,
    configSchema,
    link: async ({ config, actor, linkName, log, signal }) => {
      if (config.serverGiven) log.info('URL and HOST have no effect: this database is SQLite')
      await using opened = new AsyncDisposableStack()
      const { file, store, limits } = config
      const choice = { actor, linkName, file, store, isReadOnly: limits.isReadOnly }
      const { database } = opened.use(await databases.hold(choice, log))
      await database.open(signal)
      const owned = opened.move()
      return {
        operations: operations(database, config),
        info: { database: store === undefined ? database.name : `temporary ${store}` },
        [Symbol.asyncDispose]: () => owned.disposeAsync(),
      }
    },
  }
}

function operations(
  database: Database,
  { limits, maxBytes }: SqliteConfig,
): ProviderLink<SqlDbToProvider>['operations'] {
  const run = async (
    statement: SqlStatement,
    wantsRows: boolean,
    call: ProviderCall,
  ): Promise<RunOutcome> => {
    const { keyword, sql } = checkStatement(statement, 'sqlite', 'main')
    // It works on another file, and not in a transaction.
    if (keyword === 'VACUUM') {
      return { kind: 'refused', message: 'VACUUM: not allowed', sqlState: '42501' }
    }
    const parameters = sqliteValues(statement)
    return database.run({ sql, parameters, wantsRows, maxBytes, ...limits }, call)
  }
  return {
    Execute: async (statement, call) => {
      const outcome = await run(statement, false, call)
      if (outcome.kind === 'refused') return { rowsAffected: 0, error: errorOf(outcome) }
      return { rowsAffected: done(outcome, limits).rowsAffected, error: null }
    },
    Query: async (statement, call) => {
      const outcome = await run(statement, true, call)
      if (outcome.kind === 'refused') return { columns: [], rows: [], error: errorOf(outcome) }
      const { columns, rows } = done(outcome, limits)
      return {
        columns: columns.map(({ name, type }, ordinal) => ({ ordinal, name, dbType: type ?? '' })),
        rows,
        error: null,
      }
    },
  }
}

function errorOf({ message, sqlState }: Extract<RunOutcome, { kind: 'refused' }>): {
  code: string
  message: string
  sqlState: string
} {
  return { code: 'db', message, sqlState }
}

/** @throws CapabilityError ERR_SQL_RESULT_LIMIT */
function done(
  outcome: Exclude<RunOutcome, { kind: 'refused' }>,
  { maxRows, maxResultBytes }: SqliteConfig['limits'],
): Extract<RunOutcome, { kind: 'done' }> {
  if (outcome.kind === 'done') return outcome
  const { limit } = outcome
  const allowed = limit === 'MAX_ROWS' ? maxRows : maxResultBytes
  throw new CapabilityError(
    'ERR_SQL_RESULT_LIMIT',
    { limit, allowed },
    `the result is larger than ${limit}, which is ${allowed}`,
  )
}

/** @throws CapabilityError ERR_SQL_STATEMENT */
function sqliteValues({ parameters }: SqlStatement): SqliteValue[] {
  return parameters.map((value, index) => {
    if (typeof value === 'boolean') return value ? 1n : 0n
    if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) {
      throw refused('parameters', '', `parameter ${index + 1} does not fit 64 bits`)
    }
    if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value
    throw refused('parameters', '', `parameter ${index + 1} is an array, which SQLite has not`)
  })
}
