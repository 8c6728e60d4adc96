import { checkedBytes, storeLimitError } from '../keyvalue-failures.ts'
import type { StoreLimits } from '../keyvalue-limits.ts'
import { ExpiryQueue } from './expiry-queue.ts'
import type { TextList } from './text-list.ts'

/** What a key holds. */
export type Holding =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: TextList }
  | { readonly kind: 'set'; readonly items: Set<string> }

/** A key and what it holds. Only the store that it is in changes it. */
export interface Entry {
  readonly key: string
  readonly holding: Holding
  /** Milliseconds on the store's clock; `Infinity` for never. */
  readonly expiresAt: number
  bytes: number
}

/** Counted for each key and item besides its text. */
const overheadBytes = 64

/** Keys that a single call forgets at most because they are due, so that none takes long. */
const sweepKeys = 16

/**
 * Keys, what they hold, and how much that is. Keys that are due are never seen, and forgotten bit by
 * bit by whatever calls come: no timer runs.
 */
export class Store {
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()
  readonly #expiry = new ExpiryQueue<Entry>()
  #expiring = 0
  #bytes = 0
  /** When the present call began. One call sees one time. */
  #time = 0

  /** @param now Milliseconds on a clock that does not go back. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Keys held, those among them that are due but not yet forgotten. */
  get size(): number {
    return this.#entries.size
  }

  find(key: string): Entry | undefined {
    this.#time = this.#now()
    for (let swept = 0; swept < sweepKeys && this.#forgetDue(); swept++);
    const entry = this.#entries.get(key)
    if (!entry || entry.expiresAt > this.#time) return entry
    this.remove(entry)
    return undefined
  }

  /**
   * Puts text at a key, in the place of whatever is there.
   *
   * @param present What {@link find} says of the key.
   * @param expiresInMs From now; `keep` what is there, `Infinity` for never.
   * @throws CapabilityError `ERR_STORE_LIMIT`
   */
  put(
    key: string,
    present: Entry | undefined,
    text: string,
    expiresInMs: number | 'keep',
    limits: StoreLimits,
  ): void {
    const bytes = costOf(key, limits) + checkedBytes(text, limits.maxValueBytes)
    this.#reserve(present ? 0 : 1, bytes - (present?.bytes ?? 0), limits)
    if (present) this.remove(present)
    const expiresAt =
      expiresInMs === 'keep' ? (present?.expiresAt ?? Infinity) : this.#time + expiresInMs
    this.#insert({ key, holding: { kind: 'text', text }, expiresAt, bytes })
  }

  /**
   * Makes room for one more item: at a key that holds some, or at one that is then made for `holding`.
   *
   * @throws CapabilityError `ERR_STORE_LIMIT`, before anything has changed
   */
  addItem(
    key: string,
    present: Entry | undefined,
    holding: Holding,
    item: string,
    limits: StoreLimits,
  ): void {
    const itemBytes = costOf(item, limits)
    if (present) {
      this.#reserve(0, itemBytes, limits)
      present.bytes += itemBytes
      this.#bytes += itemBytes
      return
    }
    const bytes = costOf(key, limits) + itemBytes
    this.#reserve(1, bytes, limits)
    this.#insert({ key, holding, expiresAt: Infinity, bytes })
  }

  /** Accounts for items that are gone from an entry. One that has `left` none is gone itself. */
  removeItems(entry: Entry, item: string, removed: number, left: number): void {
    const bytes = removed * (overheadBytes + Buffer.byteLength(item))
    entry.bytes -= bytes
    this.#bytes -= bytes
    if (left === 0) this.remove(entry)
  }

  remove(entry: Entry): void {
    this.#entries.delete(entry.key)
    this.#bytes -= entry.bytes
    if (entry.expiresAt !== Infinity) this.#expiring--
  }

  /** The keys held at present, those among them that are due but not yet forgotten. */
  keys(): string[] {
    return [...this.#entries.keys()]
  }

  /** What is left to an entry that {@link find} has just found; `Infinity` if it stays. */
  leftMs(entry: Entry): number {
    return entry.expiresAt - this.#time
  }

  /** Lets an entry that {@link find} has just found expire. */
  expire(entry: Entry, expiresInMs: number): void {
    this.remove(entry)
    this.#insert({ ...entry, expiresAt: this.#time + expiresInMs })
  }

  /** Forgets everything that is due by now. */
  sweep(): void {
    this.#time = this.#now()
    while (this.#forgetDue());
  }

  #insert(entry: Entry): void {
    this.#entries.set(entry.key, entry)
    this.#bytes += entry.bytes
    if (entry.expiresAt === Infinity) return
    this.#expiring++
    this.#expiry.push(entry.expiresAt, entry)
    // Entries that were replaced or deleted stay queued; this keeps them fewer than those that live.
    if (this.#expiry.length > 2 * this.#expiring + 64) {
      this.#expiry.retain((queued) => this.#entries.get(queued.key) === queued)
    }
  }

  /** @returns whether there was one to forget */
  #forgetDue(): boolean {
    const due = this.#expiry.popDue(this.#time)
    if (!due) return false
    if (this.#entries.get(due.key) === due) this.remove(due)
    return true
  }

  #reserve(keys: number, bytes: number, limits: StoreLimits): void {
    while (!this.#fits(keys, bytes, limits) && this.#forgetDue());
    if (this.#fits(keys, bytes, limits)) return
    throw keys > 0 && this.size + keys > limits.maxKeys
      ? storeLimitError('MAX_KEYS', this.size + keys, limits.maxKeys)
      : storeLimitError('MAX_BYTES', this.#bytes + bytes, limits.maxBytes)
  }

  /** What does not grow always fits, so that a store above a lowered limit can be emptied. */
  #fits(keys: number, bytes: number, { maxKeys, maxBytes }: StoreLimits): boolean {
    return (
      (keys <= 0 || this.size + keys <= maxKeys) && (bytes <= 0 || this.#bytes + bytes <= maxBytes)
    )
  }
}

function costOf(text: string, { maxValueBytes }: StoreLimits): number {
  return overheadBytes + checkedBytes(text, maxValueBytes)
}
