import test from 'ava'
import { type Guest, Scheduler } from '../../../host/engine/index.ts'
import {
  bytes,
  countUp,
  echo,
  failureOf,
  guestText,
  hog,
  load,
  relay,
  text,
} from './support/guests.ts'
import { settled, TestClock } from './support/test-clock.ts'

/** Answers with how often its instance was called; waits for its host first if there is a payload. */
const waitingCounter = guestText(
  `(if (local.get $length) (then
     (drop (call $ask (local.get $opLength) (local.get $length)))))
   ${countUp} (i32.const 1)`,
)

/** Asks its host once it has used up several portions of fuel. */
const computingRelay = guestText(
  `(local $left i32)
   (local.set $left (i32.const 3000000))
   (loop $compute
     (br_if $compute (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
   (call $relay (local.get $opLength) (local.get $length))`,
)

interface Held {
  readonly guest: Guest
  /** Lets the first call that waits go on. */
  release(): Promise<void>
}

/** On a clock that stands still, so that no slice is ever over. */
async function loadHeld(
  limits: Record<string, number>,
  clock: TestClock = new TestClock(),
): Promise<Held> {
  const waiting: PromiseWithResolvers<Uint8Array>[] = []
  const guest = await load(waitingCounter, {
    limits,
    scheduler: new Scheduler({ clock }),
    hostCall: () => {
      const answer = Promise.withResolvers<Uint8Array>()
      waiting.push(answer)
      return answer.promise
    },
  })
  return {
    guest,
    release: async () => {
      waiting.shift()?.resolve(bytes(''))
      await settled()
    },
  }
}

const wait = bytes('wait')
const go = bytes('')

test('call - keeps calls apart that wait for their host at the same time', async (t) => {
  const answers: (() => void)[] = []
  await using guest = await load(relay, {
    scheduler: new Scheduler({ clock: new TestClock() }),
    hostCall: async ({ payload, context }) => {
      await new Promise<void>((resolve) => answers.push(resolve))
      return bytes(`${text(payload)} of ${context as number}`)
    },
  })
  const calls = Array.from({ length: 50 }, (_, index) =>
    guest.call('Op', bytes(`answer ${index}`), { context: index }),
  )
  t.is(guest.metrics().instances.busy, 50)
  while (answers.length > 0) answers.splice((answers.length * 7) % answers.length, 1)[0]?.()
  const expected = Array.from({ length: 50 }, (_, index) => `answer ${index} of ${index}`)
  t.deepEqual((await Promise.all(calls)).map(text), expected)
  t.deepEqual(guest.metrics().instances, { idle: 50, busy: 0 })
})

test('call - keeps few instances busy with calls that their host answers at once', async (t) => {
  await using guest = await load(relay, {
    limits: { queueLength: 0 },
    scheduler: new Scheduler({ clock: new TestClock() }),
    hostCall: ({ payload }) => payload,
  })
  const payloads = Array.from({ length: 64 }, (_, index) => bytes(`call ${index}`))

  const answers = await Promise.all(payloads.map((payload) => guest.call('Ask', payload)))

  t.deepEqual(answers.map(text), payloads.map(text))
  t.is(guest.metrics().instances.idle, 4)
})

test('call - begins every call that has to wait, be it after it has computed for long', async (t) => {
  const waiting: PromiseWithResolvers<Uint8Array>[] = []
  await using guest = await load(computingRelay, {
    scheduler: new Scheduler({ clock: new TestClock() }),
    hostCall: () => {
      const answer = Promise.withResolvers<Uint8Array>()
      waiting.push(answer)
      return answer.promise
    },
  })
  const calls = Array.from({ length: 20 }, (_, index) => guest.call('Ask', bytes(`call ${index}`)))
  for (let turn = 0; waiting.length < calls.length && turn < 100; turn++) await settled()

  t.is(waiting.length, 20)
  for (const { resolve } of waiting) resolve(bytes('answer'))
  t.deepEqual((await Promise.all(calls)).map(text), Array<string>(20).fill('answer'))
})

test('call - uses the instance again that was used last', async (t) => {
  const { guest, release } = await loadHeld({})
  await using _ = guest
  const calls = [guest.call('Op', wait), guest.call('Op', wait), guest.call('Op', wait)]
  await release()
  await release()
  await release()
  await Promise.all(calls)
  t.is(guest.metrics().instances.idle, 3)
  t.deepEqual([...(await guest.call('Op', go))], [2])
  t.deepEqual([...(await guest.call('Op', go))], [3])
})

test('call - rejects with ERR_QUEUE_FULL at once if all instances are busy and the queue is full', async (t) => {
  const { guest, release } = await loadHeld({ instances: 2, queueLength: 3 })
  await using _ = guest
  const calls = Array.from({ length: 5 }, () => guest.call('Op', wait))
  t.like(guest.metrics(), { instances: { busy: 2 }, queued: 3 })
  const error = await failureOf(guest.call('Op', wait))
  t.is(error.code, 'ERR_QUEUE_FULL')
  t.deepEqual(error.detail, { queueLength: 3 })
  await release()
  t.like(guest.metrics(), { instances: { busy: 2 }, queued: 2 })
  const another = guest.call('Op', wait)
  for (let round = 0; round < 5; round += 1) await release()
  await Promise.all([...calls, another])
  t.like(guest.metrics(), { calls: 7, errors: { ERR_QUEUE_FULL: 1 } })
})

test('call - queues nothing if the queue has no length', async (t) => {
  const { guest, release } = await loadHeld({ instances: 1, queueLength: 0 })
  await using _ = guest
  const call = guest.call('Op', wait)
  t.is((await failureOf(guest.call('Op', wait))).code, 'ERR_QUEUE_FULL')
  await release()
  await call
  t.deepEqual([...(await guest.call('Op', go))], [2])
})

test('call - is answered in the order of the queue', async (t) => {
  const { guest, release } = await loadHeld({ instances: 1 })
  await using _ = guest
  const ended: number[] = []
  const calls = [0, 1, 2, 3].map(async (index) => {
    await guest.call('Op', wait)
    ended.push(index)
  })
  for (let round = 0; round < 4; round += 1) await release()
  await Promise.all(calls)
  t.deepEqual(ended, [0, 1, 2, 3])
})

test('call - that waits gets a new instance when another trapped', async (t) => {
  await using guest = await load(
    guestText(
      `(if (local.get $length) (then (drop (call $ask (local.get $opLength) (i32.const 0))) unreachable))
       ${countUp} (i32.const 1)`,
    ),
    { limits: { instances: 1 }, hostCall: async () => bytes('') },
  )
  const trapping = failureOf(guest.call('Op', bytes('trap')))
  const queued = guest.call('Op', go)
  t.is((await trapping).code, 'ERR_GUEST_TRAP')
  t.deepEqual([...(await queued)], [1])
})

test('call - waits for an instance there is if there is no room for another', async (t) => {
  const scheduler = new Scheduler({ clock: new TestClock() })
  const answers: (() => void)[] = []
  await using guest = await load(relay, {
    scheduler,
    hostCall: ({ payload }) =>
      new Promise((resolve) => {
        answers.push(() => {
          resolve(payload)
        })
      }),
  })
  scheduler.fullUntil = 1_000
  const calls = ['a', 'b'].map((name) => guest.call('Op', bytes(name)))
  t.like(guest.metrics(), { instances: { busy: 1 }, queued: 1 })
  answers[0]?.()
  t.is(text((await calls[0]) as Uint8Array), 'a')
  await settled()
  answers[1]?.()
  t.is(text((await calls[1]) as Uint8Array), 'b')
})

test('call - rejects with ERR_OUT_OF_MEMORY if there is no instance and no room for one', async (t) => {
  const clock = new TestClock()
  const scheduler = new Scheduler({ clock })
  await using guest = await load(echo, { scheduler, limits: { idleMs: 10 } })
  clock.advance(20)
  scheduler.fullUntil = 1_000
  const error = await failureOf(guest.call('Op', go))
  t.is(error.code, 'ERR_OUT_OF_MEMORY')
  t.deepEqual(error.detail, { instances: 0 })
  clock.advance(1_000)
  t.is(text(await guest.call('Op', bytes('room again'))), 'room again')
})

test('Guest - lets idle instances go, the longest idle first', async (t) => {
  const clock = new TestClock()
  const { guest, release } = await loadHeld({ idleMs: 1_000, minInstances: 1 }, clock)
  await using _ = guest
  const calls = [guest.call('Op', wait), guest.call('Op', wait), guest.call('Op', wait)]
  for (let round = 0; round < 3; round += 1) await release()
  await Promise.all(calls)
  t.is(guest.metrics().instances.idle, 3)
  clock.advance(600)
  await guest.call('Op', go)
  clock.advance(600)
  t.is(guest.metrics().instances.idle, 1)
  t.deepEqual([...(await guest.call('Op', go))], [3], 'the one used last is left')
  clock.advance(10_000)
  t.is(guest.metrics().instances.idle, 1)
  t.is(guest.metrics().restarts, 0)
})

test('Guest - keeps no instance at all if nobody calls', async (t) => {
  const clock = new TestClock()
  await using guest = await load(echo, {
    scheduler: new Scheduler({ clock }),
    limits: { idleMs: 1_000 },
  })
  t.is(guest.metrics().instances.idle, 1)
  t.true(
    [...clock.timers].every(({ holding }) => !holding),
    'nor the process alive',
  )
  clock.advance(2_000)
  t.is(guest.metrics().instances.idle, 0)
  t.is(clock.timers.size, 0)
  t.is(text(await guest.call('Op', bytes('back'))), 'back')
})

test('drain - refuses new calls and waits for those it took', async (t) => {
  const { guest, release } = await loadHeld({ instances: 1 })
  const calls = [guest.call('Op', wait), guest.call('Op', wait)]
  let drained = false
  const drain = guest.drain().finally(() => {
    drained = true
  })
  t.is((await failureOf(guest.call('Op', go))).code, 'ERR_ENGINE_CLOSED')
  await release()
  t.false(drained)
  await release()
  await drain
  t.deepEqual(
    (await Promise.all(calls)).map((answer) => [...answer]),
    [[1], [2]],
  )
  t.like(guest.metrics(), { instances: { idle: 0, busy: 0 }, queued: 0 })
})

test('drain - ends what is left with ERR_ENGINE_CLOSED when its signal aborts', async (t) => {
  const { guest } = await loadHeld({ instances: 1 })
  const calls = [failureOf(guest.call('Op', wait)), failureOf(guest.call('Op', wait))]
  const abort = new AbortController()
  const drain = guest.drain(abort.signal)
  await settled()
  abort.abort()
  t.deepEqual(
    (await Promise.all(calls)).map(({ code }) => code),
    ['ERR_ENGINE_CLOSED', 'ERR_ENGINE_CLOSED'],
  )
  await drain
  t.is(guest.metrics().calls, 2)
})

test('drain - ends guests that compute when its signal has aborted', async (t) => {
  const guest = await load(hog)
  const call = failureOf(guest.call('Op', go))
  await guest.drain(AbortSignal.abort())
  t.is((await call).code, 'ERR_ENGINE_CLOSED')
})

test('Guest - may be disposed of twice, and while it drains', async (t) => {
  const { guest, release } = await loadHeld({})
  const call = guest.call('Op', wait)
  const ends = Promise.all([
    guest.drain(),
    guest[Symbol.asyncDispose](),
    guest[Symbol.asyncDispose](),
  ])
  await release()
  await ends
  await t.notThrowsAsync(call)
  await guest[Symbol.asyncDispose]()
})

test('metrics - count calls, errors and time', async (t) => {
  const scheduler = new Scheduler({ clock: new TestClock({ stepMs: 0.25 }) })
  await using guest = await load(
    guestText(
      '(if (local.get $length) (then unreachable)) (call $echo (local.get $length)) (i32.const 1)',
    ),
    { scheduler, limits: { payloadBytes: 10 } },
  )
  await guest.call('Op', go)
  await failureOf(guest.call('Op', wait))
  await failureOf(guest.call('Op', new Uint8Array(11)))
  const { calls, errors, latencyMs, restarts, cpuMs, fuelUsed } = guest.metrics()
  t.is(calls, 3)
  t.deepEqual(errors, { ERR_GUEST_TRAP: 1, ERR_PAYLOAD_TOO_LARGE: 1 })
  t.is(latencyMs.count, 2)
  t.true(latencyMs.max >= 0.25 && latencyMs.sum >= 2 * 0.25)
  t.is(restarts, 1)
  t.true(cpuMs > 0)
  t.true(fuelUsed > 0)
})
