/** Reads streams from where a link began, for the link alone. */
import type { Delivery, EventSource } from '../event-streams/consumer.ts'
import type { RedisConnection, RedisReply } from '../redis-connection/index.ts'
import { entriesByKey, eventOf } from './entries.ts'

/** How long Redis keeps a read that finds nothing, in milliseconds. */
export const blockMs = 1000

/** How long the answer may take beyond that. */
export const graceMs = 4000

/** A stream of a link, and its key in Redis. */
export interface NamedStream {
  readonly name: string
  readonly key: string
}

/** What waits for events: the caller has the connection for itself. */
export class StreamReader implements EventSource {
  readonly #connection: RedisConnection
  readonly #byKey: ReadonlyMap<string, string>
  /** The last entry that was read, by key. */
  readonly #last: Map<string, string>
  readonly #held: Delivery[] = []

  private constructor(
    connection: RedisConnection,
    streams: readonly NamedStream[],
    last: Map<string, string>,
  ) {
    this.#connection = connection
    this.#byKey = new Map(streams.map(({ name, key }) => [key, name]))
    this.#last = last
  }

  /** Begins after what the streams hold now. */
  static async open(
    connection: RedisConnection,
    streams: readonly NamedStream[],
  ): Promise<StreamReader> {
    const last = new Map<string, string>()
    for (const { key } of streams) last.set(key, await lastIdOf(connection, key))
    return new StreamReader(connection, streams, last)
  }

  async read(most: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    if (this.#held.length > 0) return this.#held.splice(0, most)
    if (signal.aborted) return []
    const keys = [...this.#last.keys()]
    const reading = this.#connection.run(
      'xread',
      ['COUNT', most, 'BLOCK', blockMs, 'STREAMS', ...keys, ...this.#last.values()],
      { operation: 'read events', deadlineAt: performance.now() + blockMs + graceMs },
      true,
    )
    // What a link that closes would still read is nobody's but its own.
    const reply = await unlessAborted(reading, signal)
    for (const [key, entries] of entriesByKey(reply)) {
      const name = this.#byKey.get(key)
      if (name === undefined) continue
      for (const entry of entries) {
        this.#last.set(key, entry.id)
        const event = eventOf(name, entry)
        this.#held.push({ event, attempts: 0, done: () => {}, giveBack: () => {} })
      }
    }
    return this.#held.splice(0, most)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection[Symbol.asyncDispose]()
  }
}

/** The answer, or `null` as soon as nobody wants it any more. */
async function unlessAborted(
  reading: Promise<RedisReply>,
  signal: AbortSignal,
): Promise<RedisReply> {
  reading.catch(() => {})
  const aborted = Promise.withResolvers<null>()
  const abort = (): void => aborted.resolve(null)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([reading, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** The id of the newest entry that a stream ever had: trimming it does not bring it back. */
async function lastIdOf(connection: RedisConnection, key: string): Promise<string> {
  const deadlineAt = performance.now() + graceMs
  let info: RedisReply
  try {
    const terms = { operation: 'read events', deadlineAt }
    info = await connection.run('xinfo', ['STREAM', key], terms, true)
  } catch (error) {
    const { detail } = error as { detail?: { reason?: string } }
    if (detail?.reason?.includes('no such key')) return '0-0'
    throw error
  }
  const fields = Array.isArray(info) ? (info as readonly RedisReply[]) : []
  const id = fields[fields.indexOf('last-generated-id') + 1]
  return typeof id === 'string' ? id : '0-0'
}
