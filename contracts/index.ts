/** Capability contracts: typed operations, and how each generation of actors writes them. */
import { blobstore } from './blobstore.ts'
import type { Contract } from './contract.ts'
import { eventStreams } from './event-streams.ts'
import { extras } from './extras.ts'
import { health } from './health.ts'
import { httpClient } from './http-client.ts'
import { httpServer } from './http-server.ts'
import { keyvalue, keyValueChangedKeys } from './keyvalue.ts'
import { logging } from './logging.ts'
import { messaging } from './messaging.ts'
import { providerHosting } from './provider-hosting.ts'
import { sqldb } from './sqldb.ts'

export type {
  BlobExistsResponse,
  BlobInfo,
  BlobInfoRequest,
  BlobInfoResponse,
  BlobPart,
  BlobRequest,
  BlobsRequest,
  BlobstoreToActor,
  BlobstoreToProvider,
  ContainerRequest,
  ContainersRequest,
  FileChunk,
  GetObjectRequest,
  GetObjectResponse,
  ListBlobsRequest,
  ListBlobsResponse,
  PutChunkRequest,
  PutObjectResponse,
  ReceivedChunk,
  ReceivedResponse,
  RemovalResponse,
  StreamRequest,
} from './blobstore-types.ts'
export { type ClaimFlag, claimFlags } from './claim-flags.ts'
export { type RawOperations, rawContract } from './codec.ts'
export type {
  Contract,
  ContractDialect,
  Dialect,
  Lookup,
  NoContent,
  NoOperations,
  OperationCodec,
  OperationType,
  OperationTypes,
  ProviderOperation,
  SomeOperations,
} from './contract.ts'
export {
  type Detection,
  type DialectFacts,
  detectDialect,
  type ProbeOutcome,
  type ProbeSpec,
  splitOperation,
} from './dialect.ts'
export {
  type AnyContractError,
  ContractError,
  type ContractErrorCode,
  type ContractErrorDetails,
  contractErrors,
} from './errors.ts'
export type {
  EventAnswer,
  EventStreamsToActor,
  EventStreamsToProvider,
  EventValues,
  StreamEvent,
  StreamEvents,
  StreamQuery,
  TimeRange,
  WriteEventRequest,
  WriteEventResponse,
} from './event-streams.ts'
export type {
  ExtrasToProvider,
  GuidResponse,
  RandomRequest,
  RandomResponse,
  SequenceResponse,
} from './extras.ts'
export type { HealthResponse, HealthToActor } from './health.ts'
export type { HttpClientRequest, HttpClientToProvider } from './http-client.ts'
export type { HttpRequest, HttpResponse, HttpServerToActor } from './http-server.ts'
export { decodeJsonResponse, type EncodedCall, encodeJsonRequest } from './json.ts'
export type {
  AddRequest,
  AddResponse,
  CountResponse,
  DeleteResponse,
  ExistsResponse,
  GetResponse,
  KeyRequest,
  KeysRequest,
  KeyValueItem,
  KeyValueRequest,
  KeyValueToProvider,
  ListItemDeleteRequest,
  PushRequest,
  RangeRequest,
  SetRequest,
  ValueResponse,
  ValuesResponse,
} from './keyvalue.ts'
export type { LogEntry, LoggingToProvider, LogLevel } from './logging.ts'
export type {
  BrokerMessage,
  MessagingToActor,
  MessagingToProvider,
  RequestMessage,
} from './messaging.ts'
export type {
  CapabilityConfiguration,
  CapabilityDescriptor,
  ProviderHostingToActor,
} from './provider-hosting.ts'
export type {
  SqlColumn,
  SqlDbError,
  SqlDbToProvider,
  SqlExecuteResult,
  SqlQueryResult,
  SqlStatement,
} from './sqldb.ts'
export { packValue, unpackValue } from './packed-value.ts'
export type { SqlValue } from './sql-value.ts'
export {
  entityUrl,
  type HealthCheckResponse,
  healthCheckRequest,
  healthCheckResponse,
  type Invocation,
  invocation,
  invocationHash,
  type InvocationResponse,
  invocationResponse,
  linkDefinition,
  type MessageCodec,
  type WasmbusEntity,
  type WasmbusLinkDefinition,
} from './wasmbus.ts'
export {
  encodeFrame,
  FrameReader,
  maxFrameBytes,
  noHeaders,
  type WasmbusFrame,
} from './wasmbus-frame.ts'
export {
  decodeHostData,
  encodeHostData,
  type HostData,
  maxHostDataLength,
} from './wasmbus-host-data.ts'
export {
  blobstore,
  eventStreams,
  extras,
  health,
  httpClient,
  httpServer,
  keyvalue,
  keyValueChangedKeys,
  logging,
  messaging,
  providerHosting,
  sqldb,
}

/** Every contract that the host knows the operations of, those without ids among them. */
export const contracts: readonly Contract[] = [
  httpServer,
  httpClient,
  keyvalue,
  logging,
  messaging,
  sqldb,
  extras,
  blobstore,
  eventStreams,
  health,
  providerHosting,
]

const byId = new Map(contracts.flatMap((contract) => contract.ids.map((id) => [id, contract])))

/**
 * The contract of an id of any dialect: `wascc:keyvalue` and `wasmcloud:keyvalue` are one.
 * `undefined` for an id that is not ours to know; see {@link rawContract}.
 */
export function contractForId(id: string): Contract | undefined {
  return byId.get(id)
}
