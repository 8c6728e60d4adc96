import type { Answer } from '../event-streams/checks.ts'
import { eventBytes } from '../event-streams/checks.ts'
import type { EventSource } from '../event-streams/consumer.ts'
import type { EventStore } from '../event-streams/link.ts'
import { CapabilityError } from '../errors.ts'
import type { RedisConnection } from '../redis-connection/index.ts'
import { entriesOf, eventOf, idAfter } from './entries.ts'

/** Entries of the first read of a query, when nothing is known of their size, and of any. */
const firstEntries = 64
const mostEntries = 2000

/** Bytes that one read of a query aims at. */
const aimedBytes = 1024 * 1024

/**
 * Serves one link from Redis streams. An event is an entry whose fields are its values, as the Redis
 * provider of waSCC and wasmCloud wrote it.
 *
 * @param open Opens the link's subscriptions.
 */
export function redisEventStore(
  connection: RedisConnection,
  prefix: string,
  maxLength: number | undefined,
  open: () => Promise<EventSource>,
): EventStore {
  return {
    write: async ({ stream, values }, call) => {
      const trim = maxLength === undefined ? [] : ['MAXLEN', '=', maxLength]
      const fields = Object.entries(values).flat()
      const id = await connection.run('xadd', [prefix + stream, ...trim, '*', ...fields], call)
      if (typeof id === 'string') return { eventId: id }
      const reason = 'it answered XADD without an id'
      throw new CapabilityError(
        'ERR_SERVER_REFUSED',
        { server: connection.server, reason },
        `${connection.server}: ${reason}`,
      )
    },
    query: async (query, answer, call) => {
      const { minTime, maxTime } = query.range ?? {}
      let from = minTime === undefined ? '-' : String(minTime)
      const to = maxTime === undefined ? '+' : String(maxTime)
      let atOnce = firstEntries
      for (;;) {
        const wanted = Math.min(answer.wanted(query), atOnce)
        if (wanted === 0) return
        const args = [prefix + query.stream, from, to, 'COUNT', wanted]
        const entries = entriesOf(await connection.run('xrange', args, call, true))
        const bytes = addAll(answer, query.stream, entries)
        const last = entries.at(-1)
        if (entries.length < wanted || !last) return
        from = idAfter(last.id)
        const each = Math.max(1, bytes / entries.length)
        atOnce = Math.min(mostEntries, Math.ceil(Math.min(aimedBytes, answer.roomBytes) / each))
        atOnce = Math.max(1, atOnce)
      }
    },
    open,
  }
}

function addAll(answer: Answer, stream: string, entries: ReturnType<typeof entriesOf>): number {
  let bytes = 0
  for (const entry of entries) {
    const event = eventOf(stream, entry)
    bytes += eventBytes(event)
    answer.add(event)
  }
  return bytes
}
