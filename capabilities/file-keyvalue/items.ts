/** The items of lists and sets in a store's file. */
import { answerBytesError, maxAnswerBytes } from '../keyvalue-failures.ts'
import type { SqlRow, StoreDatabase } from './database.ts'
import type { FileEntry } from './store.ts'

/** Puts an item at an end of a list. */
export function pushItem(
  database: StoreDatabase,
  entry: number,
  value: string,
  end: 'head' | 'tail',
): void {
  const { first, last } = ends(database, entry)
  const position = end === 'head' ? first - 1 : last + 1
  database.run(
    'INSERT INTO list_items (entry, position, value) VALUES (?, ?, ?)',
    ...[entry, position, value],
  )
}

/** Items `first` to `last`, both counted from 0 and within the list. */
export function listItems(
  database: StoreDatabase,
  entry: FileEntry,
  first: number,
  last: number,
): string[] {
  const at = ends(database, entry.id)
  // Items taken out leave gaps, and then there is nothing for it but to count.
  const isWhole = at.last - at.first + 1 === entry.count
  const rows = isWhole
    ? database.iterate(
        `SELECT value FROM list_items WHERE entry = ? AND position BETWEEN ? AND ?
         ORDER BY position`,
        ...[entry.id, at.first + first, at.first + last],
      )
    : database.iterate(
        'SELECT value FROM list_items WHERE entry = ? ORDER BY position LIMIT ? OFFSET ?',
        ...[entry.id, last - first + 1, first],
      )
  return gathered(rows)
}

/** Takes items out of a list: all that are equal, or the first of them. @returns how many */
export function removeFromList(
  database: StoreDatabase,
  entry: number,
  value: string,
  items: 'all' | 'first',
): number {
  if (items === 'all') {
    return database.run('DELETE FROM list_items WHERE entry = ? AND value = ?', entry, value)
  }
  return database.run(
    `DELETE FROM list_items WHERE entry = ?1 AND position =
     (SELECT min(position) FROM list_items WHERE entry = ?1 AND value = ?2)`,
    ...[entry, value],
  )
}

/** All items of a set. */
export function setItems(database: StoreDatabase, entry: number): string[] {
  return gathered(database.iterate('SELECT value FROM set_items WHERE entry = ?', entry))
}

export function hasItem(database: StoreDatabase, entry: number, value: string): boolean {
  const found = database.get('SELECT 1 FROM set_items WHERE entry = ? AND value = ?', entry, value)
  return found !== undefined
}

export function addToSet(database: StoreDatabase, entry: number, value: string): void {
  database.run('INSERT INTO set_items (entry, value) VALUES (?, ?)', entry, value)
}

/** @returns how many there were: one or none */
export function removeFromSet(database: StoreDatabase, entry: number, value: string): number {
  return database.run('DELETE FROM set_items WHERE entry = ? AND value = ?', entry, value)
}

/** Where a list begins and ends. An empty one has its ends crossed. */
function ends(database: StoreDatabase, entry: number): { first: number; last: number } {
  const position = (order: 'ASC' | 'DESC'): number | undefined =>
    database.get(
      `SELECT position FROM list_items WHERE entry = ? ORDER BY position ${order} LIMIT 1`,
      entry,
    )?.['position'] as number | undefined
  return { first: position('ASC') ?? 0, last: position('DESC') ?? -1 }
}

/** @throws CapabilityError `ERR_STORE_LIMIT` if it is more than one answer holds */
function gathered(rows: Iterable<SqlRow>): string[] {
  const values: string[] = []
  let bytes = 0
  for (const row of rows) {
    const value = row['value'] as string
    // At most three bytes a unit of UTF-16: most texts need not be measured.
    bytes += value.length
    values.push(value)
    if (bytes > maxAnswerBytes) throw answerBytesError(bytes)
  }
  return values
}
