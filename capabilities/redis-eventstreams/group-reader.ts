/** Reads streams as a member of a consumer group, which shares their events with the other members. */
import { randomUUID } from 'node:crypto'
import type { Delivery, EventSource } from '../event-streams/consumer.ts'
import type { DeliveryTerms } from '../event-streams/link-values.ts'
import type { RedisConnection, RedisReply } from '../redis-connection/index.ts'
import { entriesByKey, entriesOf, eventOf, type StreamEntry } from './entries.ts'
import { blockMs, graceMs, type NamedStream } from './reader.ts'

/** Events of lost members that are looked at in one go. */
const claimedAtOnce = 100

/** What a member of a group is told. */
export interface GroupTerms extends Pick<DeliveryTerms, 'redeliverAfterMs'> {
  readonly group: string
  readonly streams: readonly NamedStream[]
}

interface Connections {
  /** The link's own: reads block it. */
  readonly blocking: RedisConnection
  /** For what must not wait behind a read. */
  readonly shared: RedisConnection
}

/**
 * A member of a consumer group. Redis remembers what each member was given until it is acknowledged;
 * what a member keeps for too long, another claims, so that none is lost with its host.
 */
export class GroupReader implements EventSource {
  readonly #connections: Connections
  readonly #terms: GroupTerms
  readonly #names: ReadonlyMap<string, string>
  readonly #consumer = `wash-ts-${randomUUID()}`
  readonly #held: Delivery[] = []
  /** Ids, by key, of what was given out and is not acknowledged yet. */
  readonly #open = new Map<string, Set<string>>()
  /** Acknowledgements that Redis did not take, to be made again. */
  readonly #owed: (() => Promise<void>)[] = []
  #claimAt = 0
  /** What Redis calls the blocking connection, as long as that is the first one. */
  #clientId: RedisReply = null

  private constructor(connections: Connections, terms: GroupTerms) {
    this.#connections = connections
    this.#terms = terms
    this.#names = new Map(terms.streams.map(({ name, key }) => [key, name]))
    for (const { key } of terms.streams) this.#open.set(key, new Set())
  }

  /** Joins the group, and makes it where there is none: it then begins with what is written from now on. */
  static async open(connections: Connections, terms: GroupTerms): Promise<GroupReader> {
    const reader = new GroupReader(connections, terms)
    await reader.#join('$')
    // Not every user may ask; then closing the link waits for the read under way.
    reader.#clientId = await connections.blocking
      .run('client', ['ID'], within(graceMs))
      .catch(() => null)
    return reader
  }

  async read(most: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    if (this.#held.length > 0) return this.#held.splice(0, most)
    if (signal.aborted) return []
    const abort = (): void => this.#endRead()
    signal.addEventListener('abort', abort, { once: true })
    try {
      for (const acknowledge of this.#owed.splice(0)) await acknowledge()
      await this.#claimLost(most)
      if (this.#held.length === 0) await this.#readNew(most)
    } catch (error) {
      if (!/^(NOGROUP|UNBLOCKED)/.test(reasonOf(error))) throw error
      // A stream was deleted, or Redis lost it: what was written since counts as new.
      await this.#join('0')
    } finally {
      signal.removeEventListener('abort', abort)
    }
    return this.#held.splice(0, most)
  }

  /** Leaves the group, unless Redis still remembers events for it: another member claims those first. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { blocking, shared } = this.#connections
    const { group } = this.#terms
    try {
      for (const [key, ids] of this.#open) {
        if (ids.size > 0) continue
        await shared.run('xgroup', ['DELCONSUMER', key, group, this.#consumer], within(graceMs))
      }
    } catch {
      // It stays in the list of the group's members, where it does no harm.
    }
    await blocking[Symbol.asyncDispose]()
  }

  /** Has Redis answer a read that waits: what it gave to this member must not be lost on the way. */
  #endRead(): void {
    if (typeof this.#clientId !== 'number') return
    this.#run('client', ['UNBLOCK', this.#clientId]).catch(() => {})
  }

  async #join(from: '$' | '0'): Promise<void> {
    for (const { key } of this.#terms.streams) {
      try {
        const args = ['CREATE', key, this.#terms.group, from, 'MKSTREAM']
        await this.#connections.shared.run('xgroup', args, within(graceMs))
      } catch (error) {
        if (!reasonOf(error).startsWith('BUSYGROUP')) throw error
      }
    }
  }

  async #readNew(most: number): Promise<void> {
    const keys = this.#terms.streams.map(({ key }) => key)
    // Each stream may give so many: what is more than was asked for waits here, and counts as given.
    const each = Math.max(1, Math.floor(most / keys.length))
    const { group } = this.#terms
    const reply = await this.#connections.blocking.run(
      'xreadgroup',
      [
        ...['GROUP', group, this.#consumer, 'COUNT', each, 'BLOCK', blockMs, 'STREAMS'],
        ...keys,
        ...keys.map(() => '>'),
      ],
      within(blockMs + graceMs),
    )
    for (const [key, entries] of entriesByKey(reply)) {
      for (const entry of entries) this.#hold(key, entry, 0)
    }
  }

  /** Takes over what members that are gone have left. */
  async #claimLost(most: number): Promise<void> {
    const now = performance.now()
    if (now < this.#claimAt) return
    const { group, redeliverAfterMs, streams } = this.#terms
    this.#claimAt = now + redeliverAfterMs / 2
    for (const { key } of streams) {
      const pending = await this.#run('xpending', [
        ...[key, group, 'IDLE', redeliverAfterMs, '-', '+', claimedAtOnce],
      ])
      const mine = this.#open.get(key)
      const lost = pendingOf(pending).filter(({ id }) => !mine?.has(id))
      const attempts = new Map(lost.slice(0, most).map(({ id, given }) => [id, given]))
      if (attempts.size === 0) continue
      // There may be more than can be handled now.
      this.#claimAt = now
      const claimed = await this.#run('xclaim', [
        ...[key, group, this.#consumer, redeliverAfterMs],
        ...attempts.keys(),
      ])
      for (const entry of entriesOf(claimed)) this.#hold(key, entry, attempts.get(entry.id) ?? 0)
    }
  }

  #hold(key: string, entry: StreamEntry, attempts: number): void {
    const open = this.#open.get(key)
    const name = this.#names.get(key)
    if (!open || name === undefined) return
    const { id } = entry
    const done = async (): Promise<void> => {
      try {
        await this.#run('xack', [key, this.#terms.group, id])
        open.delete(id)
      } catch (error) {
        this.#owed.push(done)
        throw error
      }
    }
    open.add(id)
    if (!entry.fields) {
      // It was deleted or trimmed: there is nothing left to deliver.
      void done().catch(() => {})
      return
    }
    this.#held.push({ event: eventOf(name, entry), attempts, done, giveBack: () => {} })
  }

  #run(name: string, args: (string | number)[]): Promise<RedisReply> {
    return this.#connections.shared.run(name, args, within(graceMs))
  }
}

interface Pending {
  readonly id: string
  /** How often it was given to a member. */
  readonly given: number
}

function pendingOf(reply: RedisReply): Pending[] {
  if (!Array.isArray(reply)) return []
  return (reply as readonly RedisReply[]).flatMap((entry) => {
    if (!Array.isArray(entry)) return []
    const [id, , , given] = entry as readonly RedisReply[]
    return typeof id === 'string' ? [{ id, given: Number(given) }] : []
  })
}

function within(timeoutMs: number): { operation: string; deadlineAt: number } {
  return { operation: 'read events', deadlineAt: performance.now() + timeoutMs }
}

function reasonOf(error: unknown): string {
  const { detail } = error as { detail?: { reason?: unknown } }
  return typeof detail?.reason === 'string' ? detail.reason : ''
}
