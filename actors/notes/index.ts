/**
 * Keeps notes in a SQL database: `POST /` takes one, `GET /` lists all, `GET /7` and `DELETE /7` are
 * about one. Its SQL is that of SQLite and of PostgreSQL.
 */
import {
  handleRequest,
  HttpRequest,
  HttpResponse,
  quoteJson,
  Sql,
  SqlRow,
  SqlStatement,
  sqlState,
} from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

const database = new Sql()

/** Whether this instance knows that the table is there. */
let isReady = false

handleRequest((request: HttpRequest): HttpResponse => {
  if (!isReady) {
    const problem = database.execute(
      new SqlStatement(
        'create table if not exists notes (id integer primary key, text text not null)',
      ),
    ).error
    // Somebody else may make it at the same time, which PostgreSQL tells by its own tables' keys.
    if (problem !== null && sqlState(problem) != '23505') return failed(problem)
    isReady = true
  }
  if (request.pathIs('/')) return request.methodIs('POST') ? add(request.text) : list()
  const id = I64.parseInt(request.path.substring(1))
  return request.methodIs('DELETE') ? remove(id) : show(id)
})

function add(text: string): HttpResponse {
  for (let attempt = 0; attempt < 10; attempt++) {
    const added = database.query(
      new SqlStatement(
        'insert into notes (id, text) select coalesce(max(id), 0) + 1, cast(? as text) from notes returning id',
      ).text(text),
    )
    const problem = added.error
    if (problem === null) {
      return HttpResponse.json('{"id":' + added.value.row(0).text(0) + '}', 201)
    }
    // Somebody else was given the same number.
    if (sqlState(problem) != '23505') return failed(problem)
  }
  return HttpResponse.text('too many at once\n', 503)
}

function list(): HttpResponse {
  const found = database.query(new SqlStatement('select id, text from notes order by id'))
  const problem = found.error
  if (problem !== null) return failed(problem)
  const rows = found.value
  const items: string[] = []
  for (let i = 0; i < rows.length; i++) items.push(asJson(rows.row(i)))
  return HttpResponse.json('[' + items.join(',') + ']')
}

function show(id: i64): HttpResponse {
  const found = database.query(new SqlStatement('select id, text from notes where id = ?').int(id))
  const problem = found.error
  if (problem !== null) return failed(problem)
  if (found.value.length == 0) return HttpResponse.text('no such note\n', 404)
  return HttpResponse.json(asJson(found.value.row(0)))
}

function remove(id: i64): HttpResponse {
  const removed = database.execute(new SqlStatement('delete from notes where id = ?').int(id))
  const problem = removed.error
  if (problem !== null) return failed(problem)
  return new HttpResponse(removed.value > 0 ? 204 : 404)
}

function asJson(row: SqlRow): string {
  return '{"id":' + row.text(0) + ',"text":' + quoteJson(row.text(1)) + '}'
}

function failed(problem: string): HttpResponse {
  return HttpResponse.text(problem + '\n', 502)
}
