/**
 * SQL contract: `wasmcloud:sqldb`, of dialect E alone. For actors of the SDK here, which write dialect
 * C, there is a form of our own, `wascc:sqldb`: waSCC never had it.
 *
 * Source of dialect E: `sqldb.smithy` of wasmCloud's interfaces, 2021-11 to 2023. The service names no
 * protocol version, so its messages are MessagePack; each parameter, and the rows of a result, are CBOR
 * inside of them.
 */
import { asMap, type Body, contractOf, dialectOf, operationsOf } from './codec.ts'
import { CborReader, CborWriter } from './cbor.ts'
import type { Contract, ContractDialect, NoOperations } from './contract.ts'
import { MessageFault, within } from './errors.ts'
import { Reader } from './msgpack-reader.ts'
import { bytes, mapped, type Shape, struct, text, uint32, uint64 } from './shape.ts'
import { readValue, type SqlValue, writeValue } from './sql-value.ts'

/** One statement, and what goes into its placeholders. */
export interface SqlStatement {
  /** As the database behind the link has it, with `?` or `$1` where parameters go. */
  readonly sql: string
  readonly parameters: readonly SqlValue[]
  /** The database it is for; empty for the one of the link. */
  readonly database: string
}

/** What the database itself said no to. Everything else that goes wrong is thrown. */
export interface SqlDbError {
  /**
   * `db` for what the database refused. wasmCloud's providers also had `config`, `io`, `notFound`,
   * `encoding`, `decoding`, `provider` and `other`.
   */
  readonly code: string
  readonly message: string
  /** The SQLSTATE: `23505` for a key that is there already. Empty if there is none. */
  readonly sqlState: string
}

/** What a statement did. */
export interface SqlExecuteResult {
  /** Rows that were inserted, updated or deleted. */
  readonly rowsAffected: number
  /** If there is one, the statement has changed nothing. */
  readonly error: SqlDbError | null
}

/** A column of a result. */
export interface SqlColumn {
  /** Its place in a row, from 0. */
  readonly ordinal: number
  readonly name: string
  /** The type as the database calls it: `int4`, `text`. Empty where it has none. */
  readonly dbType: string
}

/** What a statement found. */
export interface SqlQueryResult {
  readonly columns: readonly SqlColumn[]
  /** One array a row, with a value for each column. */
  readonly rows: readonly (readonly SqlValue[])[]
  /** If there is one, there are no columns and no rows, and nothing was changed. */
  readonly error: SqlDbError | null
}

/** What actors ask of a database. */
export type SqlDbToProvider = {
  /** Runs one statement; rows that it finds are dropped. */
  Execute: { request: SqlStatement; response: SqlExecuteResult }
  /** Runs one statement and answers with the rows that it finds. */
  Query: { request: SqlStatement; response: SqlQueryResult }
}

/** Shapes that are never protobuf: dialect A had no such contract. */
const noProtobuf = {
  initial: undefined as never,
  write: (): void => undefined,
  read: (): never => {
    throw new MessageFault('not a protobuf message')
  },
}

/** A list, or nil for none. */
function list<T>(item: Pick<Shape<T>, 'read' | 'write'>): Shape<readonly T[]> {
  return {
    write: (writer, values) => {
      writer.array(values.length)
      for (const [index, value] of values.entries()) {
        try {
          item.write(writer, value)
        } catch (error) {
          throw within(error, `[${index}]`)
        }
      }
    },
    read: (reader) => {
      const count = reader.array()
      const values: T[] = []
      for (let index = 0; index < count; index++) {
        try {
          values.push(item.read(reader))
        } catch (error) {
          throw within(error, `[${index}]`)
        }
      }
      return values
    },
    protobuf: noProtobuf,
  }
}

const plainValue = {
  write: (writer: Parameters<typeof writeValue>[0], value: SqlValue) => writeValue(writer, value),
  read: (reader: Reader) => readValue(reader),
}

/** One value of CBOR in bytes. */
const cborValue = mapped<SqlValue, Uint8Array>(
  bytes,
  (value) => {
    const writer = new CborWriter()
    writer.value(value)
    return writer.finish()
  },
  (payload) => {
    const reader = new CborReader(payload)
    const value = reader.value()
    reader.finish()
    return value
  },
)

const columns = list<SqlColumn>(
  struct<SqlColumn>({
    ordinal: { shape: uint32 },
    name: { shape: text },
    dbType: { shape: text },
  }),
)

/** Rows as actors of dialect E take them: one array of arrays. */
function cborRows(rows: SqlQueryResult['rows'], columnsOf: readonly SqlColumn[]): Uint8Array {
  const writer = new CborWriter()
  const isSingle = columnsOf.map(({ dbType }) => dbType === 'float4' || dbType === '_float4')
  writer.array(rows.length)
  for (const row of rows) {
    writer.array(row.length)
    for (const [index, value] of row.entries()) writer.value(value, isSingle[index])
  }
  return writer.finish()
}

function rowsOfCbor(payload: Uint8Array): SqlQueryResult['rows'] {
  // What providers of the time answered where there was no row.
  if (payload.length === 0) return []
  const reader = new CborReader(payload)
  const rows: SqlValue[][] = []
  for (let left = reader.array(); left > 0; left--) {
    const row: SqlValue[] = []
    for (let fields = reader.array(); fields > 0; fields--) row.push(reader.value())
    rows.push(row)
  }
  reader.finish()
  return rows
}

const statement = struct<SqlStatement>({
  database: { shape: text, absent: '', omit: '' },
  parameters: { shape: list(cborValue), absent: [] },
  sql: { shape: text },
})

/** The statement of today, or the bare text that it was until 2022. */
const statementOfE: Body<SqlStatement> = {
  encode: asMap(statement).encode,
  decode: (payload) => {
    const reader = new Reader(payload)
    const value = reader.atText()
      ? { database: '', parameters: [], sql: reader.text() }
      : statement.read(reader)
    reader.finish()
    return value
  },
}

/** Dialect E has no field for the SQLSTATE: it ends the message. */
const errorOfE = mapped<SqlDbError | null, Pick<SqlDbError, 'code' | 'message'>>(
  struct<Pick<SqlDbError, 'code' | 'message'>>({
    code: { shape: text },
    message: { shape: text },
  }),
  (error) => ({
    code: error?.code ?? '',
    message: `${error?.message ?? ''}${error?.sqlState ? ` (SQLSTATE ${error.sqlState})` : ''}`,
  }),
  ({ code, message }) => ({ code, message, sqlState: '' }),
)

const executeResultOfE = struct<SqlExecuteResult>({
  rowsAffected: { shape: uint64 },
  error: { shape: errorOfE, absent: null, omit: null },
})

interface QueryResultOfE {
  readonly numRows: number
  readonly columns: readonly SqlColumn[]
  readonly rows: Uint8Array
  readonly error: SqlDbError | null
}

const queryResultOfE = asMap(
  struct<QueryResultOfE>({
    numRows: { shape: uint64 },
    columns: { shape: columns },
    rows: { shape: bytes },
    error: { shape: errorOfE, absent: null, omit: null },
  }),
)

const queriedOfE: Body<SqlQueryResult> = {
  encode: (result) =>
    queryResultOfE.encode({
      numRows: result.rows.length,
      columns: result.columns,
      rows: cborRows(result.rows, result.columns),
      error: result.error,
    }),
  decode: (payload) => {
    const { columns, rows, error } = queryResultOfE.decode(payload)
    return { columns, rows: rowsOfCbor(rows), error }
  },
}

function otp(contractId: string): ContractDialect {
  const operation = operationsOf<SqlDbToProvider>(contractId)
  return dialectOf(
    contractId,
    [
      operation('Execute', 'SqlDb.Execute', statementOfE, asMap(executeResultOfE)),
      operation('Query', 'SqlDb.Query', statementOfE, queriedOfE),
      operation('Query', 'SqlDb.Fetch', statementOfE, queriedOfE),
    ],
    [],
  )
}

/** As dialect E, with plain MessagePack where that has CBOR, and a field for the SQLSTATE. */
function ours(contractId: string): ContractDialect {
  const operation = operationsOf<SqlDbToProvider>(contractId)
  const error: Shape<SqlDbError | null> = mapped<SqlDbError | null, SqlDbError>(
    struct<SqlDbError>({
      code: { shape: text },
      message: { shape: text },
      sqlState: { shape: text, absent: '' },
    }),
    (value) => value ?? { code: '', message: '', sqlState: '' },
    (value) => value,
  )
  const request = struct<SqlStatement>({
    sql: { shape: text },
    parameters: { shape: list(plainValue), absent: [] },
    database: { shape: text, absent: '', omit: '' },
  })
  const executed = struct<SqlExecuteResult>({
    error: { shape: error, absent: null, omit: null },
    rowsAffected: { shape: uint64 },
  })
  const queried = struct<SqlQueryResult>({
    error: { shape: error, absent: null, omit: null },
    columns: { shape: columns },
    rows: { shape: list(list(plainValue)) },
  })
  return dialectOf(
    contractId,
    [
      operation('Execute', 'Execute', asMap(request), asMap(executed)),
      operation('Query', 'Query', asMap(request), asMap(queried)),
    ],
    [],
  )
}

/** A database of SQL: one statement a call. */
export const sqldb: Contract<SqlDbToProvider, NoOperations> = contractOf(
  'sqldb',
  ['wasmcloud:sqldb', 'wascc:sqldb'],
  { C: ours('wascc:sqldb'), E: otp('wasmcloud:sqldb') },
)
