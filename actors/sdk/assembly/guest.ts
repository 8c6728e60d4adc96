import './abort'
import { guestError, guestRequest, guestResponse } from './abi'
import { Literal } from './literal'
import { Reader } from './reader'
import { Region } from './region'
import { equalsAscii } from './utf8'
import { Writer } from './writer'

/**
 * Answers one operation: reads the request where it lies, and writes the response where the host
 * fetches it. Both are good until the handler returns.
 */
export type Handler = (request: Reader, response: Writer) => void

@unmanaged
class Route {
  constructor(
    readonly operation: Literal,
    readonly handler: Handler,
    readonly next: Route | null,
  ) {}
}

const input = new Region(memory.data(1024), 1024)
const request = new Reader()
const response = new Writer(new Region(memory.data(1024), 1024))

let routes: Route | null = null
let failure: string | null = null

/**
 * Has `handler` answer `operation`. An operation registered twice is answered by the last handler.
 *
 * Call it at the top level of the actor's entry file: it then runs once an instance.
 *
 * @param operation as it is on the wire, such as `HandleRequest`
 */
export function register(operation: string, handler: Handler): void {
  routes = new Route(new Literal(operation), handler, routes)
}

/**
 * Has the current call end with this error, whatever its handler returns. The first one counts.
 *
 * Unlike `throw`, which traps and costs the host this instance, the actor goes on serving.
 */
export function fail(problem: string): void {
  if (!changetype<usize>(failure)) failure = problem
}

/**
 * What the host calls. An actor's entry file must export it:
 * `export { __guest_call } from 'wash-ts/actors/sdk/assembly'`.
 *
 * Answers `HealthRequest` with nil by itself, unless the actor registered a handler for it.
 *
 * @returns 1 when there is a response, 0 when there is an error
 */
export function __guest_call(operationLength: i32, payloadLength: i32): i32 {
  if (ASC_RUNTIME != 1) ERROR('actors are compiled with --runtime minimal')
  const operation = input.reserve(operationLength + payloadLength)
  const payload = operation + operationLength
  guestRequest(operation, payload)
  request.reset(payload, payloadLength)
  failure = null
  const succeeded = dispatch(operation, operationLength)
  if (succeeded) guestResponse(response.start, response.length)
  else guestError(response.start, response.length)
  failure = null
  response.release()
  input.release()
  // Nothing on the stack refers to an object now, which is when this collector may run.
  __collect()
  return i32(succeeded)
}

/** Leaves in `response` what the host gets: the result when it returns true, else the error. */
function dispatch(operation: usize, length: i32): bool {
  let route = routes
  while (route !== null && !route.operation.equals(operation, length)) route = route.next
  if (route === null) {
    if (equalsAscii(operation, length, 'HealthRequest')) {
      response.nil()
      return true
    }
    response.text('Could not find function "')
    response.raw(operation, min(length, 100))
    response.byte(0x22)
    return false
  }
  route.handler(request, response)
  if (request.failed) {
    response.truncate(0)
    response.text('malformed ')
    response.raw(operation, length)
    response.text(': ')
    response.text(changetype<string>(request.problem))
    response.text(' at byte ')
    response.decimal(request.problemOffset)
    return false
  }
  if (changetype<usize>(failure)) {
    response.truncate(0)
    response.text(changetype<string>(failure))
    return false
  }
  return true
}
