/** Blob store contract: `wascc:blobstore`, `wasmcloud:blobstore`. */
import { blobstoreOtp } from './blobstore-otp.ts'
import type {
  BlobInfo,
  BlobInfoRequest,
  BlobInfoResponse,
  BlobRequest,
  BlobstoreToActor,
  BlobstoreToProvider,
  ContainerRequest,
  FileChunk,
  ListBlobsRequest,
  ListBlobsResponse,
  ReceivedChunk,
  ReceivedResponse,
  StreamRequest,
} from './blobstore-types.ts'
import {
  asArray,
  asMap,
  asProtobuf,
  type Body,
  contractOf,
  dialectOf,
  firstOf,
  nothing,
  operationsOf,
} from './codec.ts'
import type { Contract, ContractDialect } from './contract.ts'
import {
  bool,
  bytes,
  listOf,
  mapped,
  type MessageShape,
  noBytes,
  type Shape,
  struct,
  text,
  textOrNil,
  uint64,
} from './shape.ts'

type WithoutContext<T> = Omit<T, 'context'>

const chunkSize = { shape: uint64 }

/** Up to codec 0.7, and so in the layouts that go by position, nothing had a context. */
const fileChunk = struct<WithoutContext<FileChunk>>({
  sequenceNo: { shape: uint64 },
  container: { shape: text },
  id: { shape: text },
  totalBytes: { shape: uint64 },
  chunkSize,
  bytes: { shape: bytes, key: 'chunkBytes', absent: noBytes },
})
const streamRequest = struct<WithoutContext<StreamRequest>>({
  id: { shape: text },
  container: { shape: text },
  chunkSize,
})

const containerId = struct<ContainerRequest>({ container: { shape: text, key: 'id' } })

/** How dialect D, and only it, wrote the container of a blob. Some of its actors sent the name alone. */
const containerStruct: Shape<string> = {
  ...mapped(
    struct<{ id: string }>({ id: { shape: text } }),
    (id: string) => ({ id }),
    ({ id }) => id,
  ),
  read: (reader) => (reader.atText() ? reader.text() : containerId.read(reader).container),
}

function blobShapes(container: Shape<string>): {
  readonly chunk: MessageShape<FileChunk>
  readonly stream: MessageShape<StreamRequest>
  readonly blob: MessageShape<BlobRequest & { readonly byteSize: number }>
} {
  return {
    chunk: struct<FileChunk>({
      sequenceNo: { shape: uint64 },
      container: { shape: container },
      id: { shape: text },
      totalBytes: { shape: uint64 },
      chunkSize,
      context: { shape: textOrNil, absent: '' },
      bytes: { shape: bytes, key: 'chunkBytes', absent: noBytes },
    }),
    stream: struct<StreamRequest>({
      id: { shape: text, alias: 'blob_id' },
      container: { shape: container, alias: 'container_id' },
      chunkSize: { shape: uint64, alias: 'chunk_size' },
      context: { shape: textOrNil, absent: '' },
    }),
    blob: struct<BlobInfo>({
      id: { shape: text, alias: 'blob_id' },
      container: { shape: container, alias: 'container_id' },
      byteSize: { shape: uint64, absent: 0 },
    }),
  }
}

/** The bodies that one dialect writes, to put its operations together from. */
interface Bodies {
  readonly create: Body<ContainerRequest>
  readonly container: Body<ContainerRequest>
  readonly blob: Body<BlobInfo>
  readonly list: Body<readonly BlobInfo[]>
  readonly chunk: Body<FileChunk>
  readonly stream: Body<StreamRequest>
  readonly done: Body<void>
  /** What stands for a blob that does not exist. */
  readonly none: string
}

function through<Ours, Theirs>(
  body: Body<Theirs>,
  toWire: (value: Ours) => Theirs,
  fromWire: (value: Theirs) => Ours,
): Body<Ours> {
  return {
    encode: (value) => body.encode(toWire(value)),
    decode: (payload) => fromWire(body.decode(payload)),
  }
}

function waScc(contractId: string, bodies: Bodies): ContractDialect {
  const operation = operationsOf<BlobstoreToProvider>(contractId)
  const toActor = operationsOf<BlobstoreToActor>(contractId)
  const { none } = bodies
  const named = through<BlobRequest, BlobInfo>(
    bodies.blob,
    ({ container, id }) => ({ container, id, byteSize: 0 }),
    ({ container, id }) => ({ container, id }),
  )
  const asked = through<BlobInfoRequest, BlobRequest>(
    named,
    (request) => request,
    (request) => ({ ...request, absent: 'empty' }),
  )
  const answered = through<BlobInfoResponse, BlobInfo>(
    bodies.blob,
    ({ exists, container, id, byteSize }) =>
      exists ? { container, id, byteSize } : { container: none, id: none, byteSize: 0 },
    (blob) => ({ ...blob, exists: blob.id !== none }),
  )
  const listing = through<ListBlobsRequest, ContainerRequest>(
    bodies.container,
    ({ container }) => ({ container }),
    ({ container }) => ({ container, startWith: '', after: '', before: '', maxBlobs: 0 }),
  )
  const listed = through<ListBlobsResponse, readonly BlobInfo[]>(
    bodies.list,
    ({ blobs }) => blobs,
    (blobs) => ({ blobs, continuation: '' }),
  )
  const received = through<ReceivedChunk, FileChunk>(
    bodies.chunk,
    (chunk) => chunk,
    (chunk) => {
      const offset = chunk.sequenceNo * chunk.chunkSize
      return { ...chunk, offset, isLast: offset + chunk.bytes.length >= chunk.totalBytes }
    },
  )
  const taken: Body<ReceivedResponse> = {
    encode: () => nothing.encode(),
    decode: () => ({ cancel: false }),
  }
  return dialectOf(
    contractId,
    [
      operation('CreateContainer', 'CreateContainer', bodies.create, bodies.create),
      operation('RemoveContainer', 'RemoveContainer', bodies.create, bodies.done),
      operation('RemoveObject', 'RemoveObject', named, bodies.done),
      operation('ListObjects', 'ListObjects', listing, listed),
      operation('GetObjectInfo', 'GetObjectInfo', asked, answered),
      operation('StartUpload', 'StartUpload', bodies.chunk, bodies.done),
      operation('UploadChunk', 'UploadChunk', bodies.chunk, bodies.done),
      operation('StartDownload', 'StartDownload', bodies.stream, bodies.done),
    ],
    [toActor('ReceiveChunk', 'ReceiveChunk', received, taken)],
  )
}

function listBody(
  blob: Shape<BlobInfo>,
  body: <T>(shape: MessageShape<T>) => Body<T>,
): Body<readonly BlobInfo[]> {
  return through<readonly BlobInfo[], { readonly blobs: readonly BlobInfo[] }>(
    body(struct<{ blobs: readonly BlobInfo[] }>({ blobs: { shape: listOf(blob), absent: [] } })),
    (blobs) => ({ blobs }),
    ({ blobs }) => blobs,
  )
}

/** Dialects A and B: the fields of codec 0.7, which knew no context. */
function withoutContext(body: <T>(shape: MessageShape<T>) => Body<T>): Bodies {
  const plainBlob = blobShapes(text).blob
  const container = body(containerId)
  return {
    create: container,
    container,
    blob: body(plainBlob),
    list: listBody(plainBlob, body),
    chunk: through<FileChunk, WithoutContext<FileChunk>>(
      body(fileChunk),
      (chunk) => chunk,
      (chunk) => ({ ...chunk, context: '' }),
    ),
    stream: through<StreamRequest, WithoutContext<StreamRequest>>(
      body(streamRequest),
      (request) => request,
      (request) => ({ ...request, context: '' }),
    ),
    done: nothing,
    none: '',
  }
}

function dialectC(): Bodies {
  const shapes = blobShapes(text)
  const container = asMap(containerId)
  return {
    create: container,
    container,
    blob: asMap(shapes.blob),
    list: listBody(shapes.blob, asMap),
    chunk: asMap(shapes.chunk),
    stream: asMap(shapes.stream),
    done: nothing,
    none: '',
  }
}

/**
 * Dialect D wrote requests in three ways while it was young: the struct as it is, the struct as the
 * only field of another, and its fields one by one under names of their own. All are read. Parts go to
 * actors as its own provider sent them: as they are.
 */
function dialectD(): Bodies {
  const shapes = blobShapes(containerStruct)
  const container = struct<ContainerRequest>({
    container: { shape: text, key: 'id', alias: 'container_id' },
  })
  const done = asMap(
    struct<{ success: boolean; error: string }>({
      success: { shape: bool },
      error: { shape: textOrNil, absent: '' },
    }),
  )
  const containerInStruct = asMap(
    struct<ContainerRequest>({ container: { shape: containerStruct } }),
  )
  return {
    create: firstOf(asMap(containerId), containerInStruct),
    container: firstOf(asMap(container), containerInStruct),
    blob: firstOf(asMap(shapes.blob), inField('blob', shapes.blob)),
    list: listBody(shapes.blob, asMap),
    chunk: firstOf(
      asMap(shapes.chunk),
      inField('chunk', shapes.chunk),
      inField('blob', shapes.chunk),
    ),
    stream: firstOf(asMap(shapes.stream), inField('request', shapes.stream)),
    done: through<void, { success: boolean; error: string }>(
      done,
      () => ({ success: true, error: '' }),
      () => undefined,
    ),
    none: 'none',
  }
}

/** A struct that is the only field of another. */
function inField<T>(key: string, shape: Shape<T>): Body<T> {
  return through<T, { value: T }>(
    asMap(struct<{ value: T }>({ value: { shape, key } })),
    (value) => ({ value }),
    ({ value }) => value,
  )
}

/** A store of blobs in containers, uploaded and downloaded part by part. */
export const blobstore: Contract<BlobstoreToProvider, BlobstoreToActor> = contractOf(
  'blobstore',
  ['wascc:blobstore', 'wasmcloud:blobstore'],
  {
    A: waScc('wascc:blobstore', withoutContext(asProtobuf)),
    B: waScc('wascc:blobstore', withoutContext(asArray)),
    C: waScc('wascc:blobstore', dialectC()),
    D: waScc('wasmcloud:blobstore', dialectD()),
    E: blobstoreOtp('wasmcloud:blobstore'),
  },
)
