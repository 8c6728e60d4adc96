import test from 'ava'
import { type Guest, type LoadGuestOptions, Scheduler } from '../../../host/engine/index.ts'
import { bytes, countUp, echo, failureOf, guestText, load, text } from './support/guests.ts'
import { TestClock } from './support/test-clock.ts'

const go = bytes('')

/** On a clock that stands still: a call that finds its turn used up is not made directly. */
function loadStill(wat: string, options: Partial<LoadGuestOptions> = {}): Promise<Guest> {
  return load(wat, { scheduler: new Scheduler({ clock: new TestClock() }), ...options })
}

/** Counts calls of its instance; with a payload it asks its host, and logs before and after. */
const undecided = guestText(
  `
  ${countUp}
  (call $console_log (i32.const 1000) (i32.const 6))
  (if (local.get $length) (then
    (drop (call $ask (local.get $opLength) (local.get $length)))
    (call $console_log (i32.const 1006) (i32.const 5))))
  (i32.const 1)`,
  { fields: '(data (i32.const 1000) "beforeafter")' },
)

const calm = 16

test('call - makes a host call exactly once that an operation had seemed to do without', async (t) => {
  const calls: string[] = []
  const lines: string[] = []
  await using guest = await loadStill(undecided, {
    hostCall: async ({ payload }) => {
      calls.push(text(payload))
      return bytes('')
    },
    log: (line) => lines.push(line),
  })
  for (let round = 1; round <= calm + 4; round += 1) {
    t.deepEqual([...(await guest.call('Op', go))], [round])
  }
  t.is(lines.length, calm + 4)
  lines.length = 0
  t.deepEqual([...(await guest.call('Op', bytes('ask')))], [1], 'on another instance')
  t.deepEqual(calls, ['ask'])
  t.deepEqual(lines, ['before', 'after'], 'nothing is printed twice')
  t.is(guest.metrics().restarts, 1)
  for (let round = 0; round < 2 * calm; round += 1) await guest.call('Op', go)
  await guest.call('Op', bytes('again'))
  t.deepEqual(calls, ['ask', 'again'])
  t.is(guest.metrics().restarts, 1, 'it is not called directly again')
})

test('call - learns of each operation apart', async (t) => {
  await using guest = await loadStill(undecided, { hostCall: () => bytes('') })
  for (let round = 0; round < 2 * calm; round += 1) {
    await guest.call('Calm', go)
    await guest.call('Asking', bytes('ask'))
  }
  t.is(guest.metrics().restarts, 0)
})

test('call - computes as long as it may although its operation was soon done before', async (t) => {
  // Counts to its payload's length times 100,000.
  await using guest = await loadStill(
    guestText(`(local $left i32)
      ${countUp}
      (local.set $left (i32.mul (local.get $length) (i32.const 100000)))
      (block $done (loop $more
        (br_if $done (i32.eqz (local.get $left)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $more)))
      (i32.const 1)`),
  )
  for (let round = 0; round < calm + 1; round += 1) await guest.call('Op', go)
  t.deepEqual([...(await guest.call('Op', new Uint8Array(200)))], [1])
  t.is(guest.metrics().restarts, 1)
  t.deepEqual([...(await guest.call('Op', go))], [2])
})

test('call - does not call directly what carries much', async (t) => {
  await using guest = await loadStill(
    guestText('(call $echo (local.get $length)) (i32.const 1)', { memory: '20' }),
  )
  for (let round = 0; round < calm + 1; round += 1) await guest.call('Op', go)
  const much = new Uint8Array(1_000_000).fill(7)
  t.deepEqual(await guest.call('Op', much), much)
  t.is(guest.metrics().restarts, 0)
})

test('call - fails as it would anywhere once its operation is called directly', async (t) => {
  await using guest = await loadStill(
    guestText(
      `(call $receive)
       (call $console_log (i32.const 1024) (local.get $length))
       (block $error (block $overflow (block $trap (block $pointer
         (br_table $pointer $trap $overflow $error (i32.sub (local.get $length) (i32.const 1))))
         (call $respond (i32.const -1) (i32.const 2)))
         unreachable)
         (call $deeper))
       (call $guest_error (i32.const 1024) (local.get $length))
       (if (i32.eq (local.get $length) (i32.const 4)) (then (return (i32.const 0))))
       (call $echo (local.get $length))
       (i32.const 1)`,
      { fields: '(func $deeper (call $deeper))' },
    ),
    { log: (line) => lines.push(line) },
  )
  const lines: string[] = []
  for (let round = 0; round < calm + 1; round += 1) await guest.call('Op', bytes('fine!'))
  for (const [payload, code] of [
    ['1', 'ERR_GUEST_POINTER'],
    ['22', 'ERR_GUEST_TRAP'],
    ['4444', 'ERR_GUEST_ERROR'],
    ['22', 'ERR_GUEST_TRAP'],
    ['333', 'ERR_GUEST_STACK_OVERFLOW'],
  ] as const) {
    lines.length = 0
    t.is((await failureOf(guest.call('Op', bytes(payload)))).code, code)
    t.deepEqual(lines, [payload], 'what it printed before is printed')
    t.is(text(await guest.call('Op', bytes('fine!'))), 'fine!')
  }
  t.is(guest.metrics().calls, calm + 11)
})

test('call - gives way to I/O however short its calls are', async (t) => {
  await using guest = await load(echo, {
    scheduler: new Scheduler({ clock: new TestClock({ stepMs: 0.01 }) }),
  })
  const state = { ended: false }
  setImmediate(() => {
    state.ended = true
  })
  let calls = 0
  while (!state.ended) {
    await guest.call('Op', go)
    calls += 1
  }
  t.true(calls > 0, 'a loop of nothing but awaits would never have ended')
})
