/** What counts as a placeholder, in the words of each database. */
import test from 'ava'
import { CapabilityError } from '../../capabilities/index.ts'
import { checkStatement, type SqlSyntax } from '../../capabilities/sql-text.ts'
import { seededRandom } from '../fuzz/random.ts'

const check = (syntax: SqlSyntax, sql: string, count = 0) =>
  checkStatement({ sql, parameters: Array<null>(count).fill(null), database: '' }, syntax, 'db')

const rewritten: [syntax: SqlSyntax, sql: string, count: number, expected: string][] = [
  ['postgres', 'select ?, ?', 2, 'select $1, $2'],
  ['postgres', 'select $2, $1, $2', 2, 'select $2, $1, $2'],
  ['postgres', 'select $1::jsonb ? $2', 2, 'select $1::jsonb ? $2'],
  ['postgres', "select data ? 'a' from t", 0, "select data ? 'a' from t"],
  ['postgres', "select '?' || ?", 1, "select '?' || $1"],
  ['postgres', "select 'a''?' || ?", 1, "select 'a''?' || $1"],
  ['postgres', "select E'\\'?' || ?", 1, "select E'\\'?' || $1"],
  ['postgres', "select '\\' || ? || '?'", 1, "select '\\' || $1 || '?'"],
  ['postgres', 'select "a?""?", ?', 1, 'select "a?""?", $1'],
  ['postgres', 'select $$ ? $1 $$, ?', 1, 'select $$ ? $1 $$, $1'],
  ['postgres', 'select $a$ $$ ? $b$ $a$, ?', 1, 'select $a$ $$ ? $b$ $a$, $1'],
  ['postgres', 'select a$1, ?', 1, 'select a$1, $1'],
  ['postgres', 'select /* ? /* ? */ ? */ ?', 1, 'select /* ? /* ? */ ? */ $1'],
  ['postgres', 'select -- ?\n?', 1, 'select -- ?\n$1'],
  ['postgres', 'select x[1], ?::int[]', 1, 'select x[1], $1::int[]'],
  ['postgres', 'select ü?', 1, 'select ü$1'],
  ['sqlite', 'select ?, ?', 2, 'select ?, ?'],
  ['sqlite', 'select $2, ?1, $1', 2, 'select ?2, ?1, ?1'],
  ['sqlite', 'select [a?], `b?`, "c?", ?', 1, 'select [a?], `b?`, "c?", ?'],
  ['sqlite', 'select /* ? /* ? */ ?', 1, 'select /* ? /* ? */ ?'],
  ['sqlite', "select '\\', ?", 1, "select '\\', ?"],
  ['sqlite', "select x'00', ?", 1, "select x'00', ?"],
  ['sqlite', 'select a$1, ?', 1, 'select a$1, ?'],
  ['sqlite', "select '{}' -> '$.a', ?", 1, "select '{}' -> '$.a', ?"],
]

for (const [syntax, sql, count, expected] of rewritten) {
  test(`checkStatement - ${syntax} - makes ${JSON.stringify(expected)}`, (t) => {
    t.is(check(syntax, sql, count).sql, expected)
  })
}

for (const [sql, keyword] of [
  ['select 1', 'SELECT'],
  [' (Select 1)', 'SELECT'],
  ['-- begin\nwith x as (select 1) select 1', 'WITH'],
  ['/* set */insert into t values (1)', 'INSERT'],
  [';;values (1)', 'VALUES'],
] as const) {
  test(`checkStatement - knows that ${JSON.stringify(sql)} begins with ${keyword}`, (t) => {
    t.is(check('postgres', sql).keyword, keyword)
    t.is(check('sqlite', sql).keyword, keyword)
  })
}

for (const [syntax, sql, count, reason] of [
  ['sqlite', 'select ?, $1', 2, 'parameters'],
  ['sqlite', 'select :name', 1, 'parameters'],
  ['sqlite', 'select @name', 1, 'parameters'],
  ['sqlite', 'select $name', 1, 'parameters'],
  ['postgres', 'select $1 ? $2', 3, 'parameters'],
  ['postgres', "select '?", 1, 'parameters'],
  ['postgres', 'select $999999999', 1, 'parameters'],
  ['postgres', '42', 0, 'empty'],
] as const) {
  test(`checkStatement - ${syntax} - refuses ${sql} with ${count} parameters`, (t) => {
    const error = t.throws(() => check(syntax, sql, count), { instanceOf: CapabilityError })
    t.like(error, { code: 'ERR_SQL_STATEMENT', detail: { reason } })
  })
}

test('checkStatement - reads 20,000 random texts, and takes no time for long ones', (t) => {
  const random = seededRandom(4)
  const pieces = [
    "'",
    '"',
    '`',
    '[',
    ']',
    '$',
    '?',
    '$1',
    '$a$',
    '/*',
    '*/',
    '--',
    '\n',
    'E',
    '\\',
    ' ',
    'a',
    'ü',
    '\ud800',
    ';',
    ':x',
    '1',
  ]
  let taken = 0
  for (let round = 0; round < 20_000; round++) {
    const sql = Array.from({ length: random.next(30) }, () => pieces[random.next(pieces.length)])
    try {
      check(round % 2 === 0 ? 'postgres' : 'sqlite', `select ${sql.join('')}`, random.next(3))
      taken++
    } catch (error) {
      if (!(error instanceof CapabilityError)) throw error
    }
  }
  t.true(taken > 1000)
  const started = performance.now()
  for (const piece of pieces) {
    const long = piece.repeat(Math.floor(131_000 / piece.length))
    for (const syntax of ['postgres', 'sqlite'] as const) {
      t.notThrows(() => {
        try {
          check(syntax, long)
        } catch (error) {
          if (!(error instanceof CapabilityError)) throw error
        }
      })
    }
  }
  t.true((performance.now() - started) / (pieces.length * 2) < 200)
})
