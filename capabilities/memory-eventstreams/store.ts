import type { StreamQuery, WriteEventRequest, WriteEventResponse } from '../../contracts/index.ts'
import { CapabilityError } from '../errors.ts'
import { type Answer, eventBytes } from '../event-streams/checks.ts'
import type { Delivery, EventSource } from '../event-streams/consumer.ts'
import type { EventStore } from '../event-streams/link.ts'
import { type EventId, type Group, type KeptEvent, MemoryStream } from './stream.ts'

/** What a stream costs beside its events, roughly. */
const streamBytes = 128

/** The streams that links with one prefix share. */
export class Streams {
  readonly now: () => number
  readonly #streams = new Map<string, MemoryStream>()
  #bytes = 0

  /** @param now Milliseconds of Unix time. */
  constructor(now: () => number) {
    this.now = now
  }

  get isEmpty(): boolean {
    return this.#streams.size === 0
  }

  /** @throws CapabilityError `ERR_STREAM_LIMIT` */
  write(
    { stream: name, values }: WriteEventRequest,
    { maxLength, maxBytes }: { readonly maxLength: number | undefined; readonly maxBytes: number },
  ): WriteEventResponse {
    const known = this.#streams.get(name)
    const added = eventBytes({ values }) + (known ? 0 : streamBytes + Buffer.byteLength(name))
    const freed = known && maxLength !== undefined ? known.bytesBeyond(maxLength - 1) : 0
    if (this.#bytes + added - freed > maxBytes) {
      throw new CapabilityError(
        'ERR_STREAM_LIMIT',
        { limit: 'MAX_BYTES', allowed: maxBytes },
        `the streams are full: MAX_BYTES is ${maxBytes}`,
      )
    }
    const stream = this.stream(name)
    const { event } = stream.add(name, values, Math.floor(this.now()))
    this.#bytes += added
    if (maxLength !== undefined) this.#bytes -= stream.trim(maxLength)
    return { eventId: event.eventId }
  }

  find(query: StreamQuery, answer: Answer): void {
    const { minTime = 0, maxTime = Infinity } = query.range ?? {}
    const stream = this.#streams.get(query.stream)
    if (!stream || answer.wanted(query) === 0) return
    for (const { id, event } of stream.after({ ms: minTime, number: -1 })) {
      if (id.ms > maxTime) return
      answer.add({ ...event, values: { ...event.values } })
      if (answer.wanted(query) === 0) return
    }
  }

  /** The stream of a name, made if there is none. */
  stream(name: string): MemoryStream {
    const stream = this.#streams.get(name) ?? new MemoryStream()
    this.#streams.set(name, stream)
    return stream
  }

  /** Forgets streams that hold nothing, not even the place of a group. */
  sweep(): void {
    for (const [name, stream] of this.#streams) if (stream.isEmpty) this.#streams.delete(name)
  }
}

/** What one link makes of its streams. */
export interface MemoryStoreTerms {
  readonly subscriptions: readonly string[]
  readonly queueGroup: string | undefined
  readonly maxLength: number | undefined
  readonly maxBytes: number
}

/** Serves one link from streams in memory: every operation answers at once. */
export function memoryEventStore(streams: Streams, terms: MemoryStoreTerms): EventStore {
  return {
    write: (event) => streams.write(event, terms),
    query: (query, answer) => streams.find(query, answer),
    open: () => new MemorySource(streams, terms.subscriptions, terms.queueGroup),
  }
}

interface Cursor {
  readonly stream: MemoryStream
  readonly group: Group | undefined
  /** Without a group: the last event that was given. */
  last: EventId
}

class MemorySource implements EventSource {
  readonly #cursors: readonly Cursor[]
  readonly #endWatches: readonly (() => void)[]
  #woken: PromiseWithResolvers<void> = Promise.withResolvers()
  /** Which stream is looked at first, so that a busy one does not keep the others waiting. */
  #turn = 0

  constructor(streams: Streams, names: readonly string[], queueGroup: string | undefined) {
    this.#cursors = names.map((name) => {
      const stream = streams.stream(name)
      const group = queueGroup === undefined ? undefined : stream.group(queueGroup)
      return { stream, group, last: stream.last }
    })
    this.#endWatches = this.#cursors.map(({ stream }) => stream.watch(() => this.#woken.resolve()))
  }

  async read(most: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    const wake = (): void => this.#woken.resolve()
    signal.addEventListener('abort', wake)
    try {
      while (!signal.aborted) {
        const deliveries = this.#take(most)
        if (deliveries.length > 0) return deliveries
        this.#woken = Promise.withResolvers()
        await this.#woken.promise
      }
      return []
    } finally {
      signal.removeEventListener('abort', wake)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#endWatches) end()
  }

  #take(most: number): Delivery[] {
    const taken: Delivery[] = []
    const first = this.#turn++
    for (let offset = 0; offset < this.#cursors.length; offset++) {
      const cursor = this.#cursors[(first + offset) % this.#cursors.length] as Cursor
      while (taken.length < most) {
        const delivery = cursor.group ? next(cursor.stream, cursor.group) : nextOf(cursor)
        if (!delivery) break
        taken.push(delivery)
      }
    }
    return taken
  }
}

/** The next event for a member of a group: what came back first, then what nobody was given. */
function next(stream: MemoryStream, group: Group): Delivery | undefined {
  const returned = group.returned.shift()
  if (returned) return groupDelivery(stream, group, returned.kept, returned.attempts)
  const [kept] = stream.after(group.lastGiven)
  if (!kept) return undefined
  group.lastGiven = kept.id
  return groupDelivery(stream, group, kept, 0)
}

function groupDelivery(
  stream: MemoryStream,
  group: Group,
  kept: KeptEvent,
  attempts: number,
): Delivery {
  return {
    event: kept.event,
    attempts,
    done: () => {},
    giveBack: () => stream.giveBack(group, kept, attempts + 1),
  }
}

function nextOf(cursor: Cursor): Delivery | undefined {
  const [kept] = cursor.stream.after(cursor.last)
  if (!kept) return undefined
  cursor.last = kept.id
  return { event: kept.event, attempts: 0, done: () => {}, giveBack: () => {} }
}
