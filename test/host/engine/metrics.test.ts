import test from 'ava'
import { GuestCounters } from '../../../host/engine/metrics.ts'

const now = { instances: { idle: 1, busy: 2 }, queued: 3 }

test('GuestCounters - puts a call into the bucket whose bound it does not pass', (t) => {
  const counters = new GuestCounters()
  const { boundsMs } = counters.snapshot(now).latencyMs
  t.is(boundsMs[0], 0.001)
  t.is(boundsMs.length, 26)
  for (const [bucket, bound] of boundsMs.entries()) {
    const counts = (ms: number): number => {
      const own = new GuestCounters()
      own.ended(ms)
      return own.snapshot(now).latencyMs.buckets.indexOf(1)
    }
    t.is(counts(bound), bucket, `${bound} ms`)
    t.is(counts(bound * 1.6), bucket + 1, `${bound * 1.6} ms`)
  }
  counters.ended(0)
  counters.ended(1e9)
  t.is(counters.snapshot(now).latencyMs.buckets.at(0), 1)
  t.is(counters.snapshot(now).latencyMs.buckets.at(-1), 1)
})

test('GuestCounters - gives snapshots that stay as they are', (t) => {
  const counters = new GuestCounters()
  counters.ended(2)
  counters.failed('ERR_GUEST_TRAP')
  const before = counters.snapshot(now)
  counters.ended(5)
  counters.refused('ERR_QUEUE_FULL')
  counters.sawMemory(10)
  counters.sawMemory(4)
  t.is(before.calls, 1)
  t.deepEqual(before.errors, { ERR_GUEST_TRAP: 1 })
  const after = counters.snapshot(now)
  t.like(after, { ...now, calls: 3, memoryHighWaterBytes: 10 })
  t.like(after.latencyMs, { count: 2, sum: 7, max: 5 })
  t.deepEqual(after.errors, { ERR_GUEST_TRAP: 1, ERR_QUEUE_FULL: 1 })
})
