/** What the host and the process of a database say to each other. */

/** What a process ends itself with when a statement takes too much memory. */
export const outOfMemorySignal = 'SIGUSR2'

/** A value that SQLite knows. */
export type SqliteValue = null | bigint | number | string | Uint8Array

/** One statement to run. */
export interface RunRequest {
  readonly id: number
  /** With placeholders `?` or `?1`. */
  readonly sql: string
  readonly parameters: readonly SqliteValue[]
  /** False: what it finds is dropped. */
  readonly wantsRows: boolean
  readonly isReadOnly: boolean
  readonly maxRows: number
  readonly maxResultBytes: number
  /** How large the database may grow. */
  readonly maxBytes: number
  /** After that long the process ends itself, if the host has not ended it. */
  readonly timeoutMs: number
}

/** A column of a result. */
export interface SqliteColumn {
  readonly name: string
  /** As it was declared; null for an expression. */
  readonly type: string | null
}

/** What became of a statement. Unless it is `done`, nothing was changed. */
export type RunOutcome =
  | {
      readonly kind: 'done'
      readonly rowsAffected: number
      readonly columns: readonly SqliteColumn[]
      readonly rows: readonly (readonly SqliteValue[])[]
    }
  | { readonly kind: 'refused'; readonly message: string; readonly sqlState: string }
  | { readonly kind: 'limit'; readonly limit: 'MAX_ROWS' | 'MAX_RESULT_BYTES' }

/** What the process says. */
export type ProcessMessage =
  | { readonly kind: 'open' }
  | { readonly kind: 'unusable'; readonly reason: string }
  /** Sent before the transaction is committed: from here on the statement may have been executed. */
  | { readonly kind: 'committing'; readonly id: number }
  | { readonly kind: 'outcome'; readonly id: number; readonly outcome: RunOutcome }

/** What the process is started with, as JSON. */
export interface ProcessOptions {
  readonly path: string
  /** False for a database that need not outlive the machine: nothing waits for the disk. */
  readonly isDurable: boolean
}
