/** Loops for ever when asked for `/loop` or called with `Loop`, to see that a host stops it. */
import { handleRequest, HttpRequest, HttpResponse, Reader, register, Writer } from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

const TURNS = memory.data(8)

handleRequest((request: HttpRequest): HttpResponse => {
  if (request.pathIs('/loop')) loop()
  return HttpResponse.text('ask for /loop and it never ends\n')
})

register('Loop', (request: Reader, response: Writer): void => loop())

function loop(): void {
  let turns: u64 = 0
  // The compiler may not drop a loop that writes.
  while (true) store<u64>(TURNS, ++turns)
}
