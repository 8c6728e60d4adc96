/** Small guests for tests, in WebAssembly text, and how to load them. */
import {
  type EngineError,
  type Guest,
  loadGuest,
  type LoadGuestOptions,
  Scheduler,
} from '../../../../host/engine/index.ts'
import { assemble } from '../prepare/support/assemble.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const bytes = (text: string): Uint8Array => encoder.encode(text)
export const text = (data: Uint8Array): string => decoder.decode(data)

/** Where {@link guestText} puts what comes in: `(call $receive)` gives the length of the payload. */
export const at = { operation: 0, payload: 1024, hostResponse: 32_768 }

/** How a guest imports `__host_call` from which module. */
export interface GuestShape {
  readonly module?: 'wapc' | 'wasmbus'
  readonly hostCallParams?: 4 | 6 | 8
  /** Pages at first and at most. */
  readonly memory?: string
  /** More fields of the module: functions, globals, data. */
  readonly fields?: string
}

/**
 * A waPC guest whose `__guest_call` is `code`: it has `$opLength` and `$length`, and leaves 1 or 0.
 *
 * `$receive` takes the request in, `$respond pointer length` answers, `$echo` does both,
 * `$ask length` makes a host call with the payload, everything else named by its operation, and
 * `$relay` answers with what the host said, or fails with the host's error text.
 */
export function guestText(code: string, shape: GuestShape = {}): string {
  const { module = 'wapc', hostCallParams = 8, memory = '1', fields = '' } = shape
  const i32 = (count: number): string => (count > 0 ? `(param${' i32'.repeat(count)})` : '')
  const take = (name: string, params: number, result = ''): string =>
    `(import "${module}" "__${name}" (func $${name} ${i32(params)} ${result}))`
  const name = '(i32.const 0) (local.get $opLength)'
  return `(module
    ${take('guest_request', 2)}
    ${take('guest_response', 2)}
    ${take('guest_error', 2)}
    ${take('host_call', hostCallParams, '(result i32)')}
    ${take('host_response_len', 0, '(result i32)')}
    ${take('host_response', 1)}
    ${take('host_error_len', 0, '(result i32)')}
    ${take('host_error', 1)}
    ${take('console_log', 2)}
    (memory (export "memory") ${memory})
    (func $receive (call $guest_request (i32.const ${at.operation}) (i32.const ${at.payload})))
    (func $respond (param i32 i32) (call $guest_response (local.get 0) (local.get 1)))
    (func $echo (param $length i32)
      (call $receive)
      (call $respond (i32.const ${at.payload}) (local.get $length)))
    (func $ask (param $opLength i32) (param $length i32) (result i32)
      (call $host_call ${`${name} `.repeat(hostCallParams / 2 - 1)}
        (i32.const ${at.payload}) (local.get $length)))
    (func $relay (param $opLength i32) (param $length i32) (result i32)
      (call $receive)
      (if (result i32) (call $ask (local.get $opLength) (local.get $length))
        (then
          (call $host_response (i32.const ${at.hostResponse}))
          (call $respond (i32.const ${at.hostResponse}) (call $host_response_len))
          (i32.const 1))
        (else
          (call $host_error (i32.const ${at.hostResponse}))
          (call $guest_error (i32.const ${at.hostResponse}) (call $host_error_len))
          (i32.const 0))))
    ${fields}
    (func (export "__guest_call") (param $opLength i32) (param $length i32) (result i32)
      ${code}))`
}

/** Answers with its payload. */
export const echo: string = guestText('(call $echo (local.get $length)) (i32.const 1)')

/** Passes its payload to its host and the answer back. */
export const relay: string = guestText('(call $relay (local.get $opLength) (local.get $length))')

/** Never stops computing. */
export const hog: string = guestText('(loop $ever (br $ever)) (i32.const 1)')

/** Code that answers with how often this instance was called, in a byte. */
export const countUp = `
  (call $receive)
  (i32.store8 (i32.const 60000) (i32.add (i32.load8_u (i32.const 60000)) (i32.const 1)))
  (call $respond (i32.const 60000) (i32.const 1))`

/** Loads a guest from text; a host call fails unless `options` says otherwise. */
export async function load(wat: string, options: Partial<LoadGuestOptions> = {}): Promise<Guest> {
  return loadGuest(await assemble(wat), {
    scheduler: new Scheduler(),
    hostCall: () => {
      throw new Error('no host calls here')
    },
    ...options,
  })
}

/** What a call failed with. */
export async function failureOf(call: Promise<unknown>): Promise<EngineError> {
  return call.then(
    () => {
      throw new Error('expected a failure')
    },
    (error: unknown) => error as EngineError,
  )
}
