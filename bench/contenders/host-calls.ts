/** Host calls of one guest, with the rest of the host left out. */
import wabt from 'wabt'
import { loadGuest, Scheduler } from '../../host/index.ts'
import { answerQuestions } from '../contender.ts'

/** Calls a second. */
export interface HostCallResult {
  readonly atOnce: number
  readonly later: number
}

const ask = `(module
  (import "wapc" "__guest_response" (func $guest_response (param i32 i32)))
  (import "wapc" "__host_call"
    (func $host_call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "__guest_call") (param i32 i32) (result i32)
    (drop (call $host_call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (call $guest_response (i32.const 0) (i32.const 0))
    (i32.const 1)))`

const nothing = new Uint8Array(0)
const batch = 100

async function measure(forMs: number): Promise<HostCallResult> {
  const { parseWat } = await wabt()
  const wasm = Uint8Array.from(parseWat('ask.wat', ask).toBinary({}).buffer)
  const scheduler = new Scheduler()
  await using atOnce = await loadGuest(wasm, { scheduler, hostCall: () => nothing })
  await using later = await loadGuest(wasm, { scheduler, hostCall: async () => nothing })
  await callsPerSecond(forMs / 2, () => atOnce.call('Ask', nothing))
  await callsPerSecond(forMs / 2, () => later.call('Ask', nothing))
  return {
    atOnce: await callsPerSecond(forMs, () => atOnce.call('Ask', nothing)),
    later: await callsPerSecond(forMs, () => later.call('Ask', nothing)),
  }
}

async function callsPerSecond(forMs: number, call: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  let calls = 0
  let ms = 0
  while (ms < forMs) {
    for (let count = 0; count < batch; count++) await call()
    calls += batch
    ms = performance.now() - start
  }
  return (calls / ms) * 1000
}

answerQuestions({ measure })
