import test from 'ava'
import { Scheduler } from '../../../host/engine/index.ts'
import { guestText, load } from './support/guests.ts'
import { TestClock } from './support/test-clock.ts'

/** Makes fifty host calls without looking left or right. */
const asker = guestText(`
  (local $left i32)
  (local.set $left (i32.const 50))
  (loop $again
    (drop (call $ask (local.get $opLength) (i32.const 0)))
    (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
  (call $echo (local.get $length))
  (i32.const 1)`)

test('host calls - a guest stops for others after each one that took long, though none made it wait', async (t) => {
  const clock = new TestClock()
  let asked = 0
  const guest = await load(asker, {
    scheduler: new Scheduler({ clock }),
    hostCall: () => {
      asked += 1
      clock.time += 5
      return new Uint8Array()
    },
  })
  await guest.call('ask', new Uint8Array())
  const { slices, cpuMs } = guest.metrics()
  t.is(asked, 50)
  t.is(slices, 50)
  t.true(cpuMs >= 250, `${cpuMs}`)
})

test('host calls - a guest goes on after short ones', async (t) => {
  const clock = new TestClock()
  const guest = await load(asker, {
    scheduler: new Scheduler({ clock }),
    hostCall: () => new Uint8Array(),
  })
  await guest.call('ask', new Uint8Array())
  t.is(guest.metrics().slices, 0)
})

test('host calls - long ones are paid for by who makes them', async (t) => {
  const clock = new TestClock()
  const guest = await load(asker, {
    limits: { cpuMs: 20 },
    scheduler: new Scheduler({ clock }),
    hostCall: () => {
      clock.time += 5
      return new Uint8Array()
    },
  })
  await t.throwsAsync(guest.call('ask', new Uint8Array()), { code: 'ERR_CPU_BUDGET' })
  t.is(guest.metrics().cpuMs, 25)
})
