/** Extras contract: `wascc:extras`, `wasmcloud:extras`, and E's `wasmcloud:builtin:numbergen`. */
import {
  asArray,
  asMap,
  asProtobuf,
  type Body,
  contractOf,
  dialectOf,
  emptyRequest,
  operationsOf,
} from './codec.ts'
import type { Contract, ContractDialect, NoContent, NoOperations } from './contract.ts'
import { MessageFault } from './errors.ts'
import type { Reader } from './msgpack-reader.ts'
import type { Writer } from './msgpack-writer.ts'
import { bool, int32, mapped, type Shape, struct, text, uint32, uint64 } from './shape.ts'

/** A new unique id. */
export interface GuidResponse {
  /** A version 4 UUID in lower case with hyphens. */
  readonly guid: string
}

/** The range of a random number. */
export interface RandomRequest {
  /** The least number that may come. */
  readonly min: number
  /** One more than the largest that may come; 2^32 where an actor wants any 32-bit number. */
  readonly max: number
}

/** A random number. */
export interface RandomResponse {
  /** An unsigned 32-bit integer. */
  readonly randomNumber: number
}

/** The next number of a sequence. */
export interface SequenceResponse {
  /** 0, 1, 2 … for each actor. */
  readonly sequenceNumber: number
}

/** What actors ask of the host's generators. */
export type ExtrasToProvider = {
  RequestGuid: { request: NoContent; response: GuidResponse }
  RequestRandom: { request: RandomRequest; response: RandomResponse }
  RequestSequence: { request: NoContent; response: SequenceResponse }
}

interface Bodies {
  readonly guid: readonly [request: Body<NoContent>, response: Body<GuidResponse>]
  readonly random: readonly [request: Body<RandomRequest>, response: Body<RandomResponse>]
  readonly sequence: readonly [request: Body<NoContent>, response: Body<SequenceResponse>]
}

function waScc(contractId: string, bodies: Bodies): ContractDialect {
  const operation = operationsOf<ExtrasToProvider>(contractId)
  return dialectOf(
    contractId,
    [
      operation('RequestGuid', 'RequestGuid', ...bodies.guid),
      operation('RequestRandom', 'RequestRandom', ...bodies.random),
      operation('RequestSequence', 'RequestSequence', ...bodies.sequence),
    ],
    [],
  )
}

interface FlatRequest {
  readonly guid: boolean
  readonly sequence: boolean
  readonly random: boolean
  readonly min: number
  readonly max: number
}

interface FlatResult {
  readonly guid: string
  readonly sequenceNumber: number
  readonly randomNumber: number
}

/** nil where there is none. */
const perhapsText: Shape<string> = {
  ...text,
  write: (writer, value) => {
    if (value === '') writer.nil()
    else writer.text(value)
  },
}

const notAsked: FlatRequest = { guid: false, sequence: false, random: false, min: 0, max: 0 }

/** One struct for every request and one for every result. The operation's name is what counts. */
function flat(randomKey: 'randomNumber' | 'random_number'): Bodies {
  const request = asMap(
    struct<FlatRequest>({
      guid: { shape: bool, absent: false },
      sequence: { shape: bool, absent: false },
      random: { shape: bool, absent: false },
      min: { shape: uint32, absent: 0 },
      max: { shape: uint32, absent: 0 },
    }),
  )
  const result = asMap(
    struct<FlatResult>({
      guid: { shape: perhapsText, absent: '' },
      sequenceNumber: { shape: uint64, absent: 0 },
      randomNumber: {
        shape: uint32,
        key: randomKey,
        alias: randomKey === 'randomNumber' ? 'random_number' : 'randomNumber',
        absent: 0,
      },
    }),
  )
  const asking = (part: Partial<FlatRequest>): Body<NoContent> => ({
    encode: () => request.encode({ ...notAsked, ...part }),
    decode: (payload) => {
      request.decode(payload)
      return {}
    },
  })
  const none: FlatResult = { guid: '', sequenceNumber: 0, randomNumber: 0 }
  return {
    guid: [
      asking({ guid: true }),
      {
        encode: ({ guid }) => result.encode({ ...none, guid }),
        decode: (payload) => ({ guid: result.decode(payload).guid }),
      },
    ],
    random: [
      {
        encode: ({ min, max }) => request.encode({ ...notAsked, random: true, min, max }),
        decode: (payload) => {
          const { min, max } = request.decode(payload)
          return { min, max }
        },
      },
      {
        encode: ({ randomNumber }) => result.encode({ ...none, randomNumber }),
        decode: (payload) => ({ randomNumber: result.decode(payload).randomNumber }),
      },
    ],
    sequence: [
      asking({ sequence: true }),
      {
        encode: ({ sequenceNumber }) => result.encode({ ...none, sequenceNumber }),
        decode: (payload) => ({ sequenceNumber: result.decode(payload).sequenceNumber }),
      },
    ],
  }
}

/** Dialect A: one request with a type in it, and a `oneof` as result, whose members are written even if zero. */
function protobufBodies(): Bodies {
  const asking = (type: number): Body<NoContent> => {
    const body = asProtobuf(struct<{ type: number }>({ type: { shape: int32 } }))
    return {
      encode: () => body.encode({ type }),
      decode: (payload) => {
        body.decode(payload)
        return {}
      },
    }
  }
  const random = asProtobuf(
    struct<RandomRequest & { type: number }>({
      type: { shape: int32, number: 1 },
      min: { shape: uint32, number: 2 },
      max: { shape: uint32, number: 3 },
    }),
  )
  return {
    guid: [
      asking(1),
      asProtobuf(struct<GuidResponse>({ guid: { shape: text, number: 1, always: true } })),
    ],
    random: [
      {
        encode: ({ min, max }) => random.encode({ type: 3, min, max }),
        decode: (payload) => {
          const { min, max } = random.decode(payload)
          return { min, max }
        },
      },
      asProtobuf(
        struct<RandomResponse>({ randomNumber: { shape: uint32, number: 3, always: true } }),
      ),
    ],
    sequence: [
      asking(2),
      asProtobuf(
        struct<SequenceResponse>({ sequenceNumber: { shape: uint64, number: 2, always: true } }),
      ),
    ],
  }
}

/**
 * An enum of Rust as MessagePack had it then: a map of one entry, whose key is the variant's index
 * (or name, from later writers), and whose value is what the variant holds.
 */
function variant<T>(
  index: number,
  name: string,
  shape: Shape<T>,
): Pick<Shape<T>, 'read' | 'write'> {
  return {
    write: (writer: Writer, value: T) => {
      writer.map(1)
      writer.integer(index)
      shape.write(writer, value)
    },
    read: (reader: Reader) => {
      if (reader.map() !== 1) throw new MessageFault('expected a map of one entry')
      const key = reader.atText() ? reader.text() : reader.integer(0, 255)
      if (key !== index && key !== name) {
        throw new MessageFault(`expected variant ${name}, found ${key}`)
      }
      return shape.read(reader)
    },
  }
}

/** Dialect B: structs of one field, an enum. */
function variantBodies(): Bodies {
  const unit: Shape<NoContent> = {
    ...struct<NoContent>({}),
    write: (writer) => writer.nil(),
    read: (reader) => {
      if (!reader.nil()) reader.skip()
      return {}
    },
  }
  const only = <T>(inner: Pick<Shape<T>, 'read' | 'write'>): Body<T> => {
    const body = asArray(
      struct<{ value: T }>({ value: { shape: { ...inner, protobuf: noProtobuf } } }),
    )
    return {
      encode: (value) => body.encode({ value }),
      decode: (payload) => body.decode(payload).value,
    }
  }
  const random = struct<RandomRequest>({ min: { shape: uint32 }, max: { shape: uint32 } })
  return {
    guid: [
      only(variant(0, 'Guid', unit)),
      only(variant(0, 'Guid', bare<GuidResponse, string>(text, 'guid'))),
    ],
    random: [
      only(variant(2, 'RandomNumber', random)),
      only(variant(2, 'RandomNumber', bare<RandomResponse, number>(uint32, 'randomNumber'))),
    ],
    sequence: [
      only(variant(1, 'SequenceNumber', unit)),
      only(variant(1, 'SequenceNumber', bare<SequenceResponse, number>(uint64, 'sequenceNumber'))),
    ],
  }
}

const noProtobuf = {
  initial: undefined as never,
  write: (): void => undefined,
  read: (): never => {
    throw new MessageFault('not a protobuf message')
  },
}

/** A struct of one field that is on the wire without the struct. */
function bare<T extends object, V>(shape: Shape<V>, name: keyof T): Shape<T> {
  return mapped<T, V>(
    shape,
    (value) => value[name] as V,
    (value) => ({ [name]: value }) as T,
  )
}

function numbergen(contractId: string): ContractDialect {
  const operation = operationsOf<ExtrasToProvider>(contractId)
  const randomNumber = asMap(bare<RandomResponse, number>(uint32, 'randomNumber'))
  const any32Bits: Body<RandomRequest> = {
    encode: () => emptyRequest.encode({}),
    decode: () => ({ min: 0, max: 2 ** 32 }),
  }
  // Both bounds of these actors may come, ours ends before `max`.
  const range = asMap(
    mapped<RandomRequest, RandomRequest>(
      struct<RandomRequest>({ min: { shape: uint32 }, max: { shape: uint32 } }),
      ({ min, max }) => ({ min, max: max - 1 }),
      ({ min, max }) => ({ min, max: max + 1 }),
    ),
  )
  return dialectOf(
    contractId,
    [
      operation(
        'RequestGuid',
        'NumberGen.GenerateGuid',
        emptyRequest,
        asMap(bare<GuidResponse, string>(text, 'guid')),
      ),
      operation('RequestRandom', 'NumberGen.RandomInRange', range, randomNumber),
      operation('RequestRandom', 'NumberGen.Random32', any32Bits, randomNumber),
    ],
    [],
  )
}

/** Unique ids, random numbers and sequences, which a module without imports cannot make. */
export const extras: Contract<ExtrasToProvider, NoOperations> = contractOf(
  'extras',
  ['wascc:extras', 'wasmcloud:extras', 'wasmcloud:builtin:numbergen'],
  {
    A: waScc('wascc:extras', protobufBodies()),
    B: waScc('wascc:extras', variantBodies()),
    C: waScc('wascc:extras', flat('randomNumber')),
    D: waScc('wasmcloud:extras', flat('random_number')),
    E: numbergen('wasmcloud:builtin:numbergen'),
  },
)
