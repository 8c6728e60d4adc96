/** What Redis answers of streams, as events. */
import type { StreamEvent } from '../../contracts/index.ts'
import type { RedisReply } from '../redis-connection/index.ts'

/** An entry of a stream; without fields where it was deleted since. */
export interface StreamEntry {
  readonly id: string
  readonly fields: readonly RedisReply[] | undefined
}

/** The entries of `XRANGE` and of one stream of `XREAD`. What is no entry is left out. */
export function entriesOf(reply: RedisReply | undefined): StreamEntry[] {
  if (!Array.isArray(reply)) return []
  return (reply as readonly RedisReply[]).flatMap((entry) => {
    if (!Array.isArray(entry)) return []
    const [id, fields] = entry as readonly RedisReply[]
    if (typeof id !== 'string') return []
    return [{ id, fields: Array.isArray(fields) ? (fields as readonly RedisReply[]) : undefined }]
  })
}

/** The answer of `XREAD`: entries by key. */
export function entriesByKey(reply: RedisReply): Map<string, StreamEntry[]> {
  const byKey = new Map<string, StreamEntry[]>()
  if (!Array.isArray(reply)) return byKey
  for (const stream of reply as readonly RedisReply[]) {
    if (!Array.isArray(stream)) continue
    const [key, entries] = stream as readonly RedisReply[]
    if (typeof key === 'string') byKey.set(key, entriesOf(entries))
  }
  return byKey
}

/** An entry as an event. Of fields that come twice, which only other clients write, the last counts. */
export function eventOf(stream: string, { id, fields = [] }: StreamEntry): StreamEvent {
  const values = new Map<string, string>()
  for (let index = 0; index + 1 < fields.length; index += 2) {
    values.set(String(fields[index]), String(fields[index + 1]))
  }
  return { eventId: id, stream, values: Object.fromEntries(values) }
}

/** The id that comes right after another. */
export function idAfter(id: string): string {
  const [ms = '0', number = '0'] = id.split('-')
  return `${ms}-${BigInt(number) + 1n}`
}
