/**
 * Answers an HTTP request with its own body, or, when it has none, with what was asked for as JSON.
 * `Echo` answers with its payload. It decodes nothing: the bench measures hosts with it.
 */
import {
  beginHttpBody,
  beginHttpResponse,
  HttpRequest,
  Literal,
  Reader,
  register,
  Writer,
} from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

const CONTENT_TYPE = new Literal('content-type')
const JSON_TYPE = new Literal('application/json')
const BINARY_TYPE = new Literal('application/octet-stream')
const BEFORE_METHOD = new Literal('{"method":')
const BEFORE_PATH = new Literal(',"path":')
const BEFORE_QUERY = new Literal(',"queryString":')

const http = new HttpRequest()

register('Echo', (request: Reader, response: Writer): void => {
  response.raw(request.position, request.remaining)
})

register('HandleRequest', (request: Reader, response: Writer): void => {
  http.read(request)
  if (request.failed) return
  beginHttpResponse(response, 200, 1)
  response.literal(CONTENT_TYPE)
  if (http.bodyLength > 0) {
    if (!http.writeHeader(response, 'content-type')) response.literal(BINARY_TYPE)
    beginHttpBody(response)
    response.binary(http.bodyStart, http.bodyLength)
  } else {
    response.literal(JSON_TYPE)
    beginHttpBody(response)
    const body = response.beginBinary()
    response.rawLiteral(BEFORE_METHOD)
    http.writeMethod(response)
    response.rawLiteral(BEFORE_PATH)
    http.writePath(response)
    response.rawLiteral(BEFORE_QUERY)
    http.writeQueryString(response)
    response.byte(0x7d)
    response.endBinary(body)
  }
})
