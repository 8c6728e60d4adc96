/**
 * Answers an HTTP request with its own body, or, when it has none, with what was asked for as JSON.
 * `Echo` answers with its payload. It decodes nothing: the bench measures hosts with it.
 */
import {
  beginHttpBody,
  beginHttpResponse,
  HttpRequest,
  Reader,
  register,
  Writer,
} from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

const http = new HttpRequest()

register('Echo', (request: Reader, response: Writer): void => {
  response.raw(request.position, request.remaining)
})

register('HandleRequest', (request: Reader, response: Writer): void => {
  http.read(request)
  if (request.problem !== null) return
  beginHttpResponse(response, 200, 1)
  response.string('content-type')
  if (http.bodyLength > 0) {
    if (!http.writeHeader(response, 'content-type')) response.string('application/octet-stream')
    beginHttpBody(response)
    response.binary(http.bodyStart, http.bodyLength)
  } else {
    response.string('application/json')
    beginHttpBody(response)
    const body = response.beginBinary()
    response.text('{"method":')
    http.writeMethod(response)
    response.text(',"path":')
    http.writePath(response)
    response.text(',"queryString":')
    http.writeQueryString(response)
    response.byte(0x7d)
    response.endBinary(body)
  }
})
