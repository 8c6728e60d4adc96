import test from 'ava'
import { type Guest, type HostCall, Scheduler } from '../../../host/engine/index.ts'
import { Lane, type Task } from '../../../host/engine/scheduler.ts'
import { bytes, echo, failureOf, guestText, hog, load, relay, text } from './support/guests.ts'
import { TestClock } from './support/test-clock.ts'

const go = bytes('')

/** Guests that never stop computing, on a clock whose turns a test gives. */
async function loadHogs(count: number, limits: Record<string, number> = {}) {
  const clock = new TestClock({ ownTurns: false, stepMs: 0.3 })
  const scheduler = new Scheduler({ clock })
  const hogs: Guest[] = []
  for (let index = 0; index < count; index += 1) {
    hogs.push(await load(hog, { scheduler, limits: { cpuMs: 1e6, timeoutMs: 1e6, ...limits } }))
  }
  await clock.turn()
  return { clock, scheduler, hogs }
}

/** Ends all guests, with turns for those that compute. */
async function end(clock: TestClock, guests: readonly Guest[]): Promise<void> {
  const drains = Promise.all(guests.map((guest) => guest.drain(AbortSignal.abort())))
  const state = { drained: false }
  void drains.finally(() => {
    state.drained = true
  })
  while (!state.drained) await clock.turn()
}

const slices = (guests: readonly Guest[]): number[] => guests.map((guest) => guest.metrics().slices)

test('Scheduler - gives four guests that never stop the same number of slices', async (t) => {
  const { clock, hogs } = await loadHogs(4)
  const calls = hogs.map((guest) => failureOf(guest.call('Op', go)))
  for (let turn = 0; turn < 8; turn += 1) await clock.turn()
  const before = slices(hogs)
  for (let turn = 0; turn < 40; turn += 1) await clock.turn()
  t.deepEqual(
    slices(hogs).map((count, index) => count - (before[index] as number)),
    [10, 10, 10, 10],
  )
  await end(clock, hogs)
  t.deepEqual(
    (await Promise.all(calls)).map(({ code }) => code),
    Array(4).fill('ERR_ENGINE_CLOSED'),
  )
})

test('Scheduler - gives a guest of many instances no more than a guest of one', async (t) => {
  const { clock, hogs } = await loadHogs(2)
  const [many, one] = hogs as [Guest, Guest]
  const calls = [many, many, many, many, one].map((guest) => failureOf(guest.call('Op', go)))
  for (let turn = 0; turn < 12; turn += 1) await clock.turn()
  t.is(many.metrics().instances.busy, 4)
  const before = slices(hogs)
  for (let turn = 0; turn < 40; turn += 1) await clock.turn()
  t.deepEqual(
    slices(hogs).map((count, index) => count - (before[index] as number)),
    [20, 20],
  )
  await end(clock, hogs)
  await Promise.all(calls)
})

test('Scheduler - lets a call that is soon done run while others never stop', async (t) => {
  const { clock, scheduler, hogs } = await loadHogs(8)
  const calls = hogs.map((guest) => failureOf(guest.call('Op', go)))
  const quick = await load(echo, { scheduler })
  for (let turn = 0; turn < 20; turn += 1) await clock.turn()
  const state = { answered: false }
  const answer = quick.call('Op', bytes('quick')).finally(() => {
    state.answered = true
  })
  let turns = 0
  for (; !state.answered; turns += 1) await clock.turn()
  t.true(turns <= 10, `${turns} turns for one of nine`)
  t.is(text(await answer), 'quick')
  await end(clock, [...hogs, quick])
  await Promise.all(calls)
})

test('Scheduler - has the event loop turn between slices', async (t) => {
  const scheduler = new Scheduler({ clock: new TestClock({ stepMs: 0.3 }) })
  await using first = await load(hog, { scheduler, limits: { cpuMs: 60 } })
  await using second = await load(hog, { scheduler, limits: { cpuMs: 60 } })
  let turns = 0
  let ended = false
  const count = (): void => {
    turns += 1
    if (!ended) setImmediate(count)
  }
  count()
  const errors = await Promise.all([
    failureOf(first.call('Op', go)),
    failureOf(second.call('Op', go)),
  ])
  ended = true
  t.deepEqual(
    errors.map(({ code }) => code),
    ['ERR_CPU_BUDGET', 'ERR_CPU_BUDGET'],
  )
  const [one, two] = slices([first, second]) as [number, number]
  t.true(one >= 40 && two >= 40, `${one} and ${two} slices`)
  t.true(turns >= one + two, `${turns} turns for ${one + two} slices`)
})

test('Scheduler - puts calls off to the next turn once this one’s time is spent', async (t) => {
  const clock = new TestClock({ ownTurns: false })
  const scheduler = new Scheduler({ clock })
  const order: string[] = []
  const guest = await load(relay, {
    scheduler,
    hostCall: ({ payload }) => {
      order.push(text(payload))
      clock.time += 0.6
      return payload
    },
  })
  await clock.turn()
  const calls = ['a', 'b', 'c', 'd', 'e'].map((name) => guest.call('Op', bytes(name)))
  t.deepEqual(order, ['a', 'b'])
  await clock.turn()
  t.deepEqual(order, ['a', 'b', 'c', 'd'])
  await clock.turn()
  t.deepEqual((await Promise.all(calls)).map(text), ['a', 'b', 'c', 'd', 'e'])
  await guest[Symbol.asyncDispose]()
})

test('Scheduler - wakes guests whose host answered in the order of the answers', async (t) => {
  const clock = new TestClock({ ownTurns: false })
  const scheduler = new Scheduler({ clock })
  const answers: (() => void)[] = []
  const guest = await load(relay, {
    scheduler,
    hostCall: ({ payload }) =>
      new Promise((resolve) => {
        answers.push(() => {
          resolve(payload)
        })
      }),
  })
  await clock.turn()
  const ended: string[] = []
  const calls = ['a', 'b', 'c', 'd'].map(async (name) => {
    ended.push(text(await guest.call('Op', bytes(name))))
  })
  clock.stepMs = 0.7
  for (const index of [2, 0, 3, 1]) answers[index]?.()
  for (let turn = 0; turn < 8; turn += 1) await clock.turn()
  await Promise.all(calls)
  t.deepEqual(ended, ['c', 'a', 'd', 'b'])
  await guest[Symbol.asyncDispose]()
})

test('Scheduler - runs what waits in one turn if it takes no time', async (t) => {
  const clock = new TestClock({ ownTurns: false })
  const scheduler = new Scheduler({ clock })
  const ran: string[] = []
  const task = (name: string): Task => ({
    run: () => {
      ran.push(name)
      scheduler.continueTurn()
    },
  })
  const [left, right] = [new Lane(), new Lane()]
  for (const name of ['l1', 'l2', 'l3']) scheduler.enqueue(left, task(name))
  for (const name of ['r1', 'r2']) scheduler.enqueue(right, task(name))
  await clock.turn()
  t.deepEqual(ran, ['l1', 'r1', 'l2', 'r2', 'l3'])
})

test('Scheduler - charges a guest for what computes in its host calls, once', async (t) => {
  const clock = new TestClock()
  const scheduler = new Scheduler({ clock, sliceMs: 1e6 })
  await using inner = await load(relay, {
    scheduler,
    hostCall: ({ payload }) => {
      clock.time += 7
      return payload
    },
  })
  await using outer = await load(relay, {
    scheduler,
    hostCall: ({ payload }) => {
      clock.time += 2
      return inner.call('Op', payload)
    },
  })
  t.is(text(await outer.call('Op', bytes('in'))), 'in')
  t.is(inner.metrics().cpuMs, 7)
  t.is(outer.metrics().cpuMs, 9)
})

test('Scheduler - does not charge a guest for others that ran when its turn had come', async (t) => {
  const clock = new TestClock()
  const scheduler = new Scheduler({ clock, sliceMs: 1e6 })
  const answers: (() => void)[] = []
  // Waits for its host first; its second host call is where the time goes.
  const asksTwice = guestText(`
    (drop (call $ask (i32.const 0) (i32.const 0)))
    (drop (call $ask (local.get $opLength) (i32.const 0)))
    (call $echo (i32.const 0)) (i32.const 1)`)
  const hostCall = ({ operation }: HostCall): Uint8Array | Promise<Uint8Array> => {
    if (operation === '') {
      const { promise, resolve } = Promise.withResolvers<Uint8Array>()
      answers.push(() => {
        resolve(go)
      })
      return promise
    }
    clock.time += operation.length
    return go
  }
  await using first = await load(asksTwice, { scheduler, hostCall })
  await using second = await load(asksTwice, { scheduler, hostCall })
  const calls = [first.call('12345', go), second.call('123', go)]
  for (const answer of answers) answer()
  await Promise.all(calls)
  t.is(first.metrics().cpuMs, 5)
  t.is(second.metrics().cpuMs, 3)
})
