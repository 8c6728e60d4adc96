import { Blob, Blobstore, Chunk, fail, handleChunk, Result, Upload, Writer } from '../sdk/assembly'

const store = new Blobstore('vault')

/** Calls the method of the blob store client; false when it has none of that name. */
export function callBlobstore(method: string, response: Writer): bool {
  if (method == 'blobs.createContainer') {
    const made = store.createContainer('c')
    const problem = made.error
    if (problem !== null) fail(problem)
    response.string(made.or(''))
  } else if (method == 'blobs.removeContainer') answer(store.removeContainer('c'), response)
  else if (method == 'blobs.list') {
    const listed = store.list('c')
    const problem = listed.error
    if (problem !== null) fail(problem)
    const blobs = listed.or([])
    response.array(blobs.length)
    for (let i = 0; i < blobs.length; i++) putBlob(blobs[i], response)
  } else if (method == 'blobs.info') {
    const found = store.info('c', 'b')
    const problem = found.error
    const blob = found.or(null)
    if (problem !== null) fail(problem)
    else if (blob === null) response.nil()
    else putBlob(blob, response)
  } else if (method == 'blobs.remove') answer(store.remove('c', 'b'), response)
  else if (method == 'blobs.startUpload') {
    answer(store.startUpload(new Upload('c', 'b', 70000, 65536)), response)
  } else if (method == 'blobs.uploadPart') {
    const bytes: Uint8Array = new Uint8Array(2)
    bytes[0] = 255
    const upload = new Upload('c', 'b', 4, 2)
    answer(store.uploadPart(upload, 1, bytes.dataStart, bytes.length), response)
  } else if (method == 'blobs.upload') {
    answer(store.upload('c', 'b', new Uint8Array(256 * 1024 + 1)), response)
  } else if (method == 'blobs.startDownload') {
    answer(store.startDownload('c', 'b', 65536, 'x'), response)
  } else return false
  return true
}

/** Uploads each part as a blob of its own, named for all that is known of it. */
handleChunk((chunk: Chunk): void => {
  const id =
    chunk.id +
    ' ' +
    chunk.sequenceNo.toString() +
    ' ' +
    chunk.totalBytes.toString() +
    ' ' +
    chunk.partBytes.toString() +
    ' ' +
    chunk.context +
    (chunk.isLast ? ' last' : '')
  const upload = new Upload(chunk.container, id, chunk.body.length, chunk.body.length)
  const problem = store.uploadPart(upload, 0, chunk.bodyStart, chunk.bodyLength).error
  if (problem !== null) fail(problem)
})

function putBlob(blob: Blob, response: Writer): void {
  response.array(3)
  response.string(blob.container)
  response.string(blob.id)
  response.uint(blob.byteSize)
}

function answer(result: Result<bool>, response: Writer): void {
  const problem = result.error
  if (problem !== null) fail(problem)
  response.bool(result.or(false))
}
