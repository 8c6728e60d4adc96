/** How dialect E writes the blob store contract: other operations, and CBOR. */
import type {
  BlobExistsResponse,
  BlobInfoRequest,
  BlobInfoResponse,
  BlobPart,
  BlobRequest,
  BlobsRequest,
  BlobstoreToActor,
  BlobstoreToProvider,
  ContainerRequest,
  ContainersRequest,
  GetObjectRequest,
  GetObjectResponse,
  ListBlobsRequest,
  ListBlobsResponse,
  PutChunkRequest,
  PutObjectResponse,
  ReceivedChunk,
  ReceivedResponse,
  RemovalResponse,
} from './blobstore-types.ts'
import { type Body, dialectOf, emptyRequest, nothing, operationsOf } from './codec.ts'
import type { ContractDialect } from './contract.ts'
import {
  bool,
  bytes,
  listOf,
  mapped,
  type Shape,
  struct,
  text,
  textOrNil,
  texts,
  uint32,
  uint64,
} from './shape.ts'
import { asCbor } from './wasmbus-cbor.ts'

/** What a listing has at most. */
const mostListed = 1000

const optionalText = { shape: textOrNil, absent: '', omit: '' }
const containerId = { shape: text, key: 'containerId' }
const objectId = { shape: text, key: 'objectId' }

const bareContainer: Shape<ContainerRequest> = mapped(
  text,
  ({ container }: ContainerRequest) => container,
  (container) => ({ container }),
)
const bareContainers: Shape<ContainersRequest> = mapped(
  texts,
  ({ containers }: ContainersRequest) => containers,
  (containers) => ({ containers }),
)
const bareExists: Shape<BlobExistsResponse> = mapped(
  bool,
  ({ exists }: BlobExistsResponse) => exists,
  (exists) => ({ exists }),
)
const containerInfo = struct<ContainerRequest>({ container: containerId })
const containersInfo: Shape<ContainersRequest> = mapped(
  listOf(containerInfo),
  ({ containers }: ContainersRequest) => containers.map((container) => ({ container })),
  (infos) => ({ containers: infos.map(({ container }) => container) }),
)
const object = struct<BlobRequest>({ container: containerId, id: objectId })
const objects = struct<BlobsRequest>({
  container: containerId,
  ids: { shape: texts, key: 'objects' },
})
const asked: Shape<BlobInfoRequest> = mapped<BlobInfoRequest, BlobRequest>(
  object,
  ({ container, id }) => ({ container, id }),
  (request) => ({ ...request, absent: 'error' }),
)

interface ObjectMetadata extends BlobRequest {
  readonly byteSize: number
}

const metadata = struct<ObjectMetadata>({
  id: objectId,
  container: containerId,
  byteSize: { shape: uint64, key: 'contentLength', absent: 0 },
})
const known: Shape<BlobInfoResponse> = mapped<BlobInfoResponse, ObjectMetadata>(
  metadata,
  ({ container, id, byteSize }) => ({ container, id, byteSize }),
  (blob) => ({ ...blob, exists: true }),
)

interface ListRequest {
  readonly container: string
  readonly startWith: string
  readonly continuation: string
  /** The last id, itself included. */
  readonly endWith: string
  readonly endBefore: string
  readonly maxItems: number
}

const listRequest: Shape<ListBlobsRequest> = mapped<ListBlobsRequest, ListRequest>(
  struct<ListRequest>({
    container: containerId,
    startWith: optionalText,
    continuation: optionalText,
    endWith: optionalText,
    endBefore: optionalText,
    maxItems: { shape: uint32, absent: 0, omit: 0 },
  }),
  ({ container, startWith, after, before, maxBlobs }) => ({
    container,
    startWith,
    continuation: after,
    endWith: '',
    endBefore: before,
    maxItems: maxBlobs,
  }),
  ({ container, startWith, continuation, endWith, endBefore, maxItems }) => {
    // What comes next after a text is that text and the least character.
    const ends = [endBefore, endWith && `${endWith}\0`].filter((end) => end !== '')
    return {
      container,
      startWith,
      after: continuation,
      before: ends.sort()[0] ?? '',
      maxBlobs: Math.min(maxItems || mostListed, mostListed),
    }
  },
)

const listResponse: Shape<ListBlobsResponse> = mapped<
  ListBlobsResponse,
  { objects: readonly ObjectMetadata[]; isLast: boolean; continuation: string }
>(
  struct({
    objects: { shape: listOf(metadata) },
    isLast: { shape: bool },
    continuation: optionalText,
  }),
  ({ blobs, continuation }) => ({ objects: blobs, isLast: continuation === '', continuation }),
  ({ objects: blobs, continuation }) => ({ blobs, continuation }),
)

interface ItemResult {
  readonly key: string
  readonly error: string
  readonly success: boolean
}

const removal: Shape<RemovalResponse> = mapped<RemovalResponse, readonly ItemResult[]>(
  listOf(
    struct<ItemResult>({
      key: { shape: text },
      error: optionalText,
      success: { shape: bool, absent: false },
    }),
  ),
  ({ failures }) => failures.map(({ key, reason }) => ({ key, error: reason, success: false })),
  (items) => ({ failures: items.map(({ key, error }) => ({ key, reason: error })) }),
)

const part = struct<BlobPart>({
  id: objectId,
  container: containerId,
  bytes: { shape: bytes },
  offset: { shape: uint64, absent: 0 },
  isLast: { shape: bool, absent: false },
})
const putObject: Shape<BlobPart> = mapped<BlobPart, { chunk: BlobPart }>(
  struct({ chunk: { shape: part } }),
  (chunk) => ({ chunk }),
  ({ chunk }) => chunk,
)
const putResponse = struct<PutObjectResponse>({ streamId: optionalText })
const putChunk: Shape<PutChunkRequest> = mapped<
  PutChunkRequest,
  { chunk: BlobPart; streamId: string; cancelAndRemove: boolean }
>(
  struct({
    chunk: { shape: part },
    streamId: optionalText,
    cancelAndRemove: { shape: bool, absent: false },
  }),
  ({ streamId, cancelAndRemove, ...chunk }) => ({ chunk, streamId, cancelAndRemove }),
  ({ chunk, ...more }) => ({ ...chunk, ...more }),
)

const toTheEnd = Number.MAX_SAFE_INTEGER

const getObject = struct<GetObjectRequest>({
  id: objectId,
  container: containerId,
  start: { shape: uint64, key: 'rangeStart', absent: 0 },
  end: { shape: uint64, key: 'rangeEnd', absent: toTheEnd, omit: toTheEnd },
})
const getResponse: Shape<GetObjectResponse> = mapped<
  GetObjectResponse,
  { success: boolean; error: string; first: BlobPart; contentLength: number }
>(
  struct({
    success: { shape: bool },
    error: optionalText,
    first: { shape: part, key: 'initialChunk' },
    contentLength: { shape: uint64, absent: 0 },
  }),
  ({ contentLength, first }) => ({ success: true, error: '', first, contentLength }),
  ({ contentLength, first }) => ({ contentLength, first }),
)

const received: Shape<ReceivedChunk> = mapped<ReceivedChunk, BlobPart>(
  part,
  (chunk) => chunk,
  // What only the other dialects tell.
  (chunk) => ({ ...chunk, sequenceNo: 0, totalBytes: 0, chunkSize: 0, context: '' }),
)
const taken = asCbor(
  struct<ReceivedResponse>({ cancel: { shape: bool, key: 'cancelDownload', absent: false } }),
)
const takenOrNothing: Body<ReceivedResponse> = {
  encode: taken.encode,
  decode: (payload) => (payload.length === 0 ? { cancel: false } : taken.decode(payload)),
}
const made: Body<ContainerRequest> = {
  encode: () => nothing.encode(),
  decode: () => ({ container: '' }),
}

/** Dialect E of the contract. */
export function blobstoreOtp(contractId: string): ContractDialect {
  const operation = operationsOf<BlobstoreToProvider>(contractId)
  const toActor = operationsOf<BlobstoreToActor>(contractId)
  const exists = asCbor(bareExists)
  return dialectOf(
    contractId,
    [
      operation('ContainerExists', 'Blobstore.ContainerExists', asCbor(bareContainer), exists),
      operation('CreateContainer', 'Blobstore.CreateContainer', asCbor(bareContainer), made),
      operation(
        'GetContainerInfo',
        'Blobstore.GetContainerInfo',
        asCbor(bareContainer),
        asCbor(containerInfo),
      ),
      operation('ListContainers', 'Blobstore.ListContainers', emptyRequest, asCbor(containersInfo)),
      operation(
        'RemoveContainers',
        'Blobstore.RemoveContainers',
        asCbor(bareContainers),
        asCbor(removal),
      ),
      operation('ObjectExists', 'Blobstore.ObjectExists', asCbor(object), exists),
      operation('GetObjectInfo', 'Blobstore.GetObjectInfo', asCbor(asked), asCbor(known)),
      operation('ListObjects', 'Blobstore.ListObjects', asCbor(listRequest), asCbor(listResponse)),
      operation('RemoveObjects', 'Blobstore.RemoveObjects', asCbor(objects), asCbor(removal)),
      operation('PutObject', 'Blobstore.PutObject', asCbor(putObject), asCbor(putResponse)),
      operation('PutChunk', 'Blobstore.PutChunk', asCbor(putChunk), nothing),
      operation('GetObject', 'Blobstore.GetObject', asCbor(getObject), asCbor(getResponse)),
    ],
    [toActor('ReceiveChunk', 'ChunkReceiver.ReceiveChunk', asCbor(received), takenOrNothing)],
  )
}
