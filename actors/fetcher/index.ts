/**
 * Passes a request on to the URL in its query, `?url=http%3A%2F%2F…`: method, content type, `accept`
 * and body go there; status, content type and body come back. Where it may reach, its link says.
 */
import {
  ClientRequest,
  handleRequest,
  HttpClient,
  HttpRequest,
  HttpResponse,
} from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

const client = new HttpClient()

handleRequest((request: HttpRequest): HttpResponse => {
  const url = request.query('url')
  if (url === null) return HttpResponse.text('no url in the query\n', 400)
  const outgoing = new ClientRequest(request.method, decodeURIComponent(url)).bytes(request.body)
  passOn(request, outgoing, 'accept')
  passOn(request, outgoing, 'content-type')
  const answered = client.send(outgoing)
  const problem = answered.error
  if (problem !== null) return HttpResponse.text(problem + '\n', 502)
  const answer = answered.value
  const contentType = answer.header('content-type')
  return HttpResponse.bytes(
    answer.body,
    contentType === null ? 'application/octet-stream' : contentType,
    answer.statusCode,
  )
})

function passOn(from: HttpRequest, to: ClientRequest, name: string): void {
  const value = from.header(name)
  if (value !== null) to.header(name, value)
}
