/**
 * What a capability contract is: typed operations, and how each generation of actors ("dialect")
 * puts them on the wire. Providers and the host speak typed operations only; bytes exist between
 * a codec and an actor.
 */

/**
 * One generation of actors on the wire.
 *
 * - `A` waSCC to 2020-03: protobuf payloads
 * - `B` waSCC 2020-03 to 2020-04: MessagePack, structs as positional arrays
 * - `C` waSCC 0.6 to 0.14: MessagePack, structs as maps, contract ids `wascc:*`
 * - `D` wasmCloud 0.15 to 0.18: as C, contract ids `wasmcloud:*`, `HandleMessage`
 * - `E` wasmCloud OTP: import module `wasmbus`, operations `Service.Method`
 */
export type Dialect = 'A' | 'B' | 'C' | 'D' | 'E'

/** Puts one operation of one contract on the wire of one dialect, and takes it off. */
export interface OperationCodec<Request = unknown, Response = unknown> {
  /** The operation's name on the wire, such as `HandleRequest` or `HttpServer.HandleRequest`. */
  readonly wireName: string
  /**
   * The result is the caller's: nobody writes to it again. Its memory may hold other messages too.
   *
   * @throws ContractError `ERR_MESSAGE_INVALID` for a value that does not fit, such as an `Add` of 2^31
   */
  encodeRequest(request: Request): Uint8Array
  /**
   * Byte fields of the result are views of `bytes`.
   *
   * @throws ContractError `ERR_MESSAGE_INVALID`
   */
  decodeRequest(bytes: Uint8Array): Request
  /**
   * The result is the caller's: nobody writes to it again. Its memory may hold other messages too.
   *
   * @throws ContractError `ERR_MESSAGE_INVALID` for a value that does not fit
   */
  encodeResponse(response: Response): Uint8Array
  /**
   * Byte fields of the result are views of `bytes`.
   *
   * @throws ContractError `ERR_MESSAGE_INVALID`
   */
  decodeResponse(bytes: Uint8Array): Response
}

/** One operation's request and response types. */
export interface OperationType {
  request: unknown
  response: unknown
}

/** Operations by their canonical name (the name waSCC 0.6 to 0.14 gave them: `HandleRequest`, `Get`). */
export type OperationTypes = Record<string, OperationType>

/** The operations of a contract that has none in one direction. */
export type NoOperations = Record<string, never>

/** A request without content. */
export type NoContent = Record<string, never>

/** An operation that an actor may ask of a provider: which one it is, and how it is written. */
export interface ProviderOperation {
  /** The canonical name. */
  readonly operation: string
  readonly codec: OperationCodec
}

/**
 * Finds by name. A `Map` is one; a contract that the host knows nothing about has one that knows
 * every name (and lists none).
 */
export interface Lookup<Value> {
  get(name: string): Value | undefined
  keys(): Iterable<string>
}

/** The codecs of one contract in one dialect. */
export interface ContractDialect {
  /** The contract id that actors of this dialect use, such as `wascc:keyvalue`. */
  readonly contractId: string
  /** Actor to provider, by wire name: which canonical operation it is, and its codec. */
  readonly toProvider: Lookup<ProviderOperation>
  /** Provider to actor, by canonical operation name. */
  readonly toActor: Lookup<OperationCodec>
}

/** Operations of a contract that is not known here: nobody may call them without their codec. */
export type SomeOperations = Record<string, { request: never; response: unknown }>

/**
 * A capability contract.
 *
 * `ToProvider` and `ToActor` exist for the compiler only: they type a provider's operations and what
 * it may invoke on an actor.
 */
export interface Contract<
  ToProvider extends OperationTypes = OperationTypes,
  ToActor extends OperationTypes = OperationTypes,
> {
  /** The neutral name: `keyvalue`, `http_server`. Two ids with one name are one contract. */
  readonly name: string
  /** Every id that any dialect uses for it, the preferred one first. */
  readonly ids: readonly string[]
  /** `undefined` where the dialect never had this contract. */
  dialect(dialect: Dialect): ContractDialect | undefined
  /** Carries the two operation types for the compiler; never set. */
  readonly types?: { toProvider: ToProvider; toActor: ToActor }
}
