/** What providers of SQL have to know of a statement's text before a database sees it. */
import type { SqlStatement } from '../contracts/index.ts'
import { CapabilityError, type CapabilityErrorDetails } from './errors.ts'

/** How a database writes text, comments and names, as far as it decides where a placeholder is. */
export type SqlSyntax = 'postgres' | 'sqlite'

/** A statement that may be sent. */
export interface CheckedStatement {
  /** The first word, in capitals: `SELECT`. */
  readonly keyword: string
  /** The text, with placeholders in the database's own form: `$1`; `?` or `?1`. */
  readonly sql: string
}

/**
 * The longest statement, in UTF-16 units. A longer one is data that should have been a parameter, and
 * reading it would hold up everything else.
 */
const longestStatement = 131_072

/** As many as SQLite takes; PostgreSQL takes twice as many. */
const mostParameters = 32_766

/** Statements that begin, end or divide a transaction: the next call may run in another session. */
const transactionWords: ReadonlySet<string> = new Set(
  'BEGIN START COMMIT END ROLLBACK ABORT SAVEPOINT RELEASE'.split(' '),
)

/** Statements that leave something behind in a session, or use what was left there. */
const sessionWords: ReadonlySet<string> = new Set(
  'SET RESET LISTEN UNLISTEN PREPARE EXECUTE DEALLOCATE DISCARD DECLARE FETCH MOVE CLOSE LOAD COPY'.split(
    ' ',
  ),
)

/**
 * Finds the placeholders of a statement and holds them against its parameters. Placeholders are `?`,
 * as the contract has them, or numbered: `$1`, in SQLite `?1` too. Where a statement has numbered ones
 * a `?` is an operator (PostgreSQL), as it is where there are no parameters.
 *
 * @throws CapabilityError ERR_SQL_STATEMENT
 */
export function checkStatement(
  { sql, parameters, database }: SqlStatement,
  syntax: SqlSyntax,
  ownDatabase: string,
): CheckedStatement {
  if (sql.length > longestStatement) {
    throw refused('length', '', `a statement of ${sql.length} characters is too long`)
  }
  // To the databases it is the end of the text.
  if (sql.includes('\0')) throw refused('character', '', 'the statement has a character of code 0')
  const { keyword, placeholders } = scan(sql, syntax)
  if (keyword === '') throw refused('empty', '', 'the statement is empty')
  if (transactionWords.has(keyword)) {
    throw refused('transaction', keyword, `${keyword}: each statement is a transaction of its own`)
  }
  if (sessionWords.has(keyword)) {
    throw refused('session', keyword, `${keyword}: statements share no session`)
  }
  if (database !== '' && database !== ownDatabase) {
    throw refused('database', keyword, 'the statement is for another database than the link is')
  }
  const named = placeholders.find(({ name }) => name !== undefined)
  if (named) {
    throw refused('parameters', keyword, `${named.name}: use ? or $1, parameters have no names`)
  }
  const numbered = placeholders.filter(({ number }) => number !== undefined)
  const isNumbered = numbered.length > 0
  const isOperator = syntax === 'postgres' && (isNumbered || parameters.length === 0)
  const marks = isOperator ? [] : placeholders.filter(({ number }) => number === undefined)
  if (isNumbered && marks.length > 0) {
    throw refused('parameters', keyword, 'the statement has both ? and numbered placeholders')
  }
  const wanted = numbered.reduce((most, { number = 0 }) => Math.max(most, number), marks.length)
  if (wanted !== parameters.length || wanted > mostParameters) {
    throw refused(
      'parameters',
      keyword,
      `the statement has placeholders for ${wanted} parameters, and ${parameters.length} were given`,
    )
  }
  // SQLite knows a ? alone, and names columns by their text.
  if (!isNumbered && syntax === 'sqlite') return { keyword, sql }
  return { keyword, sql: rewritten(sql, isNumbered ? numbered : marks, syntax) }
}

/** A statement that was not sent. */
export function refused(
  reason: CapabilityErrorDetails['ERR_SQL_STATEMENT']['reason'],
  statement: string,
  message: string,
): CapabilityError<'ERR_SQL_STATEMENT'> {
  return new CapabilityError('ERR_SQL_STATEMENT', { reason, statement }, message)
}

interface Placeholder {
  readonly start: number
  readonly end: number
  /** From 1; undefined for a `?` alone. */
  readonly number?: number
  /** What SQLite takes for a named parameter. */
  readonly name?: string
}

function rewritten(sql: string, placeholders: readonly Placeholder[], syntax: SqlSyntax): string {
  const sign = syntax === 'postgres' ? '$' : '?'
  let result = ''
  let from = 0
  for (const [index, { start, end, number = index + 1 }] of placeholders.entries()) {
    result += `${sql.slice(from, start)}${sign}${number}`
    from = end
  }
  return result + sql.slice(from)
}

const word = /[\p{L}_\u0080-\uffff][\p{L}\p{N}_$\u0080-\uffff]*/uy
const numeral = /[0-9][0-9A-Za-z_.]*/y
const space = /\s+/y
const numberedMark = /[$?]([0-9]{1,9})/y
const namedMark = /[:@$#][\p{L}\p{N}_$\u0080-\uffff]+/uy
const dollarTag = /\$(?:[\p{L}_\u0080-\uffff][\p{L}\p{N}_\u0080-\uffff]*)?\$/uy
const escaped = /[eE]'/y

function scan(
  sql: string,
  syntax: SqlSyntax,
): { readonly keyword: string; readonly placeholders: readonly Placeholder[] } {
  const isPostgres = syntax === 'postgres'
  const placeholders: Placeholder[] = []
  let keyword = ''
  let at = 0
  /** The match of a sticky expression at the current place. */
  const here = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(sql)
  }
  while (at < sql.length) {
    const character = sql.charAt(at)
    const next = sql.charAt(at + 1)
    if (character === '-' && next === '-') at = endOf(sql, '\n', at + 2)
    else if (character === '/' && next === '*') at = endOfComment(sql, at, isPostgres)
    else if (isPostgres && here(escaped)) at = endOfQuoted(sql, "'", at + 2, true)
    else if (character === "'" || character === '"') at = endOfQuoted(sql, character, at + 1)
    else if (!isPostgres && character === '`') at = endOfQuoted(sql, '`', at + 1)
    else if (!isPostgres && character === '[') at = endOf(sql, ']', at + 1)
    else if (character === '$' || character === '?') {
      const tag = isPostgres ? here(dollarTag) : null
      const match = here(numberedMark)
      const name = isPostgres || match ? null : here(namedMark)
      if (tag) at = endOf(sql, tag[0], at + tag[0].length)
      else if (match && !(isPostgres && character === '?')) {
        const end = at + match[0].length
        placeholders.push({ start: at, end, number: Number(match[1]) })
        at = end
      } else if (name) {
        placeholders.push({ start: at, end: at + name[0].length, name: name[0] })
        at += name[0].length
      } else {
        if (character === '?') placeholders.push({ start: at, end: at + 1 })
        at++
      }
    } else if (!isPostgres && (character === ':' || character === '@' || character === '#')) {
      const name = here(namedMark)
      if (name) placeholders.push({ start: at, end: at + name[0].length, name: name[0] })
      at += name?.[0].length ?? 1
    } else {
      const name = here(word)
      if (name && keyword === '') keyword = name[0].toUpperCase()
      const match = name ?? here(space) ?? here(numeral)
      at += match?.[0].length ?? 1
    }
  }
  return { keyword, placeholders }
}

/** Where what begins at `from` ends, its end included; the end of the text where it does not end. */
function endOf(sql: string, end: string, from: number): number {
  const found = sql.indexOf(end, from)
  return found < 0 ? sql.length : found + end.length
}

/** A doubled quote is one within; so is one after a backslash in text that has escapes. */
function endOfQuoted(sql: string, quote: string, from: number, hasEscapes = false): number {
  for (let at = from; at < sql.length; at++) {
    const character = sql.charAt(at)
    if (hasEscapes && character === '\\') at++
    else if (character === quote) {
      if (sql.charAt(at + 1) !== quote) return at + 1
      at++
    }
  }
  return sql.length
}

/** Comments of PostgreSQL hold comments. */
function endOfComment(sql: string, from: number, isNested: boolean): number {
  if (!isNested) return endOf(sql, '*/', from + 2)
  let depth = 0
  for (let at = from; at < sql.length; at++) {
    const pair = sql.slice(at, at + 2)
    if (pair === '/*') depth++
    else if (pair === '*/') depth--
    else continue
    at++
    if (depth === 0) return at + 1
  }
  return sql.length
}
