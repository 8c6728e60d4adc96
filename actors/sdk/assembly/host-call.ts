import { hostCall, hostError, hostErrorLength, hostResponse, hostResponseLength } from './abi'
import { Reader } from './reader'
import { Region } from './region'
import { Result } from './result'
import { decodeUtf8 } from './utf8'
import { Writer } from './writer'

const outgoing = new Writer(new Region(memory.data(512), 512))
const incoming = new Region(memory.data(512), 512)
const reply = new Reader()

let linkLength: i32 = 0
let namespaceLength: i32 = 0
let operationLength: i32 = 0
let calling: string = ''
let refused: bool = false

/**
 * Starts a call out of the actor. The payload goes into the writer this returns; then {@link send}.
 *
 * @param namespace a contract id, or the public key or call alias of an actor
 */
export function begin(link: string, namespace: string, operation: string): Writer {
  outgoing.truncate(0)
  outgoing.text(link)
  linkLength = outgoing.length
  outgoing.text(namespace)
  namespaceLength = outgoing.length - linkLength
  outgoing.text(operation)
  operationLength = outgoing.length - linkLength - namespaceLength
  calling = operation
  return outgoing
}

/**
 * Makes the call that {@link begin} started, and gives its reply, good until the next call.
 *
 * Where the host refused, the reader has the host's text as its problem and gives only empty values:
 * read what you expect, then ask {@link settle}.
 */
export function send(): Reader {
  const link = outgoing.start
  const namespace = link + linkLength
  const operation = namespace + namespaceLength
  const payload = operation + operationLength
  const payloadLength = outgoing.length - <i32>(payload - link)
  const code = hostCall(
    link,
    linkLength,
    namespace,
    namespaceLength,
    operation,
    operationLength,
    payload,
    payloadLength,
  )
  outgoing.release()
  refused = code != 1
  if (refused) {
    const length = <i32>hostErrorLength()
    const start = incoming.reserve(length)
    if (length > 0) hostError(start)
    reply.reset(start, 0)
    reply.fail(length > 0 ? decodeUtf8(start, length) : 'host call failed')
  } else {
    const length = <i32>hostResponseLength()
    const start = incoming.reserve(length)
    if (length > 0) hostResponse(start)
    reply.reset(start, length)
  }
  return reply
}

/** Makes a result of what was read from the reply of {@link send}. */
export function settle<T>(value: T): Result<T> {
  const problem = reply.problem
  incoming.release()
  if (problem === null) return new Result<T>(value, null)
  if (refused) return new Result<T>(value, problem)
  outgoing.text('malformed reply to ')
  outgoing.text(calling)
  outgoing.text(': ')
  outgoing.text(problem)
  outgoing.text(' at byte ')
  outgoing.decimal(reply.problemOffset)
  const error = decodeUtf8(outgoing.start, outgoing.length)
  outgoing.release()
  return new Result<T>(value, error)
}
