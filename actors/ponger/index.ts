/** Answers `Ping`, from another actor, with the number after the one it got. */
import { Reader, register, Writer } from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

register('Ping', (request: Reader, response: Writer): void => {
  request.field('value')
  const value = request.int(i64.MIN_VALUE, i64.MAX_VALUE - 1)
  response.map(1)
  response.string('value')
  response.int(value + 1)
})
