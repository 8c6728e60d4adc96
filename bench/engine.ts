/** What the engine costs: calls, guests that wait, guests that do nothing, guests that never stop. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import wabt from 'wabt'
import { type Guest, loadGuest, Scheduler } from '../host/engine/index.ts'

/** Calls a second, ours over theirs: at least 0.9 is the goal. */
export interface EchoRow {
  readonly payloadBytes: number
  readonly ours: number
  /** `@wapc/host`: no meter, no pool, nothing to await inside. */
  readonly theirs: number
  readonly ratio: number
}

/** Memory of one of many, in bytes. */
export interface MemoryRow {
  readonly count: number
  readonly bytesEach: number
}

/** How late the event loop is, in milliseconds. */
export interface DelayRow {
  readonly hogs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** The same of JavaScript that computes for 1 ms a turn: what the machine itself is late by. */
  readonly plainP99Ms: number
  /** Most slices of one guest over fewest: 1 is fair. */
  readonly unfairness: number
}

const imports = `
  (import "wapc" "__guest_request" (func $guest_request (param i32 i32)))
  (import "wapc" "__guest_response" (func $guest_response (param i32 i32)))
  (import "wapc" "__host_call"
    (func $host_call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 17)`

const guestOf = (code: string, fields = ''): string =>
  `(module ${imports} ${fields}
     (func (export "__guest_call") (param $opLength i32) (param $length i32) (result i32) ${code}))`

const echo = `
  (call $guest_request (i32.const 16) (i32.const 1024))
  (call $guest_response (i32.const 1024) (local.get $length))
  (i32.const 1)`

const ask = `
  (drop (call $host_call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
  (call $guest_response (i32.const 0) (i32.const 0))
  (i32.const 1)`

const nothing = new Uint8Array(0)

async function assemble(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const parsed = (await wabt()).parseWat('bench.wat', text)
  try {
    return Uint8Array.from(parsed.toBinary({}).buffer)
  } finally {
    parsed.destroy()
  }
}

/**
 * Echo calls one after the other, with payloads of 60 bytes and 4 KiB, here and in `@wapc/host`: in
 * turn, best of `rounds`. About `rounds` seconds.
 *
 * @returns undefined, after a line on stderr, without `@wapc/host` in `bench/node_modules`
 */
export async function measureEcho(rounds = 5, calls = 200_000): Promise<EchoRow[] | undefined> {
  const peer = await importPeer()
  if (peer === undefined) return undefined
  const wasm = await assemble(guestOf(echo))
  const theirs = await peer.instantiate(wasm)
  await using ours = await loadGuest(wasm, { scheduler: new Scheduler(), hostCall: () => nothing })
  const rows: EchoRow[] = []
  for (const payloadBytes of [60, 4096]) {
    const payload = new Uint8Array(payloadBytes)
    const best = { ours: 0, theirs: 0 }
    for (let round = 0; round <= rounds; round += 1) {
      const mine = await callsPerSecond(calls, () => ours.call('Echo', payload))
      const other = await callsPerSecond(calls, () => theirs.invoke('Echo', payload))
      // The first round warms up.
      if (round === 0) continue
      best.ours = Math.max(best.ours, mine)
      best.theirs = Math.max(best.theirs, other)
    }
    rows.push({ payloadBytes, ...best, ratio: best.ours / best.theirs })
  }
  return rows
}

/** Host calls a second of one guest, answered at once or through a promise. */
export async function measureHostCalls(
  calls = 100_000,
): Promise<{ readonly atOnce: number; readonly later: number }> {
  const wasm = await assemble(guestOf(ask))
  const scheduler = new Scheduler()
  await using atOnce = await loadGuest(wasm, { scheduler, hostCall: () => nothing })
  await using later = await loadGuest(wasm, { scheduler, hostCall: async () => nothing })
  const best = { atOnce: 0, later: 0 }
  for (let round = 0; round < 3; round += 1) {
    const first = await callsPerSecond(calls, () => atOnce.call('Ask', nothing))
    const second = await callsPerSecond(calls, () => later.call('Ask', nothing))
    best.atOnce = Math.max(best.atOnce, first)
    best.later = Math.max(best.later, second)
  }
  return best
}

/**
 * Resident memory of calls that wait in a host call, each on an instance of its own. Run it in a
 * process that did nothing before, started with `--expose-gc`.
 */
export async function measureSuspended(count = 10_000): Promise<MemoryRow> {
  const wasm = await assemble(guestOf(ask))
  const waiting: ((answer: Uint8Array) => void)[] = []
  await using guest = await loadGuest(wasm, {
    scheduler: new Scheduler(),
    limits: { instances: count, queueLength: count, timeoutMs: 600_000 },
    hostCall: () => new Promise((resolve) => waiting.push(resolve)),
  })
  const before = settledMemory()
  const calls = Array.from({ length: count }, () => guest.call('Ask', nothing))
  while (waiting.length < count) await nextTurn()
  const bytesEach = (settledMemory() - before) / count
  for (const answer of waiting) answer(nothing)
  await Promise.all(calls)
  return { count, bytesEach }
}

/**
 * Resident memory of different guests that were loaded, called once, and then nobody called. `wasm`
 * gives the n-th guest's module. Run it as {@link measureSuspended}.
 */
export async function measureIdle(
  wasm: (index: number) => Promise<Uint8Array>,
  count = 1_000,
): Promise<MemoryRow> {
  const scheduler = new Scheduler()
  const load = async (index: number): Promise<Guest> =>
    loadGuest(await wasm(index), { scheduler, limits: { idleMs: 50 }, hostCall: () => nothing })
  await using opened = new AsyncDisposableStack()
  opened.use(await load(count))
  const before = settledMemory()
  const guests: Guest[] = []
  for (let index = 0; index < count; index += 1) guests.push(opened.use(await load(index)))
  while (guests.some((guest) => guest.metrics().instances.idle > 0)) await nextTurn()
  return { count, bytesEach: (settledMemory() - before) / count }
}

/** A small guest, different for each index. */
export function smallGuest(index: number): Promise<Uint8Array> {
  return assemble(guestOf(echo, `(data (i32.const 8192) "guest ${index}")`))
}

/** How late the event loop is while `hogs` guests loop for ever, over `ms` milliseconds. */
export async function measureLoopDelay(hogs = 8, ms = 3_000): Promise<DelayRow> {
  const wasm = await assemble(guestOf('(loop $ever (br $ever)) (i32.const 1)'))
  const scheduler = new Scheduler()
  const limits = { cpuMs: 600_000, timeoutMs: 600_000 }
  const guests = await Promise.all(
    Array.from({ length: hogs }, () =>
      loadGuest(wasm, { scheduler, limits, hostCall: () => nothing }),
    ),
  )
  const calls = Promise.allSettled(guests.map((guest) => guest.call('Loop', nothing)))
  await sleep(200)
  const before = guests.map((guest) => guest.metrics().slices)
  const delay = await loopDelay(ms)
  const slices = guests.map((guest, index) => guest.metrics().slices - (before[index] as number))
  await Promise.all(guests.map((guest) => guest.drain(AbortSignal.abort())))
  await calls
  return {
    hogs,
    ...delay,
    plainP99Ms: (await plainDelay(ms)).p99Ms,
    unfairness: Math.max(...slices) / Math.min(...slices),
  }
}

type Delay = Pick<DelayRow, 'p50Ms' | 'p99Ms' | 'maxMs'>

async function loopDelay(ms: number): Promise<Delay> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await sleep(ms)
  delay.disable()
  // The histogram counts from one sample to the next: what it was asked to wait is not delay.
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - 1)
  return {
    p50Ms: late(delay.percentile(50)),
    p99Ms: late(delay.percentile(99)),
    maxMs: late(delay.max),
  }
}

async function plainDelay(ms: number): Promise<Delay> {
  const state = { ended: false }
  const compute = (): void => {
    const end = performance.now() + 1
    while (performance.now() < end);
    if (!state.ended) setImmediate(compute)
  }
  compute()
  const delay = await loopDelay(ms)
  state.ended = true
  return delay
}

interface Peer {
  instantiate(
    wasm: Uint8Array,
  ): Promise<{ invoke(operation: string, payload: Uint8Array): Promise<Uint8Array> }>
}

async function importPeer(): Promise<Peer | undefined> {
  const name = '@wapc/host'
  try {
    return (await import(name)) as Peer
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    process.stderr.write(`bench: no ${name}, echo not compared; run "npm install" in bench/\n`)
    return undefined
  }
}

async function callsPerSecond(calls: number, call: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  for (let count = 0; count < calls; count += 1) await call()
  return (calls / (performance.now() - start)) * 1_000
}

function settledMemory(): number {
  for (let round = 0; round < 4; round += 1) globalThis.gc?.()
  return process.memoryUsage.rss()
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
