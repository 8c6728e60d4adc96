import { assemble } from '../../host/engine/prepare/support/assemble.ts'
import { at, guestText } from '../../host/engine/support/guests.ts'

/** A guest that passes every call on to one actor, by its call alias, and the answer back. */
export function relayTo(alias: string): Promise<Uint8Array<ArrayBuffer>> {
  const nameAt = 65_000
  const code = `
    (call $receive)
    (if (result i32)
      (call $host_call
        (i32.const ${nameAt}) (i32.const 0)
        (i32.const ${nameAt}) (i32.const ${alias.length})
        (i32.const ${at.operation}) (local.get $opLength)
        (i32.const ${at.payload}) (local.get $length))
      (then
        (call $host_response (i32.const ${at.hostResponse}))
        (call $respond (i32.const ${at.hostResponse}) (call $host_response_len))
        (i32.const 1))
      (else
        (call $host_error (i32.const ${at.hostResponse}))
        (call $guest_error (i32.const ${at.hostResponse}) (call $host_error_len))
        (i32.const 0)))`
  const fields = `(data (i32.const ${nameAt}) "${alias}")`
  return assemble(guestText(code, { fields }))
}
