import test from 'ava'
import { type Guest, type HostCall, Scheduler } from '../../../host/engine/index.ts'
import { bytes, failureOf, hog, load, relay, text } from './support/guests.ts'
import { settled, TestClock } from './support/test-clock.ts'

interface Waiting extends AsyncDisposable {
  readonly guest: Guest
  readonly clock: TestClock
  /** Host calls that came, each answered by a test. */
  readonly asked: { call: HostCall; answer: PromiseWithResolvers<Uint8Array> }[]
}

/** A guest on a clock of its own that waits for its host until the test answers. */
async function startWaiting(limits: Record<string, number> = {}): Promise<Waiting> {
  const clock = new TestClock()
  const asked: Waiting['asked'] = []
  const guest = await load(relay, {
    limits,
    scheduler: new Scheduler({ clock }),
    hostCall: (call) => {
      const answer = Promise.withResolvers<Uint8Array>()
      asked.push({ call, answer })
      return answer.promise
    },
  })
  return {
    guest,
    clock,
    asked,
    async [Symbol.asyncDispose]() {
      for (const { answer } of asked) answer.resolve(bytes('late'))
      await guest[Symbol.asyncDispose]()
    },
  }
}

test('call - rejects with ERR_INVOCATION_TIMEOUT once its deadline passed while the guest waits', async (t) => {
  await using waiting = await startWaiting()
  const { guest, clock, asked } = waiting
  const call = failureOf(guest.call('Op', bytes(''), { deadlineMs: 20 }))
  const signal = asked[0]?.call.signal as AbortSignal
  clock.advance(19)
  t.false(signal.aborted)
  clock.advance(11)
  const error = await call
  t.is(error.code, 'ERR_INVOCATION_TIMEOUT')
  t.deepEqual(error.detail, { timeoutMs: 20 })
  t.is(signal.reason, error)
  t.is(guest.metrics().restarts, 1)
})

test('call - has no more time than its guest’s limit', async (t) => {
  await using waiting = await startWaiting({ timeoutMs: 40 })
  const call = failureOf(waiting.guest.call('Op', bytes(''), { deadlineMs: 1_000 }))
  waiting.clock.advance(50)
  t.deepEqual((await call).detail, { timeoutMs: 40 })
})

test('call - rejects at once if its deadline has passed already', async (t) => {
  await using waiting = await startWaiting()
  for (const deadlineMs of [0, -1, Number.NaN]) {
    const error = await failureOf(waiting.guest.call('Op', bytes(''), { deadlineMs }))
    t.is(error.code, 'ERR_INVOCATION_TIMEOUT')
  }
  t.is(waiting.asked.length, 0)
})

test('hostCall - is told that nobody waits even if it asks late', async (t) => {
  await using waiting = await startWaiting()
  const call = failureOf(waiting.guest.call('Op', bytes(''), { deadlineMs: 20 }))
  waiting.clock.advance(30)
  const error = await call
  t.is(waiting.asked[0]?.call.signal.reason, error)
})

test('hostCall - may answer or fail after its call ended, to no effect', async (t) => {
  await using waiting = await startWaiting({ instances: 1 })
  const { guest, clock, asked } = waiting
  for (const end of ['resolve', 'reject'] as const) {
    asked.length = 0
    const call = failureOf(guest.call('Op', bytes(''), { deadlineMs: 20 }))
    clock.advance(30)
    t.is((await call).code, 'ERR_INVOCATION_TIMEOUT')
    const next = guest.call('Op', bytes(''))
    asked[0]?.answer[end](bytes('of the first'))
    await settled()
    asked[1]?.answer.resolve(bytes('of the second'))
    t.is(text(await next), 'of the second')
  }
})

test('call - forgets the deadline of an answered wait', async (t) => {
  await using waiting = await startWaiting()
  const { guest, clock, asked } = waiting
  const call = guest.call('Op', bytes(''), { deadlineMs: 20 })
  asked[0]?.answer.resolve(bytes('in time'))
  t.is(text(await call), 'in time')
  clock.advance(1_000)
  t.is(asked[0]?.call.signal.aborted, false)
  t.true(
    [...clock.timers].every(({ holding }) => !holding),
    'nothing keeps the process alive',
  )
})

test('call - rejects with ERR_INVOCATION_ABORTED when its signal aborts while the guest waits', async (t) => {
  await using waiting = await startWaiting()
  const abort = new AbortController()
  const call = failureOf(waiting.guest.call('Op', bytes(''), { signal: abort.signal }))
  const signal = waiting.asked[0]?.call.signal as AbortSignal
  abort.abort('gone')
  const error = await call
  t.is(error.code, 'ERR_INVOCATION_ABORTED')
  t.is(error.cause, 'gone')
  t.is(signal.reason, error)
})

test('call - rejects with ERR_INVOCATION_ABORTED at once if its signal did abort', async (t) => {
  await using waiting = await startWaiting()
  const error = await failureOf(
    waiting.guest.call('Op', bytes(''), { signal: AbortSignal.abort('gone') }),
  )
  t.is(error.code, 'ERR_INVOCATION_ABORTED')
  t.is(waiting.asked.length, 0)
})

test('call - ends when the signal aborts inside the host call that then wants to wait', async (t) => {
  const abort = new AbortController()
  const calls: HostCall[] = []
  await using guest = await load(relay, {
    hostCall: (call) => {
      calls.push(call)
      abort.abort('gone')
      return new Promise(() => {})
    },
  })
  const error = await failureOf(guest.call('Op', bytes(''), { signal: abort.signal }))
  t.is(error.code, 'ERR_INVOCATION_ABORTED')
  t.is(calls[0]?.signal.reason, error)
})

test('call - lets go of its signal when it ended', async (t) => {
  await using waiting = await startWaiting()
  const { guest, asked } = waiting
  const { signal } = new AbortController()
  let listeners = 0
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = function (...args: unknown[]): void {
    listeners += 1
    Reflect.apply(addEventListener, this, args)
  }
  signal.removeEventListener = function (...args: unknown[]): void {
    listeners -= 1
    Reflect.apply(removeEventListener, this, args)
  }
  const call = guest.call('Op', bytes(''), { signal })
  t.is(listeners, 1)
  asked[0]?.answer.resolve(bytes(''))
  await call
  t.is(listeners, 0)
})

test('call - times out in the queue', async (t) => {
  await using waiting = await startWaiting({ instances: 1 })
  const { guest, clock, asked } = waiting
  const first = guest.call('Op', bytes(''))
  const queued = failureOf(guest.call('Op', bytes(''), { deadlineMs: 20 }))
  t.is(guest.metrics().queued, 1)
  clock.advance(30)
  t.deepEqual((await queued).detail, { timeoutMs: 20 })
  t.is(guest.metrics().queued, 0)
  asked[0]?.answer.resolve(bytes('first'))
  t.is(text(await first), 'first')
  t.is(asked.length, 1, 'the guest never saw it')
  t.like(guest.metrics(), { calls: 2, errors: { ERR_INVOCATION_TIMEOUT: 1 } })
})

test('call - is aborted in the queue', async (t) => {
  await using waiting = await startWaiting({ instances: 1 })
  const { guest, asked } = waiting
  const first = guest.call('Op', bytes(''))
  const abort = new AbortController()
  const queued = failureOf(guest.call('Op', bytes(''), { signal: abort.signal }))
  abort.abort('gone')
  t.is((await queued).code, 'ERR_INVOCATION_ABORTED')
  asked[0]?.answer.resolve(bytes('first'))
  t.is(text(await first), 'first')
})

test('call - counts time in the queue against its deadline', async (t) => {
  await using waiting = await startWaiting({ instances: 1 })
  const { guest, clock, asked } = waiting
  const first = guest.call('Op', bytes(''))
  const second = failureOf(guest.call('Op', bytes(''), { deadlineMs: 100 }))
  clock.advance(60)
  asked[0]?.answer.resolve(bytes('first'))
  await first
  await settled()
  t.is(asked.length, 2)
  clock.advance(60)
  t.is((await second).code, 'ERR_INVOCATION_TIMEOUT')
})

test('call - rejects with ERR_INVOCATION_TIMEOUT while the guest computes', async (t) => {
  const scheduler = new Scheduler({ clock: new TestClock({ stepMs: 0.3 }) })
  await using guest = await load(hog, { scheduler })
  const error = await failureOf(guest.call('Op', bytes(''), { deadlineMs: 30 }))
  t.is(error.code, 'ERR_INVOCATION_TIMEOUT')
  t.deepEqual(error.detail, { timeoutMs: 30 })
})

test('call - is aborted while the guest computes', async (t) => {
  const scheduler = new Scheduler({ clock: new TestClock({ stepMs: 0.3 }) })
  await using guest = await load(hog, { scheduler })
  const abort = new AbortController()
  const call = failureOf(guest.call('Op', bytes(''), { signal: abort.signal }))
  setImmediate(() => {
    abort.abort('gone')
  })
  const error = await call
  t.is(error.code, 'ERR_INVOCATION_ABORTED')
  t.is(error.cause, 'gone')
})

test('call - rejects with ERR_CPU_BUDGET once it computed for longer than it may', async (t) => {
  const scheduler = new Scheduler({ clock: new TestClock({ stepMs: 0.3 }) })
  await using guest = await load(hog, { scheduler, limits: { cpuMs: 25 } })
  const error = await failureOf(guest.call('Op', bytes('')))
  t.is(error.code, 'ERR_CPU_BUDGET')
  t.deepEqual(error.detail, { cpuMs: 25 })
  const { cpuMs, slices, fuelUsed } = guest.metrics()
  t.true(cpuMs > 24 && cpuMs < 27, `${cpuMs}`)
  t.true(slices >= 18 && slices <= 25, `${slices}`)
  t.true(fuelUsed > 100_000)
})

test('call - is not charged for time in which the guest waits', async (t) => {
  await using waiting = await startWaiting({ cpuMs: 5 })
  const { guest, clock, asked } = waiting
  const call = guest.call('Op', bytes(''))
  clock.advance(1_000)
  asked[0]?.answer.resolve(bytes('at last'))
  t.is(text(await call), 'at last')
  t.is(guest.metrics().cpuMs, 0)
})
