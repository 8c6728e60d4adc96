import { fail, Result, Sql, SqlRow, SqlRows, SqlStatement, sqlState, Writer } from '../sdk/assembly'

const database = new Sql('books')

/** Calls the method of the SQL client; false when it has none of that name. */
export function callSql(method: string, response: Writer): bool {
  if (method == 'sql.execute') {
    const two = new Uint8Array(2)
    two[0] = 0xff
    const statement = new SqlStatement('s').text('é').int(-1).float(1).bool(true).bytes(two).null()
    const changed = database.execute(statement)
    const problem = changed.error
    if (problem !== null) answerProblem(problem, response)
    else response.int(changed.value)
  } else if (method == 'sql.query') answerRows(database.query(new SqlStatement('q')), response)
  else return false
  return true
}

/** The state, where the database refused; the error of the call otherwise. */
function answerProblem(problem: string, response: Writer): void {
  const state = sqlState(problem)
  if (state == '') fail(problem)
  else response.string(state)
}

/** The columns, and each value in every form that there is. */
function answerRows(found: Result<SqlRows>, response: Writer): void {
  const problem = found.error
  if (problem !== null) {
    answerProblem(problem, response)
    return
  }
  const rows = found.value
  response.array(rows.columns.length + rows.length)
  for (let i = 0; i < rows.columns.length; i++) response.string(rows.columns[i])
  for (let i = 0; i < rows.length; i++) putRow(rows.row(i), response)
}

function putRow(row: SqlRow, response: Writer): void {
  response.array(row.length)
  for (let i = 0; i < row.length; i++) {
    if (row.array(i).length > 0) {
      putRow(row.array(i), response)
      continue
    }
    response.array(6)
    response.bool(row.isNull(i))
    response.string(row.text(i))
    response.int(row.int(i))
    response.float(row.float(i))
    response.bool(row.bool(i))
    response.bytes(row.bytes(i))
  }
}
