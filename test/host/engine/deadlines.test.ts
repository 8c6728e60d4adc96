import test from 'ava'
import { Deadlines, type Timed } from '../../../host/engine/deadlines.ts'
import { TestClock } from './support/test-clock.ts'

function timed(expired: string[], name: string, then = (): void => {}): Timed {
  return {
    dueTick: 0,
    expire() {
      expired.push(name)
      then()
    },
  }
}

test('Deadlines - expire in their tick, never early', (t) => {
  const clock = new TestClock()
  const deadlines = new Deadlines(clock)
  const expired: string[] = []
  deadlines.add(timed(expired, 'later'), 41)
  deadlines.add(timed(expired, 'sooner'), 12)
  deadlines.add(timed(expired, 'with it'), 19)
  clock.advance(19)
  t.deepEqual(expired, [])
  clock.advance(1)
  t.deepEqual(expired, ['sooner', 'with it'])
  clock.advance(29)
  t.deepEqual(expired, ['sooner', 'with it'])
  clock.advance(1)
  t.deepEqual(expired, ['sooner', 'with it', 'later'])
  t.is(deadlines.size, 0)
})

test('Deadlines - share one timer', (t) => {
  const clock = new TestClock()
  const deadlines = new Deadlines(clock)
  for (let at = 1_000; at > 0; at -= 1) deadlines.add(timed([], ''), at)
  t.is(clock.timers.size, 1)
  t.is(deadlines.size, 1_000)
})

test('Deadlines - forget what is removed, and hold the process only while there are some', (t) => {
  const clock = new TestClock()
  const deadlines = new Deadlines(clock)
  const expired: string[] = []
  const entry = timed(expired, 'entry')
  const holding = (): boolean => [...clock.timers].some((timer) => timer.holding)
  deadlines.remove(entry)
  deadlines.add(entry, 50)
  t.true(holding())
  deadlines.remove(entry)
  deadlines.remove(entry)
  t.is(deadlines.size, 0)
  t.false(holding())
  deadlines.add(entry, 80)
  t.true(holding())
  clock.advance(79)
  t.deepEqual(expired, [])
  clock.advance(11)
  t.deepEqual(expired, ['entry'])
  t.is(clock.timers.size, 0)
})

test('Deadlines - may be added by one that expires, for before the next', (t) => {
  const clock = new TestClock()
  const deadlines = new Deadlines(clock)
  const expired: string[] = []
  deadlines.add(
    timed(expired, 'first', () => {
      deadlines.add(timed(expired, 'second'), 25)
    }),
    10,
  )
  deadlines.add(timed(expired, 'third'), 100)
  clock.advance(30)
  t.deepEqual(expired, ['first', 'second'])
  clock.advance(70)
  t.deepEqual(expired, ['first', 'second', 'third'])
})

test('Deadlines - may be removed by one that expires with them', (t) => {
  const clock = new TestClock()
  const deadlines = new Deadlines(clock)
  const expired: string[] = []
  const other = timed(expired, 'other')
  deadlines.add(
    timed(expired, 'first', () => {
      deadlines.remove(other)
    }),
    10,
  )
  deadlines.add(other, 20)
  clock.advance(100)
  t.deepEqual(expired, ['first'])
  t.is(deadlines.size, 0)
})

test('Deadlines - that passed already expire at once', (t) => {
  const clock = new TestClock()
  clock.time = 1_000
  const deadlines = new Deadlines(clock)
  const expired: string[] = []
  deadlines.add(timed(expired, 'long ago'), 5)
  clock.advance(0)
  t.deepEqual(expired, ['long ago'])
})
