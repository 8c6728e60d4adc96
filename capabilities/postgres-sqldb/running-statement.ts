import { Buffer } from 'node:buffer'
import type { Duplex } from 'node:stream'
import type { Connection, Submittable } from 'pg'
import type { SqlColumn, SqlValue } from '../../contracts/index.ts'
import { reasonOf, type ServerError, serverErrorOf } from './failure.ts'
import { type ColumnType, columnType } from './values.ts'

/** One statement, ready to be sent. */
export interface Statement {
  /** With placeholders `$1`. */
  readonly sql: string
  readonly parameters: readonly (string | Buffer | null)[]
  /** False: what it finds is dropped. */
  readonly wantsRows: boolean
  readonly maxRows: number
  readonly maxResultBytes: number
}

/** How a statement ended. But for `done`, and what `broken` says, it was rolled back. */
export type Ending =
  | {
      readonly kind: 'done'
      readonly rowsAffected: number
      readonly columns: readonly SqlColumn[]
      readonly rows: readonly (readonly SqlValue[])[]
    }
  | { readonly kind: 'refused'; readonly error: ServerError }
  | { readonly kind: 'limit'; readonly limit: 'MAX_ROWS' | 'MAX_RESULT_BYTES' }
  | { readonly kind: 'cancelled' }
  /** The connection is gone. */
  | {
      readonly kind: 'broken'
      readonly reason: string
      /** The server had been told to commit. */
      readonly isCommitting: boolean
      /** It was to be cancelled. */
      readonly isCancelled: boolean
    }

/** What this needs of a connection of `pg`. */
interface Wire {
  readonly stream: Duplex
  parse(message: { readonly text: string }): void
  bind(message: { readonly values: readonly (string | Buffer | null)[] }): void
  describe(message: { readonly type: 'P'; readonly name: '' }): void
  execute(message: { readonly rows: number }): void
  flush(): void
  sync(): void
}

interface RowDescription {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[]
}

/** A message larger than what all rows together may be is not waited for. */
const slackBytes = 1024 * 1024

/**
 * One statement on its way through the extended protocol. It is executed first, and the server told to
 * commit (`Sync`) once its result is known to be good: until then a connection that breaks, a result that
 * is too large and a caller who gives up leave nothing behind.
 */
export class RunningStatement implements Submittable {
  readonly #statement: Statement
  readonly #ending = Promise.withResolvers<Ending>()
  #wire: Wire | undefined
  #types: readonly ColumnType[] = []
  #columns: readonly SqlColumn[] = []
  readonly #rows: (readonly SqlValue[])[] = []
  #bytes = 0
  #unreadBytes = 0
  #isCancelled = false
  /** What it will be once the server is ready for the next one. */
  #outcome: Ending | undefined
  #isCommitting = false

  constructor(statement: Statement) {
    this.#statement = statement
  }

  /** Never rejects. */
  get ended(): Promise<Ending> {
    return this.#ending.promise
  }

  /** Has it rolled back, whatever it does. @returns false if it is too late for that */
  cancel(): boolean {
    if (this.#isCommitting) return false
    this.#isCancelled = true
    return true
  }

  /** Called by `pg`, as all that follows. */
  submit(connection: Connection): void {
    const wire = connection as unknown as Wire
    this.#wire = wire
    wire.stream.on('data', this.#countUnread)
    const { sql, parameters, wantsRows, maxRows } = this.#statement
    wire.stream.cork()
    wire.parse({ text: sql })
    wire.bind({ values: parameters })
    wire.describe({ type: 'P', name: '' })
    wire.execute({ rows: wantsRows ? maxRows + 1 : 0 })
    wire.flush()
    wire.stream.uncork()
  }

  handleRowDescription({ fields }: RowDescription): void {
    this.#unreadBytes = 0
    this.#types = fields.map(({ dataTypeID }) => columnType(dataTypeID))
    this.#columns = fields.map(({ name }, ordinal) => ({
      ordinal,
      name,
      dbType: this.#types[ordinal]?.name ?? '',
    }))
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    this.#unreadBytes = 0
    if (!this.#statement.wantsRows || this.#outcome) return
    const row = fields.map((field, index) =>
      field === null ? null : (this.#types[index]?.decode(field) ?? field),
    )
    for (const value of row) this.#bytes += sizeOf(value)
    if (this.#bytes > this.#statement.maxResultBytes) this.#overflow()
    else this.#rows.push(row)
  }

  /** There are more rows than were asked for, which is one more than there may be. */
  handlePortalSuspended(): void {
    this.#rollBack({ kind: 'limit', limit: 'MAX_ROWS' })
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    if (this.#outcome) return
    if (this.#isCancelled) return this.#rollBack({ kind: 'cancelled' })
    if (this.#rows.length > this.#statement.maxRows) {
      return this.#rollBack({ kind: 'limit', limit: 'MAX_ROWS' })
    }
    const changed = /^(?:INSERT \d+|UPDATE|DELETE|MERGE) (\d+)$/.exec(text)?.[1] ?? '0'
    const [columns, rows] = [this.#columns, this.#rows]
    this.#outcome = { kind: 'done', rowsAffected: Number(changed), columns, rows }
    this.#isCommitting = true
    this.#wire?.sync()
  }

  handleEmptyQuery(): void {
    const message = 'the statement is empty'
    this.#outcome = { kind: 'refused', error: { sqlState: '42601', message, isFatal: false } }
    this.#wire?.sync()
  }

  /** What the server says no to, and whatever ends the connection. */
  handleError(error: unknown): void {
    const said = serverErrorOf(error)
    if (this.#outcome && this.#outcome.kind !== 'done') return this.#end(this.#outcome)
    if (!said || said.isFatal) {
      const reason = said?.message ?? reasonOf(error)
      const [isCommitting, isCancelled] = [this.#isCommitting, this.#isCancelled]
      return this.#end({ kind: 'broken', reason, isCommitting, isCancelled })
    }
    if (!this.#isCommitting) this.#wire?.sync()
    const isStopped = this.#isCancelled && said.sqlState === '57014'
    this.#end(isStopped ? { kind: 'cancelled' } : { kind: 'refused', error: said })
  }

  handleReadyForQuery(): void {
    if (this.#outcome) this.#end(this.#outcome)
  }

  /** COPY is not sent; should it begin all the same, it would wait for ever. */
  handleCopyInResponse(): void {
    this.#wire?.stream.destroy(new Error('COPY is not supported'))
  }

  handleCopyData(): void {
    this.#unreadBytes = 0
  }

  #rollBack(outcome: Ending): void {
    if (this.#outcome) return
    this.#outcome = outcome
    const wire = this.#wire
    wire?.stream.cork()
    wire?.parse({ text: 'ROLLBACK' })
    wire?.bind({ values: [] })
    wire?.execute({ rows: 0 })
    wire?.sync()
    wire?.stream.uncork()
  }

  /** More is on the way, of which nobody knows how much: the connection goes, and with it the rest. */
  #overflow(): void {
    this.#outcome = { kind: 'limit', limit: 'MAX_RESULT_BYTES' }
    this.#wire?.stream.destroy()
  }

  readonly #countUnread = (chunk: Buffer): void => {
    this.#unreadBytes += chunk.length
    // Bytes come as two digits each.
    if (this.#unreadBytes > this.#statement.maxResultBytes * 2 + slackBytes) this.#overflow()
  }

  #end(ending: Ending): void {
    this.#wire?.stream.off('data', this.#countUnread)
    this.#ending.resolve(ending)
  }
}

function sizeOf(value: SqlValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (value instanceof Uint8Array) return value.length
  if (!Array.isArray(value)) return 8
  let size = 8
  for (const item of value as readonly SqlValue[]) size += sizeOf(item)
  return size
}
