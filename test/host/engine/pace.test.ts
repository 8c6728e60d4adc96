import test from 'ava'
import { Pace } from '../../../host/engine/pace.ts'

/** Burns portions at a fixed speed until the portion no longer changes. */
function settle(pace: Pace, unitNs: number): number {
  for (let round = 0; round < 200; round += 1) {
    pace.learn(pace.portion, (pace.portion * unitNs) / 1e6)
  }
  return pace.portion
}

test('Pace - gives fuel for about a fifth of a millisecond', (t) => {
  const pace = new Pace()
  t.is(settle(pace, 1), 200_000)
  t.is(settle(pace, 10), 20_000)
})

test('Pace - gives less at once when a guest slows down, more by and by', (t) => {
  const pace = new Pace()
  settle(pace, 1)
  pace.learn(200_000, 20)
  t.is(pace.portion, 2_000)
  pace.learn(2_000, 0.002)
  t.true(pace.portion > 2_000 && pace.portion < 3_000)
})

test('Pace - stays within bounds whatever it sees', (t) => {
  const pace = new Pace()
  pace.learn(1_000_000, 0)
  t.is(settle(pace, 0.001), 200_000)
  pace.learn(2_000, 60_000)
  t.is(pace.portion, 2_000)
})

test('Pace - learns nothing from a portion too small to measure', (t) => {
  const pace = new Pace()
  const before = pace.portion
  pace.learn(10, 5)
  pace.learn(-3, 5)
  t.is(pace.portion, before)
})
