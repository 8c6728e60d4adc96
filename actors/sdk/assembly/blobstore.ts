import { register } from './guest'
import { begin, send, settle } from './host-call'
import { Literal } from './literal'
import { Reader } from './reader'
import { Result } from './result'
import { decodeUtf8 } from './utf8'
import { Writer } from './writer'

/** Bytes of each part that {@link Blobstore.upload} sends. */
const PART_BYTES: i32 = 256 * 1024

/** A client of `wascc:blobstore`: blobs in containers. */
export class Blobstore {
  /** @param link which of the actor's links to a blob store */
  constructor(private readonly link: string = 'default') {}

  /** Makes a container unless there is one, and gives its name. */
  createContainer(container: string): Result<string> {
    this.beginContainer('CreateContainer', container)
    const reply = send()
    reply.field('id')
    return settle<string>(reply.string())
  }

  /** Removes a container, which must be empty. */
  removeContainer(container: string): Result<bool> {
    this.beginContainer('RemoveContainer', container)
    return done()
  }

  /** The blobs of a container, in any order. */
  list(container: string): Result<Blob[]> {
    this.beginContainer('ListObjects', container)
    const reply = send()
    reply.field('blobs')
    const size = reply.array()
    const blobs = new Array<Blob>(0)
    for (let i = 0; i < size && !reply.failed; i++) blobs.push(readBlob(reply))
    return settle<Blob[]>(blobs)
  }

  /** What is known of a blob; null where there is none. */
  info(container: string, id: string): Result<Blob | null> {
    this.beginBlob('GetObjectInfo', container, id)
    const blob = readBlob(send())
    return settle<Blob | null>(blob.id.length > 0 ? blob : null)
  }

  /** Removes a blob, if it is there. */
  remove(container: string, id: string): Result<bool> {
    this.beginBlob('RemoveObject', container, id)
    return done()
  }

  /** Uploads a blob that is in memory, in the place of one that is there. */
  upload(container: string, id: string, bytes: Uint8Array): Result<bool> {
    const upload = new Upload(container, id, bytes.length, PART_BYTES)
    let result = this.startUpload(upload)
    for (let at = 0, part = 0; at < bytes.length && result.ok; at += PART_BYTES, part++) {
      const length = min(PART_BYTES, bytes.length - at)
      result = this.uploadPart(upload, part, bytes.dataStart + at, length)
    }
    return result
  }

  /** Announces a blob; {@link uploadPart} then brings its parts. One of no bytes is then complete. */
  startUpload(upload: Upload): Result<bool> {
    upload.write(begin(this.link, 'wascc:blobstore', 'StartUpload'), 0, 0, 0)
    return done()
  }

  /**
   * Uploads a part of a blob. The last one completes it.
   *
   * @param sequenceNo which part, from 0
   * @param start where its bytes are in memory: `dataStart` of an array, `bodyStart` of a part
   * @param length the upload's part size; of the last part what is left
   */
  uploadPart(upload: Upload, sequenceNo: u64, start: usize, length: i32): Result<bool> {
    upload.write(begin(this.link, 'wascc:blobstore', 'UploadChunk'), sequenceNo, start, length)
    return done()
  }

  /**
   * Has a blob sent, part by part, to the function that {@link handleChunk} has: after this call, and
   * perhaps to another instance of the actor.
   *
   * @param partBytes how large parts should be; 0 leaves it to the store
   * @param context a text that comes with each part
   */
  startDownload(
    container: string,
    id: string,
    partBytes: u64 = 0,
    context: string = '',
  ): Result<bool> {
    const request = begin(this.link, 'wascc:blobstore', 'StartDownload')
    request.map(4)
    request.string('id')
    request.string(id)
    request.string('container')
    request.string(container)
    request.string('chunkSize')
    request.uint(partBytes)
    request.string('context')
    putContext(request, context)
    return done()
  }

  private beginContainer(operation: string, container: string): void {
    const request = begin(this.link, 'wascc:blobstore', operation)
    request.map(1)
    request.string('id')
    request.string(container)
  }

  private beginBlob(operation: string, container: string, id: string): void {
    const request = begin(this.link, 'wascc:blobstore', operation)
    request.map(3)
    request.string('id')
    request.string(id)
    request.string('container')
    request.string(container)
    request.string('byteSize')
    request.uint(0)
  }
}

/** A blob, without what is in it. */
export class Blob {
  constructor(
    readonly container: string,
    readonly id: string,
    readonly byteSize: u64,
  ) {}
}

/** A blob on its way into a store. */
export class Upload {
  /**
   * @param totalBytes of the whole blob
   * @param partBytes of each part but the last
   */
  constructor(
    private readonly container: string,
    private readonly id: string,
    private readonly totalBytes: u64,
    private readonly partBytes: u64,
  ) {}

  write(to: Writer, sequenceNo: u64, start: usize, length: i32): void {
    to.map(7)
    to.string('sequenceNo')
    to.uint(sequenceNo)
    to.string('container')
    to.string(this.container)
    to.string('id')
    to.string(this.id)
    to.string('totalBytes')
    to.uint(this.totalBytes)
    to.string('chunkSize')
    to.uint(this.partBytes)
    to.string('context')
    to.nil()
    to.string('chunkBytes')
    to.binary(start, length)
  }
}

/**
 * A part of a blob that a store sends, read where it lies.
 *
 * There is one, used again for each call: keep what you take from it, not the part.
 */
@unmanaged
export class Chunk {
  // Not at the top level, where every actor would make them.
  private readonly sequenceNoKey: Literal = new Literal('sequenceNo')
  private readonly containerKey: Literal = new Literal('container')
  private readonly idKey: Literal = new Literal('id')
  private readonly totalBytesKey: Literal = new Literal('totalBytes')
  private readonly chunkSizeKey: Literal = new Literal('chunkSize')
  private readonly contextKey: Literal = new Literal('context')
  private readonly chunkBytesKey: Literal = new Literal('chunkBytes')

  private containerStart: usize = 0
  private containerLength: i32 = 0
  private idStart: usize = 0
  private idLength: i32 = 0
  private contextStart: usize = 0
  private contextLength: i32 = 0

  /** Which part it is, from 0. */
  sequenceNo: u64 = 0
  /** Of the whole blob. */
  totalBytes: u64 = 0
  /** Of each part but the last. */
  partBytes: u64 = 0
  /** Where the bytes are in memory. */
  bodyStart: usize = 0
  /** How many there are. */
  bodyLength: i32 = 0

  get container(): string {
    return decodeUtf8(this.containerStart, this.containerLength)
  }

  get id(): string {
    return decodeUtf8(this.idStart, this.idLength)
  }

  /** What the download was started with. */
  get context(): string {
    return decodeUtf8(this.contextStart, this.contextLength)
  }

  /** Whether nothing comes after it. */
  get isLast(): bool {
    return this.sequenceNo * this.partBytes + <u64>this.bodyLength >= this.totalBytes
  }

  /** A copy of the bytes. */
  get body(): Uint8Array {
    const copy = new Uint8Array(this.bodyLength)
    memory.copy(copy.dataStart, this.bodyStart, this.bodyLength)
    return copy
  }

  /** Reads a part, and notes where its fields are. */
  read(from: Reader): void {
    this.idStart = 0
    this.containerStart = 0
    this.contextLength = 0
    this.bodyLength = 0
    const size = from.map()
    for (let i = 0; i < size && !from.failed; i++) {
      from.text()
      if (from.contentIs(this.sequenceNoKey)) this.sequenceNo = from.uint()
      else if (from.contentIs(this.totalBytesKey)) this.totalBytes = from.uint()
      else if (from.contentIs(this.chunkSizeKey)) this.partBytes = from.uint()
      else if (from.contentIs(this.containerKey)) {
        from.text()
        this.containerStart = from.contentStart
        this.containerLength = from.contentLength
      } else if (from.contentIs(this.idKey)) {
        from.text()
        this.idStart = from.contentStart
        this.idLength = from.contentLength
      } else if (from.contentIs(this.contextKey)) {
        if (from.skipNil()) continue
        from.text()
        this.contextStart = from.contentStart
        this.contextLength = from.contentLength
      } else if (from.contentIs(this.chunkBytesKey)) {
        from.binary()
        this.bodyStart = from.contentStart
        this.bodyLength = from.contentLength
      } else from.skip()
    }
    if (!this.containerStart) from.fail('no field "container"')
    if (!this.idStart) from.fail('no field "id"')
  }
}

let received: Chunk | null = null
let handler: ((chunk: Chunk) => void) | null = null

/** Has `fn` take the parts of downloads. Call it once, at the top level of the entry file. */
export function handleChunk(fn: (chunk: Chunk) => void): void {
  received = new Chunk()
  handler = fn
  register('ReceiveChunk', take)
}

function take(request: Reader, response: Writer): void {
  const chunk = received
  const taking = handler
  if (chunk === null || taking === null) return
  chunk.read(request)
  if (request.failed) return
  taking(chunk)
  response.nil()
}

function done(): Result<bool> {
  send()
  return settle<bool>(true)
}

function putContext(to: Writer, context: string): void {
  if (context.length > 0) to.string(context)
  else to.nil()
}

function readBlob(from: Reader): Blob {
  let id: string | null = null
  let container: string | null = null
  let byteSize: u64 = 0
  const size = from.map()
  for (let i = 0; i < size && !from.failed; i++) {
    const key = from.string()
    if (key == 'id') id = from.string()
    else if (key == 'container') container = from.string()
    else if (key == 'byteSize') byteSize = from.uint()
    else from.skip()
  }
  if (id === null) {
    from.fail('no field "id"')
    return new Blob('', '', 0)
  }
  return new Blob(container === null ? '' : container, id, byteSize)
}
