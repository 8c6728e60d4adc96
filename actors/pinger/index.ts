/** Calls the actor `ponger` for each HTTP request, with the number the query gives. */
import {
  begin,
  fail,
  handleRequest,
  HttpRequest,
  HttpResponse,
  send,
  settle,
} from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

const PONGER = 'wash_ts/examples/ponger'

handleRequest((request: HttpRequest): HttpResponse => {
  const value = request.query('value')
  const call = begin('default', PONGER, 'Ping')
  call.map(1)
  call.string('value')
  call.int(value === null ? 0 : I64.parseInt(value))
  const reply = send()
  reply.field('value')
  const pong = settle<i64>(reply.int())
  const problem = pong.error
  if (problem !== null) fail(problem)
  return HttpResponse.json('{"pong":' + pong.or(0).toString() + '}')
})
