/** Codecs put together from shapes: one body for the request, one for the response. */
import type {
  Contract,
  ContractDialect,
  Dialect,
  Lookup,
  NoContent,
  OperationCodec,
  OperationTypes,
  ProviderOperation,
} from './contract.ts'
import { asContractError } from './errors.ts'
import { Reader } from './msgpack-reader.ts'
import { Writer } from './msgpack-writer.ts'
import { ProtobufReader, ProtobufWriter } from './protobuf.ts'
import { type MessageShape, noBytes, type Shape } from './shape.ts'

/** A whole payload. */
export interface Body<T> {
  encode(value: T): Uint8Array
  decode(bytes: Uint8Array): T
}

/** Encoding never waits, so one writer of each layout serves every codec. */
export const mapWriter: Writer = new Writer()
const arrayWriter = new Writer(true)

/** MessagePack, structs as maps: dialects C, D and E. */
export function asMap<T>(shape: Shape<T>): Body<T> {
  return messagePack(shape, mapWriter)
}

/** MessagePack, structs as arrays: dialect B. */
export function asArray<T>(shape: Shape<T>): Body<T> {
  return messagePack(shape, arrayWriter)
}

function messagePack<T>(shape: Shape<T>, writer: Writer): Body<T> {
  return {
    encode: (value) => {
      writer.start()
      shape.write(writer, value)
      return writer.finish()
    },
    decode: (bytes) => {
      const reader = new Reader(bytes)
      const value = shape.read(reader)
      reader.finish()
      return value
    },
  }
}

/** Protobuf: dialect A. */
export function asProtobuf<T>(shape: MessageShape<T>): Body<T> {
  return {
    encode: (value) => {
      const writer = new ProtobufWriter()
      shape.writeMessage(writer, value)
      return writer.finish()
    },
    decode: (bytes) => shape.readMessage(new ProtobufReader(bytes)),
  }
}

/**
 * A payload that is written in one way and read in several: the first that fits. Where none does, the
 * error is that of the first.
 */
export function firstOf<T>(written: Body<T>, ...others: readonly Body<T>[]): Body<T> {
  return {
    encode: written.encode,
    decode: (payload) => {
      try {
        return written.decode(payload)
      } catch (error) {
        for (const other of others) {
          try {
            return other.decode(payload)
          } catch {
            // What is wrong with the usual form says more than what is wrong with the others.
          }
        }
        throw error
      }
    },
  }
}

/** A result that nobody reads: empty when we write it, whatever it is when an actor does. */
export const nothing: Body<void> = { encode: () => noBytes, decode: () => undefined }

/** A request without content, which the wire leaves empty. */
export const emptyRequest: Body<NoContent> = { encode: () => noBytes, decode: () => ({}) }

/** Makes the operations of one contract id, held to the contract's operation types. */
export function operationsOf<Types extends OperationTypes>(
  contractId: string,
): <Name extends keyof Types & string>(
  operation: Name,
  wireName: string,
  request: Body<Types[Name]['request']>,
  response: Body<Types[Name]['response']>,
) => ProviderOperation {
  return (operation, wireName, request, response) => ({
    operation,
    codec: codecOf(contractId, wireName, request, response),
  })
}

/** A codec whose failures say where they happened. */
function codecOf<Request, Response>(
  contractId: string,
  wireName: string,
  request: Body<Request>,
  response: Body<Response>,
): OperationCodec<Request, Response> {
  const guarded = <In, Out>(run: (value: In) => Out): ((value: In) => Out) => {
    return (value) => {
      try {
        return run(value)
      } catch (error) {
        throw asContractError(error, contractId, wireName)
      }
    }
  }
  return {
    wireName,
    encodeRequest: guarded(request.encode),
    decodeRequest: guarded(request.decode),
    encodeResponse: guarded(response.encode),
    decodeResponse: guarded(response.decode),
  }
}

/** The operations of one dialect, found by wire name on the way in and by their own on the way out. */
export function dialectOf(
  contractId: string,
  toProvider: readonly ProviderOperation[],
  toActor: readonly ProviderOperation[],
): ContractDialect {
  return {
    contractId,
    toProvider: new Map(toProvider.map((entry) => [entry.codec.wireName, entry])),
    toActor: new Map(toActor.map(({ operation, codec }) => [operation, codec])),
  }
}

/** A contract of these dialects. */
export function contractOf<ToProvider extends OperationTypes, ToActor extends OperationTypes>(
  name: string,
  ids: readonly string[],
  dialects: { readonly [Name in Dialect]?: ContractDialect },
): Contract<ToProvider, ToActor> {
  return { name, ids, dialect: (dialect) => dialects[dialect] }
}

/** Any operation name at all, payloads as they are. */
export type RawOperations = Record<string, { request: Uint8Array; response: Uint8Array }>

/**
 * A contract that only its provider and its actors know: every operation exists, and payloads are
 * carried as the bytes they are, without a copy, in every dialect.
 */
export function rawContract(contractId: string): Contract<RawOperations, RawOperations> {
  const toProvider: Lookup<ProviderOperation> = {
    get: (name) => ({ operation: name, codec: rawCodec(name) }),
    keys: () => [],
  }
  const toActor: Lookup<OperationCodec> = { get: rawCodec, keys: () => [] }
  const dialect: ContractDialect = { contractId, toProvider, toActor }
  return { name: contractId, ids: [contractId], dialect: () => dialect }
}

function rawCodec(wireName: string): OperationCodec<Uint8Array, Uint8Array> {
  const same = (bytes: Uint8Array): Uint8Array => bytes
  return {
    wireName,
    encodeRequest: same,
    decodeRequest: same,
    encodeResponse: same,
    decodeResponse: same,
  }
}
