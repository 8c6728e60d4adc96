/** Counts the visits of each path in a key-value store: `/visits` is counted under `:visits`. */
import { fail, handleRequest, HttpRequest, HttpResponse, KeyValue } from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

const counters = new KeyValue()

handleRequest((request: HttpRequest): HttpResponse => {
  const counter = counters.add(request.path.replaceAll('/', ':'), 1)
  const problem = counter.error
  if (problem !== null) {
    fail(problem)
    return new HttpResponse(500)
  }
  return HttpResponse.json('{"counter":' + counter.value.toString() + '}')
})
