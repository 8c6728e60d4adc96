/** Gives a GUID, a random number below 100 and a sequence number, each under its own path. */
import {
  fail,
  handleRequest,
  HttpRequest,
  HttpResponse,
  quoteJson,
  randomGuid,
  randomNumber,
  sequenceNumber,
} from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

handleRequest((request: HttpRequest): HttpResponse => {
  if (request.pathIs('/guid')) {
    const guid = randomGuid()
    return answer('guid', quoteJson(guid.or('')), guid.error)
  }
  if (request.pathIs('/random')) {
    const number = randomNumber(0, 100)
    return answer('random', number.or(0).toString(), number.error)
  }
  if (request.pathIs('/sequence')) {
    const number = sequenceNumber()
    return answer('sequence', number.or(0).toString(), number.error)
  }
  return HttpResponse.text('try /guid, /random or /sequence\n', 404)
})

function answer(name: string, json: string, problem: string | null): HttpResponse {
  if (problem !== null) fail(problem)
  return HttpResponse.json('{"' + name + '":' + json + '}')
}
