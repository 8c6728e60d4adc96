import { CapabilityError } from '../errors.ts'
import type { StoreLimits } from './config.ts'

/** What a key can hold. */
export type Entry = TextEntry | ListEntry | SetEntry

interface EntryBase {
  /** On the store's clock, in milliseconds; undefined for never. */
  expiresAt: number | undefined
  /** What the key and all it holds count for. */
  bytes: number
}

export interface TextEntry extends EntryBase {
  readonly kind: 'text'
  text: string
}

export interface ListEntry extends EntryBase {
  readonly kind: 'list'
  /** In reverse, so that adding to the head costs the same however long the list is. */
  readonly reversed: string[]
}

export interface SetEntry extends EntryBase {
  readonly kind: 'set'
  readonly members: Set<string>
}

/** What each key, value, item or member counts for besides its text, in bytes. */
const overheadBytes = 64

/** Keys looked at for expiry with each write. */
const sweptEachWrite = 8

/** How often a full store looks at every key that expires, in milliseconds, at most. */
const fullSweepEveryMs = 1000

/**
 * Text, lists and sets by key, with expiry and bounds. Expired keys are gone when they are looked at;
 * each write also looks at a few others, so that what nobody asks for goes, too.
 */
export class Store {
  readonly #entries = new Map<string, Entry>()
  /** The keys that expire at some time. */
  readonly #expiring = new Set<string>()
  readonly #now: () => number
  #sweep: Iterator<string> | undefined
  #nextFullSweepAt = Number.NEGATIVE_INFINITY
  #bytes = 0

  /** @param now A clock in milliseconds that never goes back. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Keys, those that expired unnoticed included. */
  get size(): number {
    return this.#entries.size
  }

  /** What everything counts for. */
  get bytes(): number {
    return this.#bytes
  }

  find(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry?.expiresAt === undefined || entry.expiresAt > this.#now()) return entry
    this.#remove(key, entry)
    return undefined
  }

  /** @throws CapabilityError `ERR_KEY_TYPE` */
  findKind<Kind extends Entry['kind']>(
    key: string,
    kind: Kind,
  ): Extract<Entry, { kind: Kind }> | undefined {
    const entry = this.find(key)
    if (entry === undefined || entry.kind === kind) {
      return entry as Extract<Entry, { kind: Kind }> | undefined
    }
    throw new CapabilityError(
      'ERR_KEY_TYPE',
      { key, holds: entry.kind },
      `key ${shown(key)} holds a ${entry.kind}, not a ${kind} (WRONGTYPE)`,
    )
  }

  /**
   * Puts text in the place of whatever the key held.
   *
   * @param ttlMs Milliseconds to keep it; undefined for ever, `keep` for as long as what was there.
   * @throws CapabilityError `ERR_STORE_LIMIT`, and nothing has changed
   */
  setText(
    key: string,
    text: string,
    ttlMs: number | undefined | 'keep',
    limits: StoreLimits,
  ): void {
    const before = this.find(key)
    const bytes = this.#measure(key, limits) + this.#measure(text, limits)
    this.#makeRoom(before ? 0 : 1, bytes - (before?.bytes ?? 0), limits)
    const expiresAt =
      ttlMs === 'keep' ? before?.expiresAt : ttlMs === undefined ? undefined : this.#now() + ttlMs
    this.#bytes += bytes - (this.#entries.get(key)?.bytes ?? 0)
    this.#entries.set(key, { kind: 'text', text, expiresAt, bytes })
    if (expiresAt === undefined) this.#expiring.delete(key)
    else this.#expiring.add(key)
  }

  /**
   * The list or set at a key, made if there is none, once there is room for one more value in it. The
   * caller adds that value.
   *
   * @throws CapabilityError `ERR_KEY_TYPE`, `ERR_STORE_LIMIT`
   */
  growing(key: string, kind: 'list', value: string, limits: StoreLimits): ListEntry
  growing(key: string, kind: 'set', value: string, limits: StoreLimits): SetEntry
  growing(key: string, kind: 'list' | 'set', value: string, limits: StoreLimits): Entry {
    const present = this.findKind(key, kind)
    const keyBytes = this.#measure(key, limits)
    const added = this.#measure(value, limits) + (present ? 0 : keyBytes)
    this.#makeRoom(present ? 0 : 1, added, limits)
    // Making room may have found this very key expired.
    const entry = this.findKind(key, kind) ?? this.#create(key, kind)
    entry.bytes += added
    this.#bytes += added
    return entry
  }

  /** Accounts for a value that was taken from a list or set, and removes the key with the last one. */
  shrunk(key: string, entry: ListEntry | SetEntry, value: string, count: number): void {
    const bytes = count * (Buffer.byteLength(value) + overheadBytes)
    entry.bytes -= bytes
    this.#bytes -= bytes
    const left = entry.kind === 'list' ? entry.reversed.length : entry.members.size
    if (left === 0) this.#remove(key, entry)
  }

  /** @returns whether there was something to delete */
  delete(key: string): boolean {
    const entry = this.find(key)
    if (entry) this.#remove(key, entry)
    return entry !== undefined
  }

  #create(key: string, kind: 'list' | 'set'): ListEntry | SetEntry {
    const base = { expiresAt: undefined, bytes: 0 }
    const entry: ListEntry | SetEntry =
      kind === 'list' ? { ...base, kind, reversed: [] } : { ...base, kind, members: new Set() }
    this.#entries.set(key, entry)
    return entry
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#expiring.delete(key)
    this.#bytes -= entry.bytes
  }

  #measure(text: string, { maxValueBytes }: StoreLimits): number {
    const bytes = Buffer.byteLength(text)
    if (bytes > maxValueBytes) throw full('MAX_VALUE_BYTES', bytes, maxValueBytes)
    return bytes + overheadBytes
  }

  #makeRoom(keys: number, bytes: number, { maxKeys, maxBytes }: StoreLimits): void {
    this.#sweepSome()
    const fits = (): boolean =>
      (keys <= 0 || this.#entries.size + keys <= maxKeys) &&
      (bytes <= 0 || this.#bytes + bytes <= maxBytes)
    if (fits()) return
    this.#sweepAll()
    if (fits()) return
    if (keys > 0 && this.#entries.size + keys > maxKeys) {
      throw full('MAX_KEYS', this.#entries.size + keys, maxKeys)
    }
    throw full('MAX_BYTES', this.#bytes + bytes, maxBytes)
  }

  #sweepSome(): void {
    for (let looked = 0; looked < sweptEachWrite && this.#expiring.size > 0; looked++) {
      this.#sweep ??= this.#expiring.values()
      const next = this.#sweep.next()
      if (next.done === true) {
        this.#sweep = undefined
        return
      }
      this.find(next.value)
    }
  }

  #sweepAll(): void {
    const now = this.#now()
    if (now < this.#nextFullSweepAt) return
    this.#nextFullSweepAt = now + fullSweepEveryMs
    for (const key of this.#expiring) this.find(key)
  }
}

function full(
  limit: 'MAX_KEYS' | 'MAX_BYTES' | 'MAX_VALUE_BYTES',
  wanted: number,
  allowed: number,
): CapabilityError<'ERR_STORE_LIMIT'> {
  return new CapabilityError(
    'ERR_STORE_LIMIT',
    { limit, wanted, allowed },
    `${limit} is ${allowed}, and this would make it ${wanted}`,
  )
}

/** A key for an error message. */
export function shown(key: string): string {
  return JSON.stringify(key.length > 100 ? `${key.slice(0, 100)}…` : key)
}
