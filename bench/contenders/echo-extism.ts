/**
 * Echo through an Extism plugin in the background, which is how Extism has a host that goes on while
 * its guest computes: in a worker. The plugin does what the echo actor does, through Extism's imports.
 */
import wabt from 'wabt'
import { answerQuestions } from '../contender.ts'
import { echoFor } from '../echo-loop.ts'
import { loadPeer } from '../peers.ts'

interface Plugin {
  call(name: string, input: Uint8Array): Promise<{ bytes(): Uint8Array } | null>
}

const echo = `(module
  (import "extism:host/env" "input_length" (func $length (result i64)))
  (import "extism:host/env" "input_load_u8" (func $load (param i64) (result i32)))
  (import "extism:host/env" "input_load_u64" (func $load8 (param i64) (result i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
  (import "extism:host/env" "store_u64" (func $store8 (param i64 i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (memory (export "memory") 1)
  (func (export "Echo") (result i32) (local $at i64) (local $to i64) (local $n i64)
    (local.set $n (call $length))
    (local.set $to (call $alloc (local.get $n)))
    (block $done8 (loop $next8
      (br_if $done8 (i64.gt_u (i64.add (local.get $at) (i64.const 8)) (local.get $n)))
      (call $store8 (i64.add (local.get $to) (local.get $at)) (call $load8 (local.get $at)))
      (local.set $at (i64.add (local.get $at) (i64.const 8)))
      (br $next8)))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $at) (local.get $n)))
      (call $store (i64.add (local.get $to) (local.get $at)) (call $load (local.get $at)))
      (local.set $at (i64.add (local.get $at) (i64.const 1)))
      (br $next)))
    (call $output (local.get $to) (local.get $n))
    (i32.const 0)))`

const extism = loadPeer('@extism/extism') as {
  createPlugin(
    manifest: { wasm: { data: Uint8Array }[] },
    options: { runInWorker: boolean; useWasi: boolean },
  ): Promise<Plugin>
}
let plugin: Plugin

answerQuestions({
  async open(): Promise<void> {
    const { parseWat } = await wabt()
    const data = new Uint8Array(parseWat('echo.wat', echo).toBinary({}).buffer)
    plugin = await extism.createPlugin({ wasm: [{ data }] }, { runInWorker: true, useWasi: false })
  },
  run: (ms: number) =>
    echoFor(ms, async (payload) => {
      const output = await plugin.call('Echo', payload)
      if (output === null) throw new Error('the plugin answered nothing')
      return output.bytes()
    }),
})
