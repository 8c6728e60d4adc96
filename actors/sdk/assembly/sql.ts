import { begin, send, settle } from './host-call'
import { Reader } from './reader'
import { Result } from './result'
import { decodeUtf8 } from './utf8'
import { Writer } from './writer'

/** A client of `wascc:sqldb`. Each statement is a transaction of its own. */
export class Sql {
  /** @param link which of the actor's links to a database */
  constructor(private readonly link: string = 'default') {}

  /** Runs a statement, and gives the number of rows that it changed. */
  execute(statement: SqlStatement): Result<i64> {
    statement.write(begin(this.link, 'wascc:sqldb', 'Execute'))
    const reply = send()
    const refusal = readRefusal(reply)
    reply.field('rowsAffected')
    return settleSql<i64>(reply.int(), refusal)
  }

  /** Runs a statement, and gives the rows that it finds. */
  query(statement: SqlStatement): Result<SqlRows> {
    statement.write(begin(this.link, 'wascc:sqldb', 'Query'))
    const reply = send()
    const refusal = readRefusal(reply)
    return settleSql<SqlRows>(readRows(reply), refusal)
  }
}

/**
 * The SQLSTATE that an error of {@link Sql} begins with, such as `23505` for a key that is there
 * already; empty where it was not the database that refused.
 */
export function sqlState(error: string): string {
  if (error.length < 6 || error.charCodeAt(5) != 0x20) return ''
  for (let i = 0; i < 5; i++) {
    const unit = error.charCodeAt(i)
    if (!((unit >= 0x30 && unit <= 0x39) || (unit >= 0x41 && unit <= 0x5a))) return ''
  }
  return error.substring(0, 5)
}

/** A statement, and a parameter for each `?` in it, in their order. */
export class SqlStatement {
  private parameters: SqlValue[] = []

  constructor(private readonly sql: string) {}

  text(value: string): SqlStatement {
    return this.add(new SqlValue(SqlKind.Text, 0, 0, value))
  }

  int(value: i64): SqlStatement {
    return this.add(new SqlValue(SqlKind.Int, value))
  }

  float(value: f64): SqlStatement {
    return this.add(new SqlValue(SqlKind.Float, 0, value))
  }

  bool(value: bool): SqlStatement {
    return this.add(new SqlValue(SqlKind.Bool, i64(value)))
  }

  bytes(value: Uint8Array): SqlStatement {
    return this.add(new SqlValue(SqlKind.Bytes, 0, 0, '', value))
  }

  null(): SqlStatement {
    return this.add(new SqlValue(SqlKind.Null))
  }

  write(to: Writer): void {
    to.map(2)
    to.string('sql')
    to.string(this.sql)
    to.string('parameters')
    const parameters = this.parameters
    to.array(parameters.length)
    for (let i = 0; i < parameters.length; i++) parameters[i].write(to)
  }

  private add(value: SqlValue): SqlStatement {
    this.parameters.push(value)
    return this
  }
}

/** What a statement found. */
export class SqlRows {
  /** The names of the columns. */
  readonly columns: string[] = []
  private rows: SqlRow[] = []

  /** How many rows there are. */
  get length(): i32 {
    return this.rows.length
  }

  /** A row, from 0. There must be one. */
  row(index: i32): SqlRow {
    return this.rows[index]
  }

  add(row: SqlRow): void {
    this.rows.push(row)
  }
}

/** The values of a row, or of an array in one, from 0. A value is converted to what it is asked for. */
export class SqlRow {
  private values: SqlValue[] = []

  get length(): i32 {
    return this.values.length
  }

  isNull(column: i32): bool {
    return this.values[column].kind == SqlKind.Null
  }

  /** A text; numbers are written out, null is empty. */
  text(column: i32): string {
    const value = this.values[column]
    if (value.kind == SqlKind.Text) return value.words
    if (value.kind == SqlKind.Int) return value.whole.toString()
    if (value.kind == SqlKind.Float) return value.real.toString()
    if (value.kind == SqlKind.Bool) return value.whole != 0 ? 'true' : 'false'
    const content = value.content
    return content === null ? '' : decodeUtf8(content.dataStart, content.length)
  }

  /** An integer; a float loses its fraction, a text is read, null is 0. */
  int(column: i32): i64 {
    const value = this.values[column]
    if (value.kind == SqlKind.Float) return <i64>value.real
    if (value.kind == SqlKind.Text) return I64.parseInt(value.words)
    return value.whole
  }

  /** A float; a text is read, null is 0. */
  float(column: i32): f64 {
    const value = this.values[column]
    if (value.kind == SqlKind.Float) return value.real
    if (value.kind == SqlKind.Text) return F64.parseFloat(value.words)
    return <f64>value.whole
  }

  /** A boolean; any number but 0 is true, and so is the text `true`. */
  bool(column: i32): bool {
    const value = this.values[column]
    if (value.kind == SqlKind.Float) return value.real != 0
    if (value.kind == SqlKind.Text) return value.words == 'true'
    return value.whole != 0
  }

  /** Bytes; none where there is something else. */
  bytes(column: i32): Uint8Array {
    const content = this.values[column].content
    return content === null ? new Uint8Array(0) : content
  }

  /** The values of an array; none where there is something else. */
  array(column: i32): SqlRow {
    const items = this.values[column].items
    return items === null ? new SqlRow() : items
  }

  add(value: SqlValue): void {
    this.values.push(value)
  }
}

enum SqlKind {
  Null,
  Bool,
  Int,
  Float,
  Text,
  Bytes,
  Array,
}

class SqlValue {
  constructor(
    readonly kind: SqlKind,
    readonly whole: i64 = 0,
    readonly real: f64 = 0,
    readonly words: string = '',
    readonly content: Uint8Array | null = null,
    readonly items: SqlRow | null = null,
  ) {}

  write(to: Writer): void {
    if (this.kind == SqlKind.Text) to.string(this.words)
    else if (this.kind == SqlKind.Int) to.int(this.whole)
    else if (this.kind == SqlKind.Float) to.float(this.real)
    else if (this.kind == SqlKind.Bool) to.bool(this.whole != 0)
    else {
      const content = this.content
      if (content === null) to.nil()
      else to.bytes(content)
    }
  }
}

/** What the database said no to, or null. */
function readRefusal(reply: Reader): string | null {
  if (!reply.hasField('error') || reply.skipNil()) return null
  let state = ''
  let message = ''
  const size = reply.map()
  for (let i = 0; i < size && !reply.failed; i++) {
    const key = reply.string()
    if (key == 'message') message = reply.string()
    else if (key == 'sqlState') state = reply.string()
    else reply.skip()
  }
  return state == '' ? message : state + ' ' + message
}

function settleSql<T>(value: T, refusal: string | null): Result<T> {
  const settled = settle<T>(value)
  return refusal === null || !settled.ok ? settled : new Result<T>(value, refusal)
}

function readRows(reply: Reader): SqlRows {
  const rows = new SqlRows()
  reply.field('columns')
  const columns = reply.array()
  for (let i = 0; i < columns && !reply.failed; i++) {
    const size = reply.map()
    for (let entry = 0; entry < size && !reply.failed; entry++) {
      if (reply.string() == 'name') rows.columns.push(reply.string())
      else reply.skip()
    }
  }
  reply.field('rows')
  const count = reply.array()
  for (let i = 0; i < count && !reply.failed; i++) rows.add(readRow(reply, 0))
  return rows
}

function readRow(reply: Reader, depth: i32): SqlRow {
  const row = new SqlRow()
  const count = reply.array()
  if (depth > 6) reply.fail('arrays nested too deep')
  for (let i = 0; i < count && !reply.failed; i++) row.add(readValue(reply, depth))
  return row
}

function readValue(reply: Reader, depth: i32): SqlValue {
  const tag = reply.nextTag
  if (tag - 0xa0 < 32 || tag - 0xd9 < 3) return new SqlValue(SqlKind.Text, 0, 0, reply.string())
  if (tag - 0xc4 < 3) return new SqlValue(SqlKind.Bytes, 0, 0, '', reply.bytes())
  if (tag - 0x90 < 16 || tag - 0xdc < 2) {
    return new SqlValue(SqlKind.Array, 0, 0, '', null, readRow(reply, depth + 1))
  }
  if (tag - 0xca < 2) return new SqlValue(SqlKind.Float, 0, reply.float())
  if (tag - 0xc2 < 2) return new SqlValue(SqlKind.Bool, i64(reply.bool()))
  if (reply.skipNil()) return new SqlValue(SqlKind.Null)
  return new SqlValue(SqlKind.Int, reply.int())
}
