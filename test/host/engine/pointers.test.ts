import test from 'ava'
import { type EngineError, loadGuest, Scheduler } from '../../../host/engine/index.ts'
import { assemble } from './prepare/support/assemble.ts'
import { bytes, failureOf, guestText, load } from './support/guests.ts'

const memoryBytes = 65_536

for (const [what, code, detail] of [
  [
    'one byte beyond the end',
    '(call $guest_error (i32.const 65535) (i32.const 2))',
    { function: '__guest_error', pointer: 65_535, length: 2, memoryBytes },
  ],
  [
    'a length of -1',
    '(call $guest_error (i32.const 0) (i32.const -1))',
    { function: '__guest_error', pointer: 0, length: 4_294_967_295, memoryBytes },
  ],
  [
    'a sum that wraps around',
    '(call $guest_response (i32.const -8) (i32.const 16))',
    { function: '__guest_response', pointer: 4_294_967_288, length: 16, memoryBytes },
  ],
  [
    'a place for the request',
    '(call $guest_request (i32.const 65534) (i32.const 0))',
    { function: '__guest_request', pointer: 65_534, length: 3, memoryBytes },
  ],
  [
    'a place for the host’s response',
    '(drop (call $ask (i32.const 0) (i32.const 0))) (call $host_response (i32.const 65536))',
    { function: '__host_response', pointer: 65_536, length: 4, memoryBytes },
  ],
  [
    'a line',
    '(call $console_log (i32.const 70000) (i32.const 0))',
    { function: '__console_log', pointer: 70_000, length: 0, memoryBytes },
  ],
  [
    'a payload',
    '(drop (call $ask (i32.const 0) (i32.const 65000)))',
    { function: '__host_call', pointer: 1024, length: 65_000, memoryBytes },
  ],
] as const) {
  test(`call - rejects with ERR_GUEST_POINTER: ${what}`, async (t) => {
    await using guest = await load(guestText(`${code} (i32.const 1)`), {
      hostCall: () => bytes('four'),
    })
    const error = await failureOf(guest.call('Opp', bytes('')))
    t.is(error.code, 'ERR_GUEST_POINTER')
    t.deepEqual(error.detail, detail)
    t.is(guest.metrics().restarts, 1)
  })
}

test('call - allows nothing at the very end of memory', async (t) => {
  await using guest = await load(
    guestText('(call $respond (i32.const 65536) (i32.const 0)) (i32.const 1)'),
  )
  t.deepEqual(await guest.call('Op', bytes('')), new Uint8Array(0))
})

/** Calls the import that the first byte of the payload picks with the eight numbers that follow. */
const caller = guestText(
  `(call $receive)
   (block $done
     (block $7 (block $6 (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
       (br_table $0 $1 $2 $3 $4 $5 $6 $7 (i32.load8_u (i32.const 1024))))
       (call $guest_request (call $n (i32.const 0)) (call $n (i32.const 1))) (br $done))
       (call $guest_response (call $n (i32.const 0)) (call $n (i32.const 1))) (br $done))
       (call $guest_error (call $n (i32.const 0)) (call $n (i32.const 1))) (br $done))
       (drop (call $host_call (call $n (i32.const 0)) (call $n (i32.const 1)) (call $n (i32.const 2))
         (call $n (i32.const 3)) (call $n (i32.const 4)) (call $n (i32.const 5)) (call $n (i32.const 6))
         (call $n (i32.const 7)))) (br $done))
       (call $host_response (call $n (i32.const 0))) (br $done))
       (call $host_error (call $n (i32.const 0))) (br $done))
       (call $console_log (call $n (i32.const 0)) (call $n (i32.const 1))) (br $done))
     (drop (call $host_call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
       (i32.const 0) (call $n (i32.const 0)) (call $n (i32.const 1))))
     (call $host_response (call $n (i32.const 2)))
     (call $host_error (call $n (i32.const 2))))
   (call $respond (i32.const 0) (i32.const 0))
   (i32.const 1)`,
  {
    fields:
      '(func $n (param i32) (result i32) (i32.load offset=1028 (i32.shl (local.get 0) (i32.const 2))))',
  },
)

/** Mulberry32: the same numbers at every run. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

const allowed: ReadonlySet<string | undefined> = new Set([
  undefined,
  'ERR_GUEST_POINTER',
  'ERR_GUEST_NAME',
  'ERR_PAYLOAD_TOO_LARGE',
])

test('call - survives garbage in every pointer and length', async (t) => {
  t.timeout(120_000)
  const next = numbers(20_261_121)
  const edges = [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]
  const pick = (): number => {
    const kind = next() % 4
    if (kind === 0) return edges[next() % edges.length] as number
    if (kind === 1) return next()
    return next() % (kind === 2 ? 70_000 : 300)
  }
  const answers = [bytes(''), bytes('an answer'), new Uint8Array(70_000)]
  let hostCalls = 0
  await using guest = await loadGuest(await assemble(caller), {
    scheduler: new Scheduler(),
    log: () => {},
    hostCall: ({ linkName, namespace, operation, payload }) => {
      hostCalls += 1
      if (linkName.length > 256 || namespace.length > 256 || operation.length > 256) {
        t.fail('a name too long got through')
      }
      if (payload.length > memoryBytes) t.fail('a payload larger than memory got through')
      if (hostCalls % 4 === 3) throw new Error('no'.repeat(next() % 200))
      return answers[hostCalls % 4] as Uint8Array
    },
  })
  const seen: Record<string, number> = {}
  for (let round = 0; round < 12_000; round += 1) {
    const payload = new Uint8Array(36)
    const view = new DataView(payload.buffer)
    payload[0] = round % 8
    for (let offset = 4; offset < 36; offset += 4) view.setUint32(offset, pick(), true)
    // A random name per call would also fill the operation cache.
    const code = await guest.call(`op${round}`, payload).then(
      () => undefined,
      (error: unknown) => (error as EngineError).code,
    )
    seen[code ?? 'ok'] = (seen[code ?? 'ok'] ?? 0) + 1
    if (!allowed.has(code)) t.fail(`${code} for ${payload.toHex()}`)
  }
  t.true((seen['ok'] ?? 0) > 1_000, JSON.stringify(seen))
  t.true((seen['ERR_GUEST_POINTER'] ?? 0) > 1_000, JSON.stringify(seen))
  t.true(hostCalls > 100)
})
