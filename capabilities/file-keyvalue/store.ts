import { checkedBytes, storeLimitError } from '../keyvalue-failures.ts'
import type { StoreLimits } from '../keyvalue-limits.ts'
import type { StoreDatabase } from './database.ts'

/** A key and what it holds, but for the items of lists and sets. */
export interface FileEntry {
  readonly id: number
  readonly key: string
  readonly kind: 'text' | 'list' | 'set'
  readonly text: string | null
  /** Items of a list or set. */
  readonly count: number
  readonly bytes: number
  /** Milliseconds since 1970; null for never. */
  readonly expiresAt: number | null
}

/** Counted for each key and item besides its text. */
export const overheadBytes = 64

/** Entries that are due, and items that belong to nobody, that one write deletes at most. */
const sweepEntries = 64
const sweepItems = 512

/** How long to leave it once nothing was left to sweep. */
const sweepAgainMs = 1000

/**
 * A store in a file: the rows of one number in `entries`. Changes happen inside
 * {@link StoreDatabase.writing} only.
 */
export class FileStore {
  readonly database: StoreDatabase
  readonly #id: number
  readonly #now: () => number
  #sweepAt = 0
  /** When the present call began. One call sees one time. */
  #time = 0

  /** @param now Milliseconds since 1970: what expires does so while nobody runs, too. */
  constructor(database: StoreDatabase, name: string, now: () => number) {
    this.database = database
    this.#now = now
    this.#id = database.writing(() => {
      database.run('INSERT INTO stores (name) VALUES (?) ON CONFLICT DO NOTHING', name)
      return Number(database.get('SELECT id FROM stores WHERE name = ?', name)?.['id'])
    })
  }

  /** The time of the call that {@link find} began, in milliseconds since 1970. */
  get time(): number {
    return this.#time
  }

  /** What is at a key, unless it is due. */
  find(key: string): FileEntry | undefined {
    this.#time = this.#now()
    const row = this.#row(key)
    return row?.expiresAt != null && row.expiresAt <= this.#time ? undefined : row
  }

  /** As {@link find}, for a write: what is due is deleted. */
  findToChange(key: string): FileEntry | undefined {
    this.#time = this.#now()
    this.#sweep()
    const row = this.#row(key)
    if (row?.expiresAt == null || row.expiresAt > this.#time) return row
    this.remove(row)
    return undefined
  }

  /** Keys after `after`, a few, in their order. */
  keysAfter(after: string | undefined, limit: number): string[] {
    const rows = this.database.all(
      `SELECT key FROM entries WHERE store = ? AND key ${after === undefined ? '>=' : '>'} ?
       AND (expires_at IS NULL OR expires_at > ?) ORDER BY key LIMIT ?`,
      ...[this.#id, after ?? '', this.#now(), limit],
    )
    return rows.map(({ key }) => key as string)
  }

  /**
   * Puts text at a key, in the place of whatever is there.
   *
   * @param present What {@link findToChange} says of the key.
   * @param expiresAt Milliseconds since 1970; `keep` what is there, null for never.
   * @throws CapabilityError `ERR_STORE_LIMIT`
   */
  put(
    key: string,
    present: FileEntry | undefined,
    text: string,
    expiresAt: number | null | 'keep',
    limits: StoreLimits,
  ): void {
    const bytes =
      overheadBytes +
      checkedBytes(key, limits.maxValueBytes) +
      checkedBytes(text, limits.maxValueBytes)
    this.#reserve(present ? 0 : 1, bytes - (present?.bytes ?? 0), limits)
    const until = expiresAt === 'keep' ? (present?.expiresAt ?? null) : expiresAt
    if (present?.kind === 'text') {
      this.database.run(
        'UPDATE entries SET text = ?, bytes = ?, expires_at = ? WHERE id = ?',
        ...[text, bytes, until, present.id],
      )
      this.#count(0, bytes - present.bytes)
      return
    }
    if (present) this.remove(present)
    this.#insert(key, 'text', text, bytes, until)
  }

  /**
   * Makes room for more items at a key that holds a list or set, or at one that is then made.
   *
   * @returns the entry that they are to go to
   * @throws CapabilityError `ERR_STORE_LIMIT`
   */
  addItems(
    key: string,
    present: FileEntry | undefined,
    kind: 'list' | 'set',
    items: readonly string[],
    limits: StoreLimits,
  ): number {
    let bytes = 0
    for (const item of items) bytes += overheadBytes + checkedBytes(item, limits.maxValueBytes)
    if (present) {
      this.#reserve(0, bytes, limits)
      this.#changeItems(present, items.length, bytes)
      return present.id
    }
    bytes += overheadBytes + checkedBytes(key, limits.maxValueBytes)
    this.#reserve(1, bytes, limits)
    this.#insert(key, kind, null, bytes, null, items.length)
    return Number(this.database.get('SELECT last_insert_rowid() AS id')?.['id'])
  }

  /** Accounts for items that are gone from an entry. One that has none left is gone itself. */
  removeItems(entry: FileEntry, item: string, removed: number): void {
    if (removed === 0) return
    if (removed === entry.count) {
      this.remove(entry)
      return
    }
    this.#changeItems(entry, -removed, -removed * (overheadBytes + Buffer.byteLength(item)))
  }

  /** When the entry is gone: milliseconds since 1970. */
  expireAt(key: string, expiresAt: number): void {
    this.database.run(
      'UPDATE entries SET expires_at = ? WHERE store = ? AND key = ?',
      ...[expiresAt, this.#id, key],
    )
  }

  remove(entry: FileEntry): void {
    this.database.run('DELETE FROM entries WHERE id = ?', entry.id)
    if (entry.kind !== 'text') {
      this.database.run('INSERT INTO leftovers (entry) VALUES (?)', entry.id)
      this.#sweepAt = 0
    }
    this.#count(-1, -entry.bytes)
  }

  #row(key: string): FileEntry | undefined {
    return this.database.get(
      `SELECT id, key, kind, text, count, bytes, expires_at AS expiresAt
       FROM entries WHERE store = ? AND key = ?`,
      ...[this.#id, key],
    ) as FileEntry | undefined
  }

  #insert(
    key: string,
    kind: FileEntry['kind'],
    text: string | null,
    bytes: number,
    expiresAt: number | null,
    count = 0,
  ): void {
    this.database.run(
      `INSERT INTO entries (store, key, kind, text, count, bytes, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...[this.#id, key, kind, text, count, bytes, expiresAt],
    )
    this.#count(1, bytes)
  }

  #changeItems(entry: FileEntry, items: number, bytes: number): void {
    this.database.run(
      'UPDATE entries SET count = count + ?, bytes = bytes + ? WHERE id = ?',
      ...[items, bytes, entry.id],
    )
    this.#count(0, bytes)
  }

  #count(keys: number, bytes: number): void {
    if (keys === 0 && bytes === 0) return
    this.database.run(
      'UPDATE stores SET keys = keys + ?, bytes = bytes + ? WHERE id = ?',
      ...[keys, bytes, this.#id],
    )
  }

  /** Deletes some of what is due, and some of what belongs to nobody. */
  #sweep(): void {
    if (this.#time < this.#sweepAt) return
    const isCleanOfDue = !this.#forgetDue()
    const isCleanOfItems = !this.#deleteLeftovers()
    if (isCleanOfDue && isCleanOfItems) this.#sweepAt = this.#time + sweepAgainMs
  }

  /** @returns whether there was something */
  #forgetDue(): boolean {
    const due = this.database.all(
      `SELECT id, key, kind, text, count, bytes, expires_at AS expiresAt FROM entries
       WHERE store = ? AND expires_at IS NOT NULL AND expires_at <= ? LIMIT ?`,
      ...[this.#id, this.#time, sweepEntries],
    )
    for (const entry of due) this.remove(entry as unknown as FileEntry)
    return due.length > 0
  }

  /** @returns whether there was something */
  #deleteLeftovers(): boolean {
    const row = this.database.get('SELECT entry FROM leftovers LIMIT 1')
    if (!row) return false
    const entry = row['entry'] as number
    const deleted =
      this.database.run(
        `DELETE FROM list_items WHERE entry = ?1 AND position IN
         (SELECT position FROM list_items WHERE entry = ?1 LIMIT ?2)`,
        ...[entry, sweepItems],
      ) +
      this.database.run(
        `DELETE FROM set_items WHERE entry = ?1 AND value IN
         (SELECT value FROM set_items WHERE entry = ?1 LIMIT ?2)`,
        ...[entry, sweepItems],
      )
    if (deleted < sweepItems) this.database.run('DELETE FROM leftovers WHERE entry = ?', entry)
    return true
  }

  #reserve(keys: number, bytes: number, limits: StoreLimits): void {
    // What does not grow always fits, so that a store above a lowered limit can be emptied.
    if (keys <= 0 && bytes <= 0) return
    const held = (): { keys: number; bytes: number } =>
      this.database.get('SELECT keys, bytes FROM stores WHERE id = ?', this.#id) as never
    let now = held()
    const fits = (): boolean =>
      (keys <= 0 || now.keys + keys <= limits.maxKeys) &&
      (bytes <= 0 || now.bytes + bytes <= limits.maxBytes)
    while (!fits() && this.#forgetDue()) now = held()
    if (fits()) return
    throw keys > 0 && now.keys + keys > limits.maxKeys
      ? storeLimitError('MAX_KEYS', now.keys + keys, limits.maxKeys)
      : storeLimitError('MAX_BYTES', now.bytes + bytes, limits.maxBytes)
  }
}
