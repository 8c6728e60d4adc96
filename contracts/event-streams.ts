/** Event stream contract: `wascc:eventstreams`, `wasmcloud:eventstreams`. Names and values are text. */
import {
  asArray,
  asMap,
  asProtobuf,
  type Body,
  contractOf,
  dialectOf,
  nothing,
  operationsOf,
} from './codec.ts'
import type { Contract, ContractDialect } from './contract.ts'
import { MessageFault, within } from './errors.ts'
import {
  bool,
  listOf,
  type MessageShape,
  type Shape,
  struct,
  text,
  textOrNil,
  uint64,
} from './shape.ts'

/** What an event says, by name. */
export type EventValues = Readonly<Record<string, string>>

/** An event to write. */
export interface WriteEventRequest {
  readonly stream: string
  readonly values: EventValues
}

/** What became of an event. */
export interface WriteEventResponse {
  /** Its place in the stream: later events have higher ones. `MILLISECONDS-NUMBER`, as Redis has it. */
  readonly eventId: string
}

/** An event of a stream, which nothing changes any more. */
export interface StreamEvent extends WriteEventRequest {
  readonly eventId: string
}

/** A span of time, both ends included, in milliseconds of Unix time. */
export interface TimeRange {
  readonly minTime: number
  readonly maxTime: number
}

/** Which events of a stream are wanted, oldest first. */
export interface StreamQuery {
  readonly stream: string
  /** When they were written; `null` for any time. */
  readonly range: TimeRange | null
  /** The most to give; 0 for all, which is an error where that is more than one answer holds. */
  readonly count: number
}

/** Events of a stream. A stream that does not exist has none. */
export interface StreamEvents {
  readonly events: readonly StreamEvent[]
}

/** What an actor made of an event that it was given. */
export interface EventAnswer {
  /** Why it did not take it; empty if it did. Only dialect D has actors say so without failing. */
  readonly refusal: string
}

/** What actors ask of event streams. */
export type EventStreamsToProvider = {
  WriteEvent: { request: WriteEventRequest; response: WriteEventResponse }
  QueryStream: { request: StreamQuery; response: StreamEvents }
}

/** What the provider asks of an actor. */
export type EventStreamsToActor = {
  DeliverEvent: { request: StreamEvent; response: EventAnswer }
}

interface NamedValue {
  readonly name: string
  readonly value: string
}

const namedValue = struct<NamedValue>({ name: { shape: text }, value: { shape: text } })

/** Messages share it: {@link eventValues} makes another one before it puts something in. */
const noValues: EventValues = {}

const eventValues: Shape<EventValues> = {
  write: (writer, values) => {
    const entries = Object.entries(values)
    writer.map(entries.length)
    for (const [name, value] of entries) {
      writer.text(name)
      try {
        text.write(writer, value)
      } catch (error) {
        throw within(error, name)
      }
    }
  },
  read: (reader) => {
    const count = reader.map()
    const values = new Map<string, string>()
    for (let entry = 0; entry < count; entry++) {
      const name = reader.text()
      if (values.has(name)) throw new MessageFault('given twice', name)
      try {
        values.set(name, reader.text())
      } catch (error) {
        throw within(error, name)
      }
    }
    return Object.fromEntries(values)
  },
  protobuf: {
    initial: noValues,
    write: (writer, field, values) => {
      for (const [name, value] of Object.entries(values)) {
        writer.message(field, (entry) => namedValue.writeMessage(entry, { name, value }))
      }
    },
    read: (reader, previous) => {
      const { name, value } = namedValue.readMessage(reader.message())
      const values = previous === noValues ? {} : previous
      // In place, for a copy of what is there each time would take quadratic time; and whatever its
      // name is, `__proto__` among others.
      return Object.defineProperty(values, name, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      })
    },
  },
}

const timeRange = struct<TimeRange>({ minTime: { shape: uint64 }, maxTime: { shape: uint64 } })

const timeRangeOrNil: Shape<TimeRange | null> = {
  write: (writer, range) => {
    if (range === null) writer.nil()
    else timeRange.write(writer, range)
  },
  read: timeRange.read,
  protobuf: {
    initial: null,
    write: (writer, field, range) => {
      if (range !== null) timeRange.protobuf.write(writer, field, range)
    },
    read: (reader) => timeRange.protobuf.read(reader, timeRange.protobuf.initial),
  },
}

function event(streamKey: 'stream' | 'streamId'): MessageShape<StreamEvent> {
  return struct<StreamEvent>({
    eventId: { shape: text, absent: '' },
    stream: { shape: text, key: streamKey },
    values: { shape: eventValues, absent: noValues },
  })
}

const streamQuery = struct<StreamQuery>({
  stream: { shape: text, key: 'streamId' },
  range: { shape: timeRangeOrNil, absent: null },
  count: { shape: uint64 },
})

function streamEvents(one: MessageShape<StreamEvent>): MessageShape<StreamEvents> {
  return struct<StreamEvents>({ events: { shape: listOf(one), absent: [], number: 2 } })
}

/** waSCC: an event is written as it is read, its id left empty. */
function waScc(body: <T>(shape: MessageShape<T>) => Body<T>): ContractDialect {
  const contractId = 'wascc:eventstreams'
  const toProvider = operationsOf<EventStreamsToProvider>(contractId)
  const toActor = operationsOf<EventStreamsToActor>(contractId)
  const one = event('stream')
  const written = body(one)
  const write: Body<WriteEventRequest> = {
    encode: (request) => written.encode({ eventId: '', ...request }),
    decode: (payload) => {
      const { stream, values } = written.decode(payload)
      return { stream, values }
    },
  }
  const ack = body(struct<WriteEventResponse>({ eventId: { shape: text } }))
  const answer: Body<EventAnswer> = {
    encode: () => nothing.encode(),
    decode: () => ({ refusal: '' }),
  }
  return dialectOf(
    contractId,
    [
      toProvider('WriteEvent', 'WriteEvent', write, ack),
      toProvider('QueryStream', 'QueryStream', body(streamQuery), body(streamEvents(one))),
    ],
    [toActor('DeliverEvent', 'DeliverEvent', body(one), answer)],
  )
}

interface EventAck {
  readonly eventId: string
  readonly error: string
}

/** wasmCloud before OTP: what was written is acknowledged, and so is what was delivered. */
function wasmCloud(): ContractDialect {
  const contractId = 'wasmcloud:eventstreams'
  const toProvider = operationsOf<EventStreamsToProvider>(contractId)
  const toActor = operationsOf<EventStreamsToActor>(contractId)
  const one = event('streamId')
  const write = struct<WriteEventRequest>({
    stream: { shape: text, key: 'streamId' },
    values: { shape: eventValues, absent: noValues },
  })
  const eventAck = asMap(
    struct<EventAck>({
      eventId: { shape: textOrNil, absent: '' },
      error: { shape: textOrNil, absent: '' },
    }),
  )
  const written: Body<WriteEventResponse> = {
    encode: ({ eventId }) => eventAck.encode({ eventId, error: '' }),
    decode: (payload) => ({ eventId: eventAck.decode(payload).eventId }),
  }
  const accepted = asMap(bool)
  // The interface says EventAck; the library that actors were built with had them answer yes or no.
  const answer: Body<EventAnswer> = {
    encode: ({ refusal }) => eventAck.encode({ eventId: '', error: refusal }),
    decode: (payload) => {
      const isBool = payload[0] === 0xc2 || payload[0] === 0xc3
      if (isBool) return { refusal: accepted.decode(payload) ? '' : 'the actor answered no' }
      const isNothing = payload.length === 0 || payload[0] === 0xc0
      return { refusal: isNothing ? '' : eventAck.decode(payload).error }
    },
  }
  return dialectOf(
    contractId,
    [
      toProvider('WriteEvent', 'WriteEvent', asMap(write), written),
      toProvider('QueryStream', 'QueryStream', asMap(streamQuery), asMap(streamEvents(one))),
    ],
    [toActor('DeliverEvent', 'DeliverEvent', asMap(one), answer)],
  )
}

/** Streams of events that are only ever added to. Dialect E has none. */
export const eventStreams: Contract<EventStreamsToProvider, EventStreamsToActor> = contractOf(
  'eventstreams',
  ['wascc:eventstreams', 'wasmcloud:eventstreams'],
  { A: waScc(asProtobuf), B: waScc(asArray), C: waScc(asMap), D: wasmCloud() },
)
