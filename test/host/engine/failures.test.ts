import test from 'ava'
import { bytes, countUp, echo, failureOf, guestText, load, text } from './support/guests.ts'

const failing = (code: string, fields = '', memory = '1'): string =>
  guestText(
    `(if (i32.eqz (local.get $length)) (then ${code})) (call $echo (local.get $length)) (i32.const 1)`,
    { fields, memory },
  )

for (const [what, code, trap] of [
  ['unreachable', 'unreachable', 'unreachable'],
  ['a division by zero', '(drop (i32.div_s (i32.const 1) (i32.const 0)))', 'divide by zero'],
  ['a load beyond memory', '(drop (i32.load (i32.const -4)))', 'memory access out of bounds'],
  ['an indirect call of nothing', '(call_indirect (i32.const 0))', 'table index is out of bounds'],
] as const) {
  test(`call - rejects with ERR_GUEST_TRAP for ${what}, and answers the next`, async (t) => {
    await using guest = await load(failing(code, '(table 0 funcref)'))
    const error = await failureOf(guest.call('Op', bytes('')))
    t.is(error.code, 'ERR_GUEST_TRAP')
    t.like(error.detail, { trap, memoryBytes: 65_536, memoryAtLimit: false })
    t.true(error.cause instanceof WebAssembly.RuntimeError)
    t.is(text(await guest.call('Op', bytes('on we go'))), 'on we go')
    t.is(guest.metrics().restarts, 1)
  })
}

test('call - names the functions that a trap came through, innermost first', async (t) => {
  await using guest = await load(
    failing('(call $outer)', '(func $inner unreachable) (func $outer (call $inner))'),
  )
  const error = await failureOf(guest.call('Op', bytes('')))
  const { stack } = error.detail as { stack: readonly string[] }
  t.is(stack.length, 3)
  t.regex(stack[0] as string, /^inner \(function \d+, at 0x[0-9a-f]+\)$/)
  t.regex(stack[1] as string, /^outer \(/)
})

test('call - bounds the stack of a trap', async (t) => {
  const name = 'n'.repeat(5_000)
  await using guest = await load(
    failing(
      `(call $${name} (i32.const 100))`,
      `(func $${name} (param i32)
      (if (i32.eqz (local.get 0)) (then unreachable))
      (call $${name} (i32.sub (local.get 0) (i32.const 1))))`,
    ),
  )
  const error = await failureOf(guest.call('Op', bytes('')))
  const { stack } = error.detail as { stack: readonly string[] }
  t.true(stack.length <= 16)
  t.true(stack.every((frame) => frame.length < 250))
})

test('call - tells what the guest said before it trapped', async (t) => {
  await using guest = await load(
    failing(
      `(call $guest_error (i32.const 100) (i32.const 18)) unreachable`,
      '(data (i32.const 100) "oops file.ts (3,5)")',
    ),
  )
  const error = await failureOf(guest.call('Op', bytes('')))
  t.is(error.message, 'actor trapped: unreachable: oops file.ts (3,5)')
  t.like(error.detail, { guestError: 'oops file.ts (3,5)' })
  const next = await failureOf(guest.call('Op', bytes('')))
  t.is(next.message, error.message)
})

test('call - reuses nothing of an instance that trapped', async (t) => {
  await using guest = await load(
    guestText(`${countUp} (if (local.get $length) (then unreachable)) (i32.const 1)`),
  )
  t.deepEqual([...(await guest.call('Op', bytes('')))], [1])
  t.deepEqual([...(await guest.call('Op', bytes('')))], [2])
  t.is((await failureOf(guest.call('Op', bytes('trap')))).code, 'ERR_GUEST_TRAP')
  t.deepEqual([...(await guest.call('Op', bytes('')))], [1])
})

for (const [what, code] of [
  ['a function that calls itself', '(call $deeper)'],
  ['a function that calls itself through a table', '(call_indirect (i32.const 0))'],
] as const) {
  test(`call - rejects with ERR_GUEST_STACK_OVERFLOW for ${what}, again and again`, async (t) => {
    await using guest = await load(
      failing(code, `(table 1 funcref) (elem (i32.const 0) $deeper) (func $deeper ${code})`),
    )
    for (let round = 0; round < 5; round += 1) {
      const error = await failureOf(guest.call('Op', bytes('')))
      t.is(error.code, 'ERR_GUEST_STACK_OVERFLOW')
      t.true(error.cause instanceof RangeError)
    }
    t.is(text(await guest.call('Op', bytes('on we go'))), 'on we go')
    t.is(guest.metrics().restarts, 5)
  })
}

test('call - reports a stack overflow of guests that called each other', async (t) => {
  await using guest = await load(
    failing(
      '(call $deeper)',
      `(func $deeper
        (drop (call $ask (i32.const 0) (i32.const 0)))
        (call $deeper))`,
    ),
    { hostCall: () => bytes('') },
  )
  t.is((await failureOf(guest.call('Op', bytes('')))).code, 'ERR_GUEST_STACK_OVERFLOW')
})

/** Grows by a page until it may not, touches every page, and then traps. */
const bomb = failing(
  `(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
   (memory.fill (i32.const 0) (i32.const 1) (i32.shl (memory.size) (i32.const 16)))
   unreachable`,
)

test('call - holds memory at its limit and says so when the guest then traps', async (t) => {
  const limits = { memoryBytes: 4 * 1024 * 1024 }
  await using guest = await load(bomb, { limits })
  const error = await failureOf(guest.call('Op', bytes('')))
  t.is(error.code, 'ERR_GUEST_TRAP')
  t.like(error.detail, { memoryBytes: limits.memoryBytes, memoryAtLimit: true })
  t.is(error.message, 'actor trapped with its memory at the limit of 4194304 bytes: unreachable')
  t.is(guest.metrics().memoryHighWaterBytes, limits.memoryBytes)
  t.is(text(await guest.call('Op', bytes('on we go'))), 'on we go')
})

test('call - holds memory at the module’s own limit if that is lower', async (t) => {
  await using guest = await load(
    bomb.replace('(memory (export "memory") 1)', '(memory (export "memory") 1 3)'),
  )
  const error = await failureOf(guest.call('Op', bytes('')))
  t.like(error.detail, { memoryBytes: 3 * 65_536, memoryAtLimit: true })
})

test('call - holds a table at its limit', async (t) => {
  await using guest = await load(
    guestText(
      `(local $grown i32)
       (loop $more
         (local.set $grown (table.grow $table (ref.null func) (i32.const 1000)))
         (br_if $more (i32.ne (local.get $grown) (i32.const -1))))
       (i32.store (i32.const 0) (table.size $table))
       (call $respond (i32.const 0) (i32.const 4))
       (i32.const 1)`,
      { fields: '(table $table 1 funcref)' },
    ),
    { limits: { tableElements: 5_500 } },
  )
  const answer = await guest.call('Op', bytes(''))
  t.is(new DataView(answer.buffer, answer.byteOffset).getUint32(0, true), 5_001)
})

test('call - serves others while one guest after the other fails', async (t) => {
  await using broken = await load(failing('unreachable'))
  await using fine = await load(echo)
  const failures = Array.from({ length: 200 }, () => failureOf(broken.call('Op', bytes(''))))
  const answers = Array.from({ length: 200 }, (_, index) => fine.call('Op', bytes(`${index}`)))
  t.deepEqual(
    (await Promise.all(answers)).map(text),
    Array.from({ length: 200 }, (_, i) => `${i}`),
  )
  t.true((await Promise.all(failures)).every(({ code }) => code === 'ERR_GUEST_TRAP'))
  t.deepEqual(broken.metrics().errors, { ERR_GUEST_TRAP: 200 })
})
