/** What statements of actors may do in a database of SQLite, asked while each is prepared. */
import { constants } from 'node:sqlite'

/** What can only be asked, with or without an argument. Nothing else of a PRAGMA is an actor's business. */
const questions: ReadonlySet<string> = new Set([
  'collation_list',
  'data_version',
  'foreign_key_check',
  'foreign_key_list',
  'function_list',
  'index_info',
  'index_list',
  'index_xinfo',
  'integrity_check',
  'quick_check',
  'table_info',
  'table_list',
  'table_xinfo',
])

/** Virtual tables that keep their data in the database itself. */
const modules: ReadonlySet<string> = new Set([
  'fts3',
  'fts4',
  'fts5',
  'geopoly',
  'rtree',
  'rtree_i32',
])

const functions: ReadonlySet<string> = new Set(['fts3_tokenizer', 'load_extension'])

/** What is refused whatever it works on: it reaches files, or what other statements would see. */
const refused: ReadonlyMap<number, string> = new Map([
  [constants.SQLITE_ATTACH, 'ATTACH'],
  [constants.SQLITE_DETACH, 'DETACH'],
  [constants.SQLITE_TRANSACTION, 'a transaction'],
  [constants.SQLITE_SAVEPOINT, 'a savepoint'],
  [constants.SQLITE_CREATE_TEMP_INDEX, 'a temporary index'],
  [constants.SQLITE_CREATE_TEMP_TABLE, 'a temporary table'],
  [constants.SQLITE_CREATE_TEMP_TRIGGER, 'a temporary trigger'],
  [constants.SQLITE_CREATE_TEMP_VIEW, 'a temporary view'],
])

const reading: ReadonlySet<number> = new Set([
  constants.SQLITE_SELECT,
  constants.SQLITE_READ,
  constants.SQLITE_FUNCTION,
  constants.SQLITE_RECURSIVE,
  constants.SQLITE_PRAGMA,
])

/** Why a statement may not do something; `undefined` if it may. */
export function refusalOf(
  action: number,
  first: string | null,
  second: string | null,
  isReadOnly: boolean,
): 'read-only' | { readonly what: string } | undefined {
  const what = refused.get(action)
  if (what !== undefined) return { what }
  if (action === constants.SQLITE_PRAGMA) {
    const name = first?.toLowerCase() ?? ''
    if (questions.has(name)) return undefined
    // R-trees ask for the page size.
    if (second === null && (name === 'user_version' || name === 'page_size')) return undefined
    if (name !== 'user_version') return { what: `PRAGMA ${name}` }
    return isReadOnly ? 'read-only' : undefined
  }
  if (action === constants.SQLITE_FUNCTION && functions.has(second?.toLowerCase() ?? '')) {
    return { what: `the function ${second}` }
  }
  if (action === constants.SQLITE_CREATE_VTABLE && !modules.has(second?.toLowerCase() ?? '')) {
    return { what: `a virtual table of ${second}` }
  }
  return isReadOnly && !reading.has(action) ? 'read-only' : undefined
}
