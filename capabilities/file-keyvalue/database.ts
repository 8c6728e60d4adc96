import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { CapabilityError } from '../errors.ts'
import type { Synchronous } from './config.ts'
import { fileError, fromSqlite } from './file-failure.ts'

/** How long a write waits for one of another process. It holds up the whole process, so not for long. */
const lockedMs = 500

/** Says in the file whose it is: "wash" in ASCII. */
const applicationId = 0x77617368

/** Of the tables below. */
const schemaVersion = 1

/**
 * `entries` has a row for each key. The items of lists and sets lie apart from it, so that one of them
 * is changed without the others. The number of an entry is never used again: items that an entry left
 * behind belong to nobody, and are deleted bit by bit as `leftovers`.
 */
const schema = `
CREATE TABLE stores (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  keys INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE entries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  store INTEGER NOT NULL,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  text TEXT,
  count INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  expires_at INTEGER,
  UNIQUE (store, key)
) STRICT;
CREATE INDEX entries_due ON entries (store, expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE list_items (
  entry INTEGER NOT NULL,
  position INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (entry, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE set_items (
  entry INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (entry, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE leftovers (entry INTEGER PRIMARY KEY) STRICT;
`

/** A value that SQLite keeps. */
export type SqlValue = string | number | null

/** A row, as text, numbers or null by column. */
export type SqlRow = Readonly<Record<string, SqlValue>>

/** A file with key-value stores in it, open. All of it is synchronous. */
export class StoreDatabase implements Disposable {
  readonly path: string
  readonly #sqlite: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /**
   * Opens the file, or makes it.
   *
   * @throws CapabilityError `ERR_STORE_FILE`
   */
  constructor(path: string, synchronous: Synchronous) {
    this.path = path
    if (!existsSync(dirname(path))) throw fileError(path, 'no-folder')
    try {
      this.#sqlite = new DatabaseSync(path, { timeout: lockedMs })
    } catch (error) {
      throw fromSqlite(path, error)
    }
    try {
      this.#prepare(synchronous)
    } catch (error) {
      this.#sqlite.close()
      throw fromSqlite(path, error)
    }
  }

  /** Runs several statements that have no parameters. */
  exec(sql: string): void {
    this.#sqlite.exec(sql)
  }

  /** The first row of what a statement finds. */
  get(sql: string, ...values: SqlValue[]): SqlRow | undefined {
    return this.#statement(sql).get(...values) as SqlRow | undefined
  }

  all(sql: string, ...values: SqlValue[]): SqlRow[] {
    return this.#statement(sql).all(...values) as SqlRow[]
  }

  /** Row by row. Nothing else may be asked until it is at its end. */
  iterate(sql: string, ...values: SqlValue[]): Iterable<SqlRow> {
    return this.#statement(sql).iterate(...values) as Iterable<SqlRow>
  }

  /** @returns how many rows a statement changed */
  run(sql: string, ...values: SqlValue[]): number {
    return Number(this.#statement(sql).run(...values).changes)
  }

  /**
   * Asks a single question.
   *
   * @throws what `look` throws; CapabilityError `ERR_STORE_FILE`
   */
  looking<T>(look: () => T): T {
    try {
      return look()
    } catch (error) {
      throw fromSqlite(this.path, error)
    }
  }

  /**
   * Sees one state of the file throughout.
   *
   * @throws what `look` throws; CapabilityError `ERR_STORE_FILE`
   */
  reading<T>(look: () => T): T {
    return this.#transaction('BEGIN', look)
  }

  /**
   * Changes the file in one step: all of `change`, or nothing if it throws. What has returned outlasts
   * the process.
   *
   * @throws what `change` throws; CapabilityError `ERR_STORE_FILE`
   */
  writing<T>(change: () => T): T {
    return this.#transaction('BEGIN IMMEDIATE', change)
  }

  [Symbol.dispose](): void {
    this.#sqlite.close()
  }

  #transaction<T>(begin: string, work: () => T): T {
    try {
      this.#statement(begin).run()
      const result = work()
      this.#statement('COMMIT').run()
      return result
    } catch (error) {
      if (this.#sqlite.isTransaction) this.#statement('ROLLBACK').run()
      throw error instanceof CapabilityError ? error : fromSqlite(this.path, error)
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#sqlite.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #prepare(synchronous: Synchronous): void {
    // With a write-ahead log, a commit is one append, and readers wait for nobody.
    this.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
    this.writing(() => {
      const owner = this.get('PRAGMA application_id')?.['application_id']
      const version = this.get('PRAGMA user_version')?.['user_version']
      const tables = this.get('SELECT count(*) AS count FROM sqlite_schema')?.['count']
      if (owner === 0 && version === 0 && tables === 0) {
        this.exec(schema)
        this.exec(
          `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}`,
        )
        return
      }
      if (owner !== applicationId) throw fileError(this.path, 'no-store')
      if (version !== schemaVersion) throw fileError(this.path, 'newer')
    })
  }
}

/** The files of one provider: each is open once, for as long as links hold it. */
export class StoreFiles {
  readonly #open = new Map<string, { readonly database: StoreDatabase; holders: number }>()

  /** @throws CapabilityError `ERR_STORE_FILE` */
  hold(path: string, synchronous: Synchronous): Disposable & { readonly database: StoreDatabase } {
    const key = JSON.stringify([path, synchronous])
    let file = this.#open.get(key)
    if (!file) {
      file = { database: new StoreDatabase(path, synchronous), holders: 0 }
      this.#open.set(key, file)
    }
    const held = file
    held.holders++
    return {
      database: held.database,
      [Symbol.dispose]: () => {
        if (--held.holders > 0) return
        this.#open.delete(key)
        held.database[Symbol.dispose]()
      },
    }
  }
}
