import test from 'ava'
import { signFixture } from '../support/actors.ts'
import { TestHost } from '../support/test-host.ts'
import { assemble } from './engine/prepare/support/assemble.ts'

test('startActor - what an instance calls while it starts is refused, at load and later', async (t) => {
  // `_start` keeps the error of its host call; each call answers with it and then traps the next time.
  const wasm = await assemble(`(module
    (import "wapc" "__host_call" (func $host_call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wapc" "__host_error_len" (func $error_len (result i32)))
    (import "wapc" "__host_error" (func $error (param i32)))
    (import "wapc" "__guest_response" (func $respond (param i32 i32)))
    (import "wapc" "__guest_request" (func $request (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "wascc:keyvalueAdd")
    (global $length (mut i32) (i32.const 0))
    (func (export "_start")
      (drop (call $host_call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 14)
        (i32.const 14) (i32.const 3) (i32.const 0) (i32.const 0)))
      (global.set $length (call $error_len))
      (call $error (i32.const 1024)))
    (func (export "__guest_call") (param i32 i32) (result i32)
      (call $request (i32.const 8192) (i32.const 9216))
      (if (local.get 1) (then (unreachable)))
      (call $respond (i32.const 1024) (global.get $length))
      (i32.const 1)))`)
  const claims = { name: 'eager', contracts: ['wascc:keyvalue'] }
  await using host = new TestHost()
  const { id } = await host.startActor(await signFixture(wasm, claims))
  const said = async (): Promise<string> =>
    Buffer.from(await host.call(id, 'Ask', new Uint8Array(0))).toString()

  t.is(await said(), 'eager called wascc:keyvalue while it was starting')
  await t.throwsAsync(() => host.call(id, 'Ask', new Uint8Array(1)), { code: 'ERR_GUEST_TRAP' })
  t.is(await said(), 'eager called wascc:keyvalue while it was starting')
})
