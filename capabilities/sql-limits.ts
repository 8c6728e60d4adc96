/** The link values that every provider of SQL has. */
import { choiceValue, integerValue, type LinkValue } from './link-values.ts'

/** How far a link's statements may go. */
export interface SqlLimits {
  /** `READ_ONLY`: statements that would change anything are refused by the database. Default: false. */
  readonly isReadOnly: boolean
  /** `STATEMENT_TIMEOUT` in milliseconds: how long a statement may run. Default: 30,000. */
  readonly statementTimeoutMs: number
  /** `MAX_ROWS` of one result. Default: 10,000. */
  readonly maxRows: number
  /** `MAX_RESULT_BYTES`: the size of one result's fields. Default: 4 MiB. */
  readonly maxResultBytes: number
}

interface SqlLimitValues {
  readonly READ_ONLY: 'true' | 'false'
  readonly STATEMENT_TIMEOUT: number
  readonly MAX_ROWS: number
  readonly MAX_RESULT_BYTES: number
}

/** `READ_ONLY`, `STATEMENT_TIMEOUT`, `MAX_ROWS` and `MAX_RESULT_BYTES`. */
export const sqlLimitValues: {
  readonly [Name in keyof SqlLimitValues]: LinkValue<SqlLimitValues[Name]>
} = {
  READ_ONLY: choiceValue(
    {
      description: 'whether the link may only read: true, false',
      default: 'false',
    },
    ['true', 'false'],
  ),
  STATEMENT_TIMEOUT: integerValue(
    { description: 'how long a statement may run', unit: 'ms', default: '30000' },
    { min: 1, max: 3_600_000 },
  ),
  MAX_ROWS: integerValue(
    { description: 'rows that one result may have', unit: 'rows', default: '10000' },
    { min: 1, max: 1_000_000 },
  ),
  MAX_RESULT_BYTES: integerValue(
    { description: 'size of the fields of one result', unit: 'bytes', default: '4194304' },
    { min: 1024, max: 268_435_456 },
  ),
}

/** The limits that link values stand for. */
export function sqlLimits(values: SqlLimitValues): SqlLimits {
  return {
    isReadOnly: values.READ_ONLY === 'true',
    statementTimeoutMs: values.STATEMENT_TIMEOUT,
    maxRows: values.MAX_ROWS,
    maxResultBytes: values.MAX_RESULT_BYTES,
  }
}
