/** SQLSTATEs for the codes of SQLite (https://sqlite.org/rescode.html), as PostgreSQL would give them. */

const extended: Readonly<Record<number, string>> = {
  275: '23514', // CHECK
  787: '23503', // FOREIGNKEY
  1299: '23502', // NOTNULL
  1555: '23505', // PRIMARYKEY
  2067: '23505', // UNIQUE
  2579: '23505', // ROWID
  3091: '22000', // DATATYPE: a value of another type in a STRICT table
}

const primary: Readonly<Record<number, string>> = {
  1: '42000', // ERROR: mostly what does not parse, or names what is not there
  5: '55P03', // BUSY: another process has the database
  6: '55P03', // LOCKED
  7: '53200', // NOMEM
  8: '25006', // READONLY
  10: '58030', // IOERR
  11: 'XX001', // CORRUPT
  13: '53100', // FULL
  18: '54000', // TOOBIG
  19: '23000', // CONSTRAINT
  20: '22000', // MISMATCH
  23: '42501', // AUTH
  26: 'XX001', // NOTADB
}

/** @param code extended or not */
export function sqlStateOf(code: number): string {
  return extended[code] ?? primary[code & 0xff] ?? 'XX000'
}
