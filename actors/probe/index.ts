/**
 * Uses every part of the SDK once, for tests. `Call` takes the name of a client's method, calls it
 * with fixed arguments and answers with what came back; the other operations pass values through
 * the SDK's MessagePack, or fail in a certain way.
 */
import {
  callActor,
  fail,
  handleMessage,
  log,
  Message,
  Messaging,
  Reader,
  register,
  Result,
  Writer,
} from '../sdk/assembly'
import { callBlobstore } from './blobstore'
import { callEventStreams } from './event-streams'
import { callHttpClient } from './http-client'
import { callKeyValue } from './keyvalue'
import { callOther } from './other'
import { callSql } from './sql'

export { __guest_call } from '../sdk/assembly'

const messaging = new Messaging()

register('Call', (request: Reader, response: Writer): void => {
  const method = request.string()
  if (request.failed) return
  if (callKeyValue(method, response) || callOther(method, response)) return
  if (callHttpClient(method, response) || callEventStreams(method, response)) return
  if (callBlobstore(method, response)) return
  if (callSql(method, response)) return
  fail('no method ' + method)
})

register('Skip', (request: Reader, response: Writer): void => {
  request.skip()
  response.uint(request.remaining)
})

register('Int', (request: Reader, response: Writer): void => response.int(request.int()))
register('Uint', (request: Reader, response: Writer): void => response.uint(request.uint()))
register('Float', (request: Reader, response: Writer): void => response.float(request.float()))
register('Bool', (request: Reader, response: Writer): void => response.bool(request.bool()))
register('String', (request: Reader, response: Writer): void => response.string(request.string()))
register('Bytes', (request: Reader, response: Writer): void => response.bytes(request.bytes()))
register('Text', (request: Reader, response: Writer): void => {
  request.text()
  response.utf8(request.contentStart, request.contentLength)
})
register('BinaryText', (request: Reader, response: Writer): void => {
  response.binaryText(request.string())
})
register('Strings', (request: Reader, response: Writer): void => {
  const values = request.strings()
  response.array(values.length)
  for (let i = 0; i < values.length; i++) response.string(values[i])
})

/** Calls the actor that the payload names, with an empty payload, and answers with its answer. */
register('CallActor', (request: Reader, response: Writer): void => {
  const called: Result<Uint8Array> = callActor(request.string(), 'Ping', new Uint8Array(0))
  const problem = called.error
  if (problem !== null) fail(problem)
  else response.bytes(called.value)
})

/** Publishes each message that is delivered to its reply subject. */
handleMessage((message: Message): void => {
  const published = messaging.publish(message.replyTo, message.body, message.subject)
  const problem = published.error
  if (problem !== null) fail(problem)
})

register('Log', (request: Reader, response: Writer): void => log(request.string()))
register('Nothing', (request: Reader, response: Writer): void => {})
register('Fail', (request: Reader, response: Writer): void => fail(request.string()))
register('Throw', (request: Reader, response: Writer): void => {
  throw new Error(request.string())
})
register('Unwrap', (request: Reader, response: Writer): void => {
  response.string(new Result<string>('', request.string()).value)
})

/** Makes as many objects as the payload says, and forgets them. */
register('Litter', (request: Reader, response: Writer): void => {
  const count = request.u32()
  for (let i: u32 = 0; i < count; i++) new Array<string>(4)
})
