import type { EventValues, StreamEvent } from '../../contracts/index.ts'
import { eventBytes } from '../event-streams/checks.ts'

/** An event's place in its stream: milliseconds of Unix time, and a number within them. */
export interface EventId {
  readonly ms: number
  readonly number: number
}

/** An event as a stream keeps it. */
export interface KeptEvent {
  readonly id: EventId
  readonly event: StreamEvent
  readonly bytes: number
}

/** Before every event. */
export const beforeAll: EventId = { ms: 0, number: 0 }

/** A queue group on one stream. */
export interface Group {
  /** The last event that a member was given for the first time. */
  lastGiven: EventId
  /** Events that members gave back, oldest first, and how often each was tried. */
  readonly returned: { readonly kept: KeptEvent; readonly attempts: number }[]
}

/** One stream in memory: events in the order of their ids, and the groups that read it. */
export class MemoryStream {
  readonly #events: KeptEvent[] = []
  readonly #groups = new Map<string, Group>()
  readonly #waiting = new Set<() => void>()
  /** Events before it are gone: it is moved now and then, not with each. */
  #start = 0
  #last = beforeAll

  get length(): number {
    return this.#events.length - this.#start
  }

  /** The id of the newest event that there ever was. */
  get last(): EventId {
    return this.#last
  }

  /** Whether anybody would notice if it were made anew. */
  get isEmpty(): boolean {
    return this.#last === beforeAll && this.#groups.size === 0 && this.#waiting.size === 0
  }

  /** Adds an event, with an id later than every other, and wakes who waits for it. */
  add(stream: string, values: EventValues, nowMs: number): KeptEvent {
    const { ms, number } = this.#last
    const id = nowMs > ms ? { ms: nowMs, number: 0 } : { ms, number: number + 1 }
    const event: StreamEvent = { eventId: `${id.ms}-${id.number}`, stream, values: { ...values } }
    const kept = { id, event, bytes: eventBytes(event) }
    this.#events.push(kept)
    this.#last = id
    for (const wake of this.#waiting) wake()
    return kept
  }

  /** Drops the oldest events but so many. @returns what they came to, in bytes. */
  trim(length: number): number {
    let bytes = 0
    while (this.length > length) bytes += (this.#events[this.#start++] as KeptEvent).bytes
    if (this.#start > 64 && this.#start > this.#events.length / 2) {
      this.#events.splice(0, this.#start)
      this.#start = 0
    }
    return bytes
  }

  /** What the oldest events beyond so many come to, in bytes. */
  bytesBeyond(length: number): number {
    let bytes = 0
    for (let index = this.#start; this.#events.length - index > length; index++) {
      bytes += (this.#events[index] as KeptEvent).bytes
    }
    return bytes
  }

  /** Events after an id, oldest first. */
  *after(id: EventId): IterableIterator<KeptEvent> {
    // By halves: what is wanted is near the end most of the time, but a stream may be long.
    let low = this.#start
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isLater((this.#events[middle] as KeptEvent).id, id)) high = middle
      else low = middle + 1
    }
    for (let index = low; index < this.#events.length; index++) {
      yield this.#events[index] as KeptEvent
    }
  }

  /** The group of this name, which begins with what is written from now on. */
  group(name: string): Group {
    const group = this.#groups.get(name) ?? { lastGiven: this.#last, returned: [] }
    this.#groups.set(name, group)
    return group
  }

  /** Calls `wake` whenever there may be something to read. @returns a function that ends it. */
  watch(wake: () => void): () => void {
    this.#waiting.add(wake)
    return () => this.#waiting.delete(wake)
  }

  /** Takes back an event that a member of a group has not finished. */
  giveBack(group: Group, kept: KeptEvent, attempts: number): void {
    group.returned.push({ kept, attempts })
    group.returned.sort((a, b) => (isLater(a.kept.id, b.kept.id) ? 1 : -1))
    for (const wake of this.#waiting) wake()
  }
}

/** Whether an id comes after another. */
function isLater(id: EventId, other: EventId): boolean {
  return id.ms > other.ms || (id.ms === other.ms && id.number > other.number)
}
