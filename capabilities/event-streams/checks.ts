import type { StreamEvent, StreamQuery, WriteEventRequest } from '../../contracts/index.ts'
import { CapabilityError } from '../errors.ts'
import { visibleText } from '../visible-text.ts'

/** Bytes of a stream's name in UTF-8. */
const maxNameBytes = 512

/** Bytes of the events that one answer holds: about what a call may hold up others to write. */
const maxAnswerBytes = 16 * 1024 * 1024

/** What an event costs beside its names and values, roughly. */
const overheadBytes = 64

/** What is wrong with a stream's name. */
export function streamProblem(stream: string): string | undefined {
  if (stream === '') return 'it is empty'
  if (Buffer.byteLength(stream) > maxNameBytes) return `it has over ${maxNameBytes} bytes`
  // Half a character would come back as another one.
  return stream.isWellFormed() ? undefined : 'it holds half a character'
}

/** @throws CapabilityError `ERR_EVENT_INVALID` */
export function checkEvent({ stream, values }: WriteEventRequest): void {
  checkStream(stream)
  if (Object.keys(values).length === 0) throw invalid(stream, 'it says nothing: give it values')
}

/** @throws CapabilityError `ERR_EVENT_INVALID` */
export function checkStream(stream: string): void {
  const problem = streamProblem(stream)
  if (problem !== undefined) throw invalid(stream, `its stream’s name: ${problem}`)
}

function invalid(stream: string, reason: string): CapabilityError<'ERR_EVENT_INVALID'> {
  return new CapabilityError(
    'ERR_EVENT_INVALID',
    { stream, reason },
    `no event for stream "${visibleText(stream, 128)}": ${reason}`,
  )
}

/** Bytes that an event counts for. */
export function eventBytes({ values }: Pick<StreamEvent, 'values'>): number {
  let bytes = overheadBytes
  for (const [name, value] of Object.entries(values)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  }
  return bytes
}

/** The events of an answer, as they are found: refuses more than one answer holds. */
export class Answer {
  readonly events: StreamEvent[] = []
  readonly #maxEvents: number
  #bytes = 0

  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents
  }

  /** How many events to look for: with one more it is known that there are too many. */
  wanted({ count }: StreamQuery): number {
    return Math.min(count === 0 ? Infinity : count, this.#maxEvents + 1) - this.events.length
  }

  /** Bytes that there is still room for. */
  get roomBytes(): number {
    return maxAnswerBytes - this.#bytes
  }

  /** @throws CapabilityError `ERR_STREAM_LIMIT` */
  add(event: StreamEvent): void {
    if (this.events.length === this.#maxEvents) {
      throw tooMuch('MAX_ANSWER_EVENTS', this.#maxEvents, 'events')
    }
    this.#bytes += eventBytes(event)
    if (this.#bytes > maxAnswerBytes) throw tooMuch('ANSWER_BYTES', maxAnswerBytes, 'bytes')
    this.events.push(event)
  }
}

function tooMuch(
  limit: 'MAX_ANSWER_EVENTS' | 'ANSWER_BYTES',
  allowed: number,
  unit: string,
): CapabilityError<'ERR_STREAM_LIMIT'> {
  return new CapabilityError(
    'ERR_STREAM_LIMIT',
    { limit, allowed },
    `the answer has more than ${allowed} ${unit}; ask for a shorter time, or a lower count`,
  )
}
