/** Messaging contract: `wascc:messaging`, `wasmcloud:messaging`. */
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
import { bool, bytes, int64, type MessageShape, noBytes, struct, text, uint32 } from './shape.ts'

/** A message of a broker. */
export interface BrokerMessage {
  readonly subject: string
  /** Where an answer goes; empty if none is wanted. */
  readonly replyTo: string
  readonly body: Uint8Array
}

/** A message whose answer the actor waits for. */
export interface RequestMessage {
  readonly subject: string
  readonly body: Uint8Array
  /** How long the answer may take, in milliseconds. */
  readonly timeoutMs: number
}

/** What actors ask of a broker. */
export type MessagingToProvider = {
  Publish: { request: BrokerMessage; response: void }
  /** Before dialect D the actor gets the answer's body only. */
  Request: { request: RequestMessage; response: BrokerMessage }
}

/** What the provider asks of an actor. */
export type MessagingToActor = {
  DeliverMessage: { request: BrokerMessage; response: void }
}

const message = struct<BrokerMessage>({
  subject: { shape: text },
  replyTo: { shape: text, absent: '' },
  body: { shape: bytes, absent: noBytes },
})

const messageOmitting = struct<BrokerMessage>({
  subject: { shape: text },
  replyTo: { shape: text, absent: '', omit: '' },
  body: { shape: bytes, absent: noBytes },
})

const requestMessage = struct<RequestMessage>({
  subject: { shape: text },
  body: { shape: bytes, absent: noBytes },
  timeoutMs: { shape: int64, key: 'timeout' },
})

const requestMessageMs = struct<RequestMessage>({
  subject: { shape: text },
  body: { shape: bytes, absent: noBytes },
  timeoutMs: { shape: uint32, absent: 0 },
})

/** Up to dialect B a message was a field of another struct: first when delivered, second when published. */
function wrapped(number: 1 | 2, body: <T>(shape: MessageShape<T>) => Body<T>): Body<BrokerMessage> {
  const inner = body(struct<{ message: BrokerMessage }>({ message: { shape: message, number } }))
  return {
    encode: (value) => inner.encode({ message: value }),
    decode: (payload) => inner.decode(payload).message,
  }
}

/** The answer as it came over the wire, without a struct around it. */
const bareBody: Body<BrokerMessage> = {
  encode: (reply) => reply.body.slice(),
  decode: (payload) => ({ subject: '', replyTo: '', body: payload }),
}

const published = asMap(struct<{ published: boolean }>({ published: { shape: bool } }))
const wasPublished: Body<void> = {
  encode: () => published.encode({ published: true }),
  decode: () => undefined,
}

interface Bodies {
  readonly publish: Body<BrokerMessage>
  readonly published: Body<void>
  readonly request: Body<RequestMessage>
  readonly reply: Body<BrokerMessage>
  readonly deliver: Body<BrokerMessage>
}

interface WireNames {
  readonly publish: string
  readonly request: string
  readonly deliver: string
}

const waSccNames: WireNames = {
  publish: 'Publish',
  request: 'Request',
  deliver: 'DeliverMessage',
}

function dialect(contractId: string, names: WireNames, bodies: Bodies): ContractDialect {
  const toProvider = operationsOf<MessagingToProvider>(contractId)
  const toActor = operationsOf<MessagingToActor>(contractId)
  return dialectOf(
    contractId,
    [
      toProvider('Publish', names.publish, bodies.publish, bodies.published),
      toProvider('Request', names.request, bodies.request, bodies.reply),
    ],
    [toActor('DeliverMessage', names.deliver, bodies.deliver, nothing)],
  )
}

/** Messages to and from a broker. */
export const messaging: Contract<MessagingToProvider, MessagingToActor> = contractOf(
  'messaging',
  ['wascc:messaging', 'wasmcloud:messaging'],
  {
    A: dialect('wascc:messaging', waSccNames, {
      publish: wrapped(2, asProtobuf),
      published: nothing,
      request: asProtobuf(requestMessage),
      reply: bareBody,
      deliver: wrapped(1, asProtobuf),
    }),
    B: dialect('wascc:messaging', waSccNames, {
      publish: wrapped(2, asArray),
      published: nothing,
      request: asArray(requestMessage),
      reply: bareBody,
      deliver: wrapped(1, asArray),
    }),
    C: dialect('wascc:messaging', waSccNames, {
      publish: asMap(message),
      published: nothing,
      request: asMap(requestMessage),
      reply: bareBody,
      deliver: asMap(message),
    }),
    D: dialect(
      'wasmcloud:messaging',
      { ...waSccNames, deliver: 'HandleMessage' },
      {
        publish: asMap(message),
        published: wasPublished,
        request: asMap(requestMessage),
        reply: asMap(message),
        deliver: asMap(message),
      },
    ),
    E: dialect(
      'wasmcloud:messaging',
      {
        publish: 'Messaging.Publish',
        request: 'Messaging.Request',
        deliver: 'MessageSubscriber.HandleMessage',
      },
      {
        publish: asMap(messageOmitting),
        published: nothing,
        request: asMap(requestMessageMs),
        reply: asMap(messageOmitting),
        deliver: asMap(messageOmitting),
      },
    ),
  },
)
