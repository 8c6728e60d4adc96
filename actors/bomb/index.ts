/**
 * Grows its memory without end, to see that a host bounds it. `/grow` (and the operation `Grow`)
 * asks for page after page, and says how far it came; `/allocate` (`Allocate`) makes object after
 * object until there is no memory left, and traps.
 */
import {
  fail,
  handleRequest,
  HttpRequest,
  HttpResponse,
  Reader,
  register,
  Writer,
} from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

handleRequest((request: HttpRequest): HttpResponse => {
  if (request.pathIs('/grow')) grow()
  if (request.pathIs('/allocate')) allocate()
  return HttpResponse.text('ask for /grow or /allocate\n')
})

register('Grow', (request: Reader, response: Writer): void => grow())
register('Allocate', (request: Reader, response: Writer): void => allocate())

function grow(): void {
  // Each page is written to, as a page that is only promised costs nothing.
  while (memory.grow(1) >= 0) store<u8>(((<usize>memory.size()) << 16) - 1, 1)
  fail('no more memory after ' + memory.size().toString() + ' pages')
}

function allocate(): void {
  const kept: Uint8Array[] = []
  while (true) kept.push(new Uint8Array(0x10000).fill(1))
}
