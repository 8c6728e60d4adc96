import { begin, send, settle } from './host-call'
import { Result } from './result'

/**
 * Calls another actor and gives its response as it is. To write and read MessagePack without a copy
 * between, use `begin` with the actor as namespace, `send` and `settle`.
 *
 * @param actor its public key (`M…`) or its call alias
 */
export function callActor(
  actor: string,
  operation: string,
  payload: Uint8Array,
): Result<Uint8Array> {
  begin('default', actor, operation).raw(payload.dataStart, payload.length)
  return settle<Uint8Array>(send().rest())
}
