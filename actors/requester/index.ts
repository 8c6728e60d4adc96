/**
 * Sends the body of each HTTP request as a message: with GET and POST it asks `greet` and answers with
 * the reply, with PUT it only publishes. The query may name another `subject`.
 */
import { fail, handleRequest, HttpRequest, HttpResponse, Messaging } from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

const messaging = new Messaging()

handleRequest((request: HttpRequest): HttpResponse => {
  const named = request.query('subject')
  const subject = named === null ? 'greet' : named
  if (request.methodIs('PUT')) {
    const problem = messaging.publish(subject, request.body).error
    if (problem !== null) fail(problem)
    return new HttpResponse(204)
  }
  const reply = messaging.request(subject, request.body, 2000)
  const problem = reply.error
  if (problem !== null) fail(problem)
  return HttpResponse.text(String.UTF8.decode(reply.or(new Uint8Array(0)).buffer))
})
