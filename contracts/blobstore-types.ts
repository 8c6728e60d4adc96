/** What actors and blob stores say to each other, whatever the dialect. */
import type { NoContent } from './contract.ts'

/** What names a container, which holds blobs as a folder holds files. */
export interface ContainerRequest {
  readonly container: string
}

/** What names several containers. */
export interface ContainersRequest {
  readonly containers: readonly string[]
}

/** What names a blob. */
export interface BlobRequest {
  readonly container: string
  readonly id: string
}

/** What names several blobs of one container. */
export interface BlobsRequest {
  readonly container: string
  readonly ids: readonly string[]
}

/** A blob, without what is in it. */
export interface BlobInfo extends BlobRequest {
  readonly byteSize: number
}

/** A question about a blob. */
export interface BlobInfoRequest extends BlobRequest {
  /** What comes of a blob that does not exist: up to dialect D an empty answer, in E an error. */
  readonly absent: 'empty' | 'error'
}

/** What is known of a blob, or that there is none. */
export interface BlobInfoResponse extends BlobInfo {
  readonly exists: boolean
}

/** Whether there is such a container or blob. */
export interface BlobExistsResponse {
  readonly exists: boolean
}

/** Which blobs of a container to list, in an order of the store's own. */
export interface ListBlobsRequest {
  readonly container: string
  /** Ids of blobs start with this. */
  readonly startWith: string
  /** The id after which to go on: `continuation` of the answer before. Empty: from the first. */
  readonly after: string
  /** Ids that are not less than this, by code unit, are left out; empty for none. */
  readonly before: string
  /** The most to list; 0 for all, which is an error where it is more than one answer holds. */
  readonly maxBlobs: number
}

/** Blobs of a container. */
export interface ListBlobsResponse {
  readonly blobs: readonly BlobInfo[]
  /** Where to go on from; empty if there are no more. */
  readonly continuation: string
}

/** What could not be removed, and why. Empty: everything is gone. */
export interface RemovalResponse {
  readonly failures: readonly { readonly key: string; readonly reason: string }[]
}

/** A part of a blob whose size was told beforehand. */
export interface FileChunk extends BlobRequest {
  /** Which part it is. waSCC's providers counted from 0 and from 1; so may actors. */
  readonly sequenceNo: number
  /** Of the whole blob. */
  readonly totalBytes: number
  /** Of every part but the last, which has what is left. */
  readonly chunkSize: number
  /** Text of the actor's, carried along; empty for none. Since waSCC 0.12. */
  readonly context: string
  readonly bytes: Uint8Array
}

/** A part of a blob whose size only its end tells. */
export interface BlobPart extends BlobRequest {
  readonly bytes: Uint8Array
  /** Bytes of the blob before it. */
  readonly offset: number
  readonly isLast: boolean
}

/** The first part of a blob, after which {@link PutChunkRequest}s bring the rest. */
export interface PutObjectResponse {
  /** What the parts to come name; empty if the blob is complete. */
  readonly streamId: string
}

/** Another part of a blob. */
export interface PutChunkRequest extends BlobPart {
  readonly streamId: string
  /** Ends the upload and removes the blob instead. */
  readonly cancelAndRemove: boolean
}

/** A blob that the provider is to send, part by part. */
export interface StreamRequest extends BlobRequest {
  /** Bytes of each part but the last; 0 if the provider may choose. */
  readonly chunkSize: number
  readonly context: string
}

/** A blob, or a range of it. */
export interface GetObjectRequest extends BlobRequest {
  /** The first byte wanted. */
  readonly start: number
  /** The last byte wanted, itself included; beyond the end is to the end. */
  readonly end: number
}

/** The first part of what was asked for; the others follow as `ReceiveChunk`. */
export interface GetObjectResponse {
  /** Bytes of the whole range. */
  readonly contentLength: number
  readonly first: BlobPart
}

/** A part of a blob on its way to an actor. */
export interface ReceivedChunk extends FileChunk {
  readonly offset: number
  readonly isLast: boolean
}

/** What the actor says to a part. */
export interface ReceivedResponse {
  /** It wants no more of them. Only dialect E can say so. */
  readonly cancel: boolean
}

/** What actors ask of a blob store. */
export type BlobstoreToProvider = {
  /** Makes a container unless there is one, and answers its name. */
  CreateContainer: { request: ContainerRequest; response: ContainerRequest }
  /** Removes a container, which must be empty. Up to dialect D. */
  RemoveContainer: { request: ContainerRequest; response: void }
  /** Removes containers with all they hold. Dialect E. */
  RemoveContainers: { request: ContainersRequest; response: RemovalResponse }
  /** Dialect E. */
  ContainerExists: { request: ContainerRequest; response: BlobExistsResponse }
  /** Answers the name of a container that exists. Dialect E. */
  GetContainerInfo: { request: ContainerRequest; response: ContainerRequest }
  /** Dialect E. */
  ListContainers: { request: NoContent; response: ContainersRequest }
  RemoveObject: { request: BlobRequest; response: void }
  /** Dialect E. */
  RemoveObjects: { request: BlobsRequest; response: RemovalResponse }
  /** Dialect E. */
  ObjectExists: { request: BlobRequest; response: BlobExistsResponse }
  GetObjectInfo: { request: BlobInfoRequest; response: BlobInfoResponse }
  ListObjects: { request: ListBlobsRequest; response: ListBlobsResponse }
  /** Announces a blob, of which {@link BlobstoreToProvider.UploadChunk} then brings the parts. */
  StartUpload: { request: FileChunk; response: void }
  UploadChunk: { request: FileChunk; response: void }
  /** Answers at once; the parts then come as `ReceiveChunk`. */
  StartDownload: { request: StreamRequest; response: void }
  /** Dialect E. */
  PutObject: { request: BlobPart; response: PutObjectResponse }
  /** Dialect E. */
  PutChunk: { request: PutChunkRequest; response: void }
  /** Dialect E. */
  GetObject: { request: GetObjectRequest; response: GetObjectResponse }
}

/** What the provider asks of an actor. */
export type BlobstoreToActor = {
  ReceiveChunk: { request: ReceivedChunk; response: ReceivedResponse }
}
