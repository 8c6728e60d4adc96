/**
 * Keeps what is put to it: `PUT /photos/cat` stores the body as blob `cat` of container `photos`, `GET`
 * tells its size, `DELETE` removes it, `GET /photos` lists the container. `POST /photos/cat?to=dog`
 * copies a blob of any size, part by part: each part that the store sends goes back into it.
 */
import {
  Blobstore,
  Chunk,
  fail,
  handleChunk,
  handleRequest,
  HttpRequest,
  HttpResponse,
  quoteJson,
  Upload,
} from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

const store = new Blobstore()

handleRequest((request: HttpRequest): HttpResponse => {
  const path = request.path.substring(1)
  const slash = path.indexOf('/')
  if (slash < 0) return list(path)
  const container = path.substring(0, slash)
  const id = path.substring(slash + 1)
  if (request.methodIs('PUT')) return put(container, id, request.body)
  if (request.methodIs('DELETE')) return answer(store.remove(container, id).error, 204)
  if (request.methodIs('POST')) {
    const to = request.query('to')
    if (to === null) return HttpResponse.text('no "to" in the query\n', 400)
    return answer(store.startDownload(container, id, 65536, to).error, 202)
  }
  return size(container, id)
})

handleChunk((chunk: Chunk): void => {
  const copy = new Upload(chunk.container, chunk.context, chunk.totalBytes, chunk.partBytes)
  if (chunk.sequenceNo == 0) {
    const problem = store.startUpload(copy).error
    if (problem !== null) return fail(problem)
    if (chunk.totalBytes == 0) return
  }
  const problem = store.uploadPart(copy, chunk.sequenceNo, chunk.bodyStart, chunk.bodyLength).error
  if (problem !== null) fail(problem)
})

function put(container: string, id: string, body: Uint8Array): HttpResponse {
  const problem = store.createContainer(container).error
  if (problem !== null) return answer(problem, 500)
  return answer(store.upload(container, id, body).error, 201)
}

function size(container: string, id: string): HttpResponse {
  const found = store.info(container, id)
  const problem = found.error
  if (problem !== null) return answer(problem, 500)
  const blob = found.value
  if (blob === null) return HttpResponse.text('no such blob\n', 404)
  return HttpResponse.json('{"bytes":' + blob.byteSize.toString() + '}')
}

function list(container: string): HttpResponse {
  const found = store.list(container)
  const problem = found.error
  if (problem !== null) return answer(problem, 500)
  const blobs = found.value
  const items = new Array<string>(0)
  for (let i = 0; i < blobs.length; i++) items.push(quoteJson(blobs[i].id))
  return HttpResponse.json('[' + items.join(',') + ']')
}

function answer(problem: string | null, statusCode: u32): HttpResponse {
  if (problem !== null) return HttpResponse.text(problem + '\n', 502)
  return new HttpResponse(statusCode)
}
