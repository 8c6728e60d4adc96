import test from 'ava'
import { compileGuest, type Guest, Scheduler } from '../../../host/engine/index.ts'
import { TestClock } from './support/test-clock.ts'
import { assemble } from './prepare/support/assemble.ts'
import { countUp, failureOf, guestText } from './support/guests.ts'

const nothing = new Uint8Array(0)
const something = Uint8Array.of(1)

/** Counts its calls; with a payload it calls its host, then traps if that is longer than a byte. */
const counter = guestText(`
  ${countUp}
  (if (local.get $length) (then (drop (call $ask (local.get $opLength) (local.get $length)))))
  (if (i32.gt_u (local.get $length) (i32.const 1)) (then (unreachable)))
  (i32.const 1)`)

async function open(keepsState: boolean, scheduler: Scheduler = new Scheduler()): Promise<Guest> {
  const module = await compileGuest(await assemble(counter), { limits: { idleMs: 1_000 } })
  return module.open({ scheduler, keepsState, hostCall: async () => nothing })
}

const count = async (guest: Guest, payload: Uint8Array): Promise<number> =>
  (await guest.call('count', payload))[0] ?? 0

for (const keepsState of [true, false]) {
  test(`keepsState ${keepsState} - an operation that waits for once ${keepsState ? 'keeps' : 'may cost'} the instance`, async (t) => {
    await using guest = await open(keepsState)
    for (let calls = 1; calls <= 40; calls++) t.is(await count(guest, nothing), calls)

    t.is(await count(guest, something), keepsState ? 41 : 1)
    t.is(guest.restarts, keepsState ? 0 : 1)
  })
}

test('keepsState - there is one instance, whatever the limits say', async (t) => {
  await using guest = await open(true)

  const counts = await Promise.all(Array.from({ length: 20 }, () => count(guest, something)))

  t.deepEqual(
    counts.toSorted((a, b) => a - b),
    Array.from({ length: 20 }, (_, index) => index + 1),
  )
  t.like(guest.limits, { instances: 1, minInstances: 1 })
})

test('keepsState - the instance is kept however long it is idle', async (t) => {
  const clock = new TestClock()
  const guest = await open(true, new Scheduler({ clock }))
  t.is(await count(guest, nothing), 1)

  clock.advance(100_000)

  t.is(await count(guest, nothing), 2)
  t.like(guest.metrics(), { instances: { idle: 1, busy: 0 } })
})

test('keepsState - restarts tells when the instance was lost', async (t) => {
  await using guest = await open(true)
  await count(guest, nothing)

  t.is((await failureOf(guest.call('count', new Uint8Array(2)))).code, 'ERR_GUEST_TRAP')

  t.is(guest.restarts, 1)
  t.is(await count(guest, nothing), 1)
})
