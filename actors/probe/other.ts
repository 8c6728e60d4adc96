import {
  fail,
  Logger,
  Messaging,
  randomGuid,
  randomNumber,
  Result,
  sequenceNumber,
  Writer,
} from '../sdk/assembly'

const logger = new Logger()
const messaging = new Messaging('wire')

/** Calls the method of another client; false when none has that name. */
export function callOther(method: string, response: Writer): bool {
  if (method == 'logging.error') answerBool(logger.error('t'), response)
  else if (method == 'logging.warn') answerBool(logger.warn('t'), response)
  else if (method == 'logging.info') answerBool(logger.info('t'), response)
  else if (method == 'logging.debug') answerBool(logger.debug('t'), response)
  else if (method == 'logging.trace') answerBool(logger.trace('t'), response)
  else if (method == 'messaging.publish') {
    answerBool(messaging.publish('s', bytes(), 'r'), response)
  } else if (method == 'messaging.request') {
    const reply = messaging.request('s', bytes(), 2000)
    const problem = reply.error
    if (problem !== null) fail(problem)
    else response.bytes(reply.value)
  } else if (method == 'extras.guid') {
    const guid = randomGuid()
    const problem = guid.error
    if (problem !== null) fail(problem)
    response.string(guid.or(''))
  } else if (method == 'extras.random') {
    const number = randomNumber(1, 7)
    const problem = number.error
    if (problem !== null) fail(problem)
    response.uint(number.or(0))
  } else if (method == 'extras.sequence') {
    const number = sequenceNumber()
    const problem = number.error
    if (problem !== null) fail(problem)
    response.uint(number.or(0))
  } else return false
  return true
}

function bytes(): Uint8Array {
  const two = new Uint8Array(2)
  two[0] = 0xff
  return two
}

function answerBool(result: Result<bool>, response: Writer): void {
  const problem = result.error
  if (problem !== null) fail(problem)
  response.bool(result.or(false))
}
