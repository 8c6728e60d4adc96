import { begin, send, settle } from './host-call'
import { Reader } from './reader'
import { Result } from './result'

/** A new random UUID, from `wascc:extras`. */
export function randomGuid(): Result<string> {
  const reply = ask('RequestGuid', true, false, false, 0, 0)
  reply.field('guid')
  return settle<string>(reply.string())
}

/** A random number of at least `least` and less than `limit`, from `wascc:extras`. */
export function randomNumber(least: u32, limit: u32): Result<u32> {
  const reply = ask('RequestRandom', false, false, true, least, limit)
  reply.field('randomNumber')
  return settle<u32>(reply.u32())
}

/** How often this actor asked before, from `wascc:extras`. */
export function sequenceNumber(): Result<u64> {
  const reply = ask('RequestSequence', false, true, false, 0, 0)
  reply.field('sequenceNumber')
  return settle<u64>(reply.uint())
}

function ask(
  operation: string,
  guid: bool,
  sequence: bool,
  random: bool,
  least: u32,
  limit: u32,
): Reader {
  const request = begin('default', 'wascc:extras', operation)
  request.map(5)
  request.string('guid')
  request.bool(guid)
  request.string('sequence')
  request.bool(sequence)
  request.string('random')
  request.bool(random)
  request.string('min')
  request.uint(least)
  request.string('max')
  request.uint(limit)
  return send()
}
