/** Runs statements on one database of SQLite, in a process of its own. */
import { Buffer } from 'node:buffer'
import { constants, DatabaseSync, type StatementSync } from 'node:sqlite'
import { refusalOf } from './authorizer.ts'
import type {
  ProcessOptions,
  RunOutcome,
  RunRequest,
  SqliteColumn,
  SqliteValue,
} from './messages.ts'
import { sqlStateOf } from './sql-state.ts'

const pageBytes = 4096

/** How long a statement waits for another process that has the database, at most. */
const busyTimeoutMs = 5000

/** What may follow a statement: nothing but semicolons, space and comments. */
const emptyTail = /^(?:[\s;]|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$))*$/

/** A database that is open. */
export class Engine implements Disposable {
  readonly #database: DatabaseSync
  /** Statements of our own are not asked about. */
  #isOwn = true
  #isReadOnly = false
  #denied: ReturnType<typeof refusalOf>
  #maxPages = 0
  #maxValueBytes = 0

  /** @throws Error where the file is no database, or cannot be made */
  constructor({ path, isDurable }: ProcessOptions) {
    this.#database = new DatabaseSync(path, {
      allowExtension: false,
      defensive: true,
      enableDoubleQuotedStringLiterals: false,
      enableForeignKeyConstraints: true,
      readBigInts: true,
      returnArrays: true,
      timeout: busyTimeoutMs,
      limits: { attach: 0, likePatternLength: 1000, sqlLength: 1_000_000, triggerDepth: 100 },
    })
    this.#database.setAuthorizer((action, first, second) => {
      if (this.#isOwn) return constants.SQLITE_OK
      const denied = refusalOf(action, first, second, this.#isReadOnly)
      if (denied === undefined) return constants.SQLITE_OK
      this.#denied ??= denied
      return constants.SQLITE_DENY
    })
    this.#own(`PRAGMA journal_mode = WAL`)
    this.#own(`PRAGMA synchronous = ${isDurable ? 'FULL' : 'OFF'}`)
    this.#own('PRAGMA temp_store = MEMORY')
    this.#own('PRAGMA trusted_schema = OFF')
    this.#own('PRAGMA cell_size_check = ON')
  }

  /**
   * Runs one statement in a transaction of its own.
   *
   * @param committing is called before the transaction is committed
   */
  run(request: RunRequest, committing: () => void): RunOutcome {
    this.#limit(request)
    this.#denied = undefined
    try {
      const statement = this.#prepare(request)
      if (statement === undefined) {
        return { kind: 'refused', message: 'send one statement a call', sqlState: '42601' }
      }
      this.#own('BEGIN')
      const before = this.#changes()
      const outcome = this.#step(statement, request)
      if (outcome.kind !== 'done') return outcome
      const after = this.#changes()
      committing()
      this.#own('COMMIT')
      return { ...outcome, rowsAffected: after.total === before.total ? 0 : after.last }
    } catch (error) {
      return this.#refusal(error)
    } finally {
      if (this.#database.isTransaction) this.#own('ROLLBACK')
    }
  }

  /** Writes the log of changes back into the file. */
  [Symbol.dispose](): void {
    this.#database.close()
  }

  #prepare({ sql, isReadOnly }: RunRequest): StatementSync | undefined {
    this.#isOwn = false
    this.#isReadOnly = isReadOnly
    try {
      const statement = this.#database.prepare(sql)
      return emptyTail.test(sql.slice(statement.sourceSQL.length)) ? statement : undefined
    } finally {
      this.#isOwn = true
    }
  }

  /** A statement is prepared again, and asked about, when the schema has changed in the meantime. */
  #step(statement: StatementSync, request: RunRequest): RunOutcome {
    this.#isOwn = false
    const { parameters, wantsRows, maxRows, maxResultBytes } = request
    try {
      if (!wantsRows) {
        statement.run(...parameters)
        return { kind: 'done', rowsAffected: 0, columns: [], rows: [] }
      }
      const rows: SqliteValue[][] = []
      let bytes = 0
      for (const row of statement.iterate(...parameters) as Iterable<unknown>) {
        const fields = row as SqliteValue[]
        if (rows.length === maxRows) return { kind: 'limit', limit: 'MAX_ROWS' }
        for (const field of fields) bytes += sizeOf(field)
        if (bytes > maxResultBytes) return { kind: 'limit', limit: 'MAX_RESULT_BYTES' }
        rows.push(fields)
      }
      const columns = statement.columns().map(({ name, type }): SqliteColumn => ({ name, type }))
      return { kind: 'done', rowsAffected: 0, columns, rows }
    } finally {
      this.#isOwn = true
    }
  }

  #refusal(error: unknown): RunOutcome {
    const message = error instanceof Error ? error.message : String(error)
    const code = (error as { readonly errcode?: unknown }).errcode
    if (this.#denied === 'read-only') {
      return { kind: 'refused', message: 'the link is read-only', sqlState: '25006' }
    }
    if (this.#denied !== undefined) {
      return { kind: 'refused', message: `${this.#denied.what}: not allowed`, sqlState: '42501' }
    }
    const sqlState = typeof code === 'number' ? sqlStateOf(code) : '42601'
    return { kind: 'refused', message, sqlState }
  }

  /** Rows changed so far in all, and by the last statement that changed any. */
  #changes(): { readonly total: number; readonly last: number } {
    const row: unknown = this.#database.prepare('SELECT total_changes(), changes()').get()
    const [total = 0n, last = 0n] = row as bigint[]
    return { total: Number(total), last: Number(last) }
  }

  #limit({ maxBytes, maxResultBytes }: RunRequest): void {
    const maxPages = Math.ceil(maxBytes / pageBytes)
    if (maxPages !== this.#maxPages) this.#own(`PRAGMA max_page_count = ${maxPages}`)
    this.#maxPages = maxPages
    // No value, and no row, needs to be larger than a result may be.
    const maxValueBytes = Math.max(maxResultBytes, 1_000_000)
    if (maxValueBytes !== this.#maxValueBytes) this.#database.limits.length = maxValueBytes
    this.#maxValueBytes = maxValueBytes
  }

  #own(sql: string): void {
    this.#isOwn = true
    this.#database.prepare(sql).get()
  }
}

function sizeOf(value: SqliteValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  return value instanceof Uint8Array ? value.length : 8
}
