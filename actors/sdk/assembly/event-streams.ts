import { register } from './guest'
import { begin, send, settle } from './host-call'
import { Reader } from './reader'
import { Result } from './result'
import { Writer } from './writer'

/** A client of `wascc:eventstreams`: streams of events that are only ever added to. */
export class EventStreams {
  /** @param link which of the actor's links to event streams */
  constructor(private readonly link: string = 'default') {}

  /** Adds an event to a stream, and gives its id. It needs at least one value. */
  write(stream: string, values: Map<string, string>): Result<string> {
    const request = begin(this.link, 'wascc:eventstreams', 'WriteEvent')
    request.map(3)
    request.string('eventId')
    request.string('')
    request.string('stream')
    request.string(stream)
    request.string('values')
    const names = values.keys()
    request.map(names.length)
    for (let i = 0; i < names.length; i++) {
      request.string(names[i])
      request.string(values.get(names[i]))
    }
    const reply = send()
    reply.field('eventId')
    return settle<string>(reply.string())
  }

  /** The oldest events of a stream. @param count at most so many; 0 for all */
  read(stream: string, count: u64 = 0): Result<StreamEvent[]> {
    const request = this.beginQuery(stream)
    request.nil()
    return events(request, count)
  }

  /** Events of a time, both ends included, in milliseconds of Unix time. */
  readBetween(stream: string, minTime: u64, maxTime: u64, count: u64 = 0): Result<StreamEvent[]> {
    const request = this.beginQuery(stream)
    request.map(2)
    request.string('minTime')
    request.uint(minTime)
    request.string('maxTime')
    request.uint(maxTime)
    return events(request, count)
  }

  private beginQuery(stream: string): Writer {
    const request = begin(this.link, 'wascc:eventstreams', 'QueryStream')
    request.map(3)
    request.string('streamId')
    request.string(stream)
    request.string('range')
    return request
  }
}

/** An event of a stream. */
export class StreamEvent {
  id: string = ''
  stream: string = ''
  values: Map<string, string> = new Map<string, string>()

  /** A value by its name, or null. */
  value(name: string): string | null {
    return this.values.has(name) ? this.values.get(name) : null
  }

  /** Reads an event of `wascc:eventstreams`. */
  read(from: Reader): void {
    const size = from.map()
    for (let i = 0; i < size && !from.failed; i++) {
      const key = from.string()
      if (key == 'eventId') this.id = from.string()
      else if (key == 'stream') this.stream = from.string()
      else if (key == 'values') {
        if (from.skipNil()) continue
        const count = from.map()
        for (let entry = 0; entry < count && !from.failed; entry++) {
          const name = from.string()
          this.values.set(name, from.string())
        }
      } else from.skip()
    }
  }
}

let handler: ((event: StreamEvent) => void) | null = null

/**
 * Has `fn` take the events of subscriptions. It ends with `fail` to be given the event again. Call
 * this once, at the top level of the entry file.
 */
export function handleEvent(fn: (event: StreamEvent) => void): void {
  handler = fn
  register('DeliverEvent', take)
}

function take(request: Reader, response: Writer): void {
  const event = new StreamEvent()
  event.read(request)
  const taking = handler
  if (request.failed || taking === null) return
  taking(event)
  response.nil()
}

function events(request: Writer, count: u64): Result<StreamEvent[]> {
  request.string('count')
  request.uint(count)
  const reply = send()
  reply.field('events')
  const size = reply.array()
  const found: StreamEvent[] = []
  for (let i = 0; i < size && !reply.failed; i++) {
    const event = new StreamEvent()
    event.read(reply)
    found.push(event)
  }
  return settle<StreamEvent[]>(found)
}
