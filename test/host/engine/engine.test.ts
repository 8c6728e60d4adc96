import test from 'ava'
import { EngineError, loadGuest, Scheduler } from '../../../host/engine/index.ts'
import { assemble } from './prepare/support/assemble.ts'
import { bytes, echo, failureOf, guestText, load, relay, text } from './support/guests.ts'
import { TestClock } from './support/test-clock.ts'

const plain =
  '(memory (export "memory") 1) (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))'

test('loadGuest - gives a guest that answers', async (t) => {
  await using guest = await load(echo)
  t.is(text(await guest.call('Echo', bytes('hello'))), 'hello')
  t.is(guest.facts.waPC, 'wapc')
  t.is(guest.limits.timeoutMs, 10_000)
})

test('loadGuest - serves guests that import from wasmbus', async (t) => {
  await using guest = await load(
    guestText('(call $relay (local.get $opLength) (local.get $length))', { module: 'wasmbus' }),
    { hostCall: () => bytes('from the host') },
  )
  t.is(text(await guest.call('Op', bytes(''))), 'from the host')
})

for (const [params, named] of [
  [4, { linkName: '', namespace: '', operation: 'a!b' }],
  [6, { linkName: '', namespace: 'a!b', operation: 'a!b' }],
  [8, { linkName: 'a!b', namespace: 'a!b', operation: 'a!b' }],
] as const) {
  test(`loadGuest - understands host calls with ${params} parameters`, async (t) => {
    const calls: unknown[] = []
    await using guest = await load(
      guestText('(call $relay (local.get $opLength) (local.get $length))', {
        hostCallParams: params,
      }),
      {
        hostCall: ({ linkName, namespace, operation, payload }) => {
          calls.push({ linkName, namespace, operation, payload: text(payload) })
          return bytes('done')
        },
      },
    )
    t.is(text(await guest.call('a!b', bytes('in'))), 'done')
    t.deepEqual(calls, [{ ...named, payload: 'in' }])
  })
}

for (const [what, imported, detail] of [
  [
    'a foreign module',
    '(import "env" "abort" (func (param i32)))',
    { module: 'env', name: 'abort' },
  ],
  [
    'WASI',
    '(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))',
    { module: 'wasi_snapshot_preview1', name: 'fd_write' },
  ],
  ['an unknown function', '(import "wapc" "__exit" (func))', { module: 'wapc', name: '__exit' }],
  [
    'a property of every object',
    '(import "wapc" "constructor" (func))',
    { module: 'wapc', name: 'constructor' },
  ],
  [
    'a host call of five parameters',
    '(import "wapc" "__host_call" (func (param i32 i32 i32 i32 i32) (result i32)))',
    { module: 'wapc', name: '__host_call' },
  ],
  [
    'a request of one parameter',
    '(import "wapc" "__guest_request" (func (param i32)))',
    { module: 'wapc', name: '__guest_request' },
  ],
  ['a global', '(import "wapc" "pointer" (global i32))', { module: 'wapc', name: 'pointer' }],
  ['the meter', '(import "__wash" "yield" (func))', { module: '__wash', name: 'yield' }],
] as const) {
  test(`loadGuest - refuses the import of ${what}`, async (t) => {
    const error = await failureOf(load(`(module ${imported} ${plain})`))
    t.is(error.code, 'ERR_WASM_IMPORT')
    t.deepEqual(error.detail, detail)
  })
}

const call = '(func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))'
for (const [what, fields, name] of [
  ['no memory', call, 'memory'],
  ['a memory that is a function', `(func (export "memory")) ${call}`, 'memory'],
  ['no entry point', '(memory (export "memory") 1)', '__guest_call'],
  [
    'an entry point without parameters',
    '(memory (export "memory") 1) (func (export "__guest_call"))',
    '__guest_call',
  ],
  [
    'an entry point that is a global',
    '(memory (export "memory") 1) (global (export "__guest_call") i32 (i32.const 1))',
    '__guest_call',
  ],
  [
    'a _start with parameters',
    `(memory (export "memory") 1) ${call} (func (export "_start") (param i32))`,
    '_start',
  ],
  [
    'a wapc_init that is a global',
    `(memory (export "memory") 1) ${call} (global (export "wapc_init") i32 (i32.const 1))`,
    'wapc_init',
  ],
] as const) {
  test(`loadGuest - refuses ${what}`, async (t) => {
    const error = await failureOf(load(`(module ${fields})`))
    t.is(error.code, 'ERR_WASM_EXPORT')
    t.deepEqual(error.detail, { name })
  })
}

test('loadGuest - refuses what V8 finds invalid', async (t) => {
  const wasm = await assemble(`(module ${plain})`)
  // The entry point's `i32.const 1` becomes `f32.const` of what follows: ends in the wrong place.
  wasm[wasm.lastIndexOf(0x41)] = 0x43
  const error = await failureOf(
    loadGuest(wasm, { scheduler: new Scheduler(), hostCall: () => bytes('') }),
  )
  t.is(error.code, 'ERR_WASM_INVALID')
})

test('loadGuest - refuses data that does not fit its memory', async (t) => {
  const error = await failureOf(load(`(module ${plain} (data (i32.const 65535) "ab"))`))
  t.is(error.code, 'ERR_WASM_INVALID')
})

test('loadGuest - refuses a limit that is no number', async (t) => {
  const error = await t.throwsAsync(load(echo, { limits: { instances: 0 } }), {
    instanceOf: RangeError,
  })
  t.is(error.message, 'limit instances is 0, expected a positive number')
})

test('loadGuest - gives up when its signal aborted', async (t) => {
  const error = await failureOf(load(echo, { signal: AbortSignal.abort('enough') }))
  t.is(error.code, 'ERR_INVOCATION_ABORTED')
  t.is(error.cause, 'enough')
})

/** Each start function appends its mark; the guest answers with what was written. */
const startOrder = guestText(
  '(call $respond (i32.const 100) (i32.load (i32.const 96))) (i32.const 1)',
  {
    fields: `
    (func $mark (param i32)
      (i32.store8 (i32.add (i32.const 100) (i32.load (i32.const 96))) (local.get 0))
      (i32.store (i32.const 96) (i32.add (i32.load (i32.const 96)) (i32.const 1))))
    (func $begin (call $mark (i32.const 65)))
    (start $begin)
    (func (export "wapc_init") (call $mark (i32.const 67)))
    (func (export "_start") (call $mark (i32.const 66)))`,
  },
)

test('loadGuest - runs the start section, then _start, then wapc_init, once an instance', async (t) => {
  await using guest = await load(startOrder)
  t.is(text(await guest.call('Op', bytes(''))), 'ABC')
  t.is(text(await guest.call('Op', bytes(''))), 'ABC')
})

test('call - waits for an instance that has to start first', async (t) => {
  await using guest = await load(startOrder, { limits: { instances: 3 } })
  const answers = await Promise.all([1, 2, 3, 4].map(() => guest.call('Op', bytes(''))))
  t.deepEqual(answers.map(text), ['ABC', 'ABC', 'ABC', 'ABC'])
})

const endless = '(loop $ever (br $ever))'
for (const [where, fields] of [
  ['the start section', `(func $begin ${endless}) (start $begin)`],
  ['_start', `(func (export "_start") ${endless})`],
  ['wapc_init', `(func (export "wapc_init") ${endless})`],
] as const) {
  test(`loadGuest - ends an endless loop in ${where}`, async (t) => {
    const scheduler = new Scheduler({ clock: new TestClock({ stepMs: 0.5 }) })
    const error = await failureOf(
      load(guestText('(i32.const 1)', { fields }), { scheduler, limits: { startCpuMs: 30 } }),
    )
    t.is(error.code, 'ERR_CPU_BUDGET')
    t.deepEqual(error.detail, { cpuMs: 30 })
  })

  test(`loadGuest - reports a trap in ${where}`, async (t) => {
    const error = await failureOf(
      load(guestText('(i32.const 1)', { fields: fields.replace(endless, 'unreachable') })),
    )
    t.is(error.code, 'ERR_GUEST_TRAP')
  })
}

test('loadGuest - ends a start that waits for its host beyond the start deadline', async (t) => {
  const clock = new TestClock()
  const asked = Promise.withResolvers<AbortSignal>()
  const loading = load(
    guestText('(i32.const 1)', {
      fields: '(func (export "_start") (drop (call $ask (i32.const 0) (i32.const 0))))',
    }),
    {
      scheduler: new Scheduler({ clock }),
      limits: { startTimeoutMs: 50 },
      hostCall: (hostCall) => {
        t.is(hostCall.context, undefined)
        asked.resolve(hostCall.signal)
        return new Promise(() => {})
      },
    },
  )
  const signal = await asked.promise
  clock.advance(49)
  t.false(signal.aborted)
  clock.advance(20)
  const error = await failureOf(loading)
  t.is(error.code, 'ERR_INVOCATION_TIMEOUT')
  t.deepEqual(error.detail, { timeoutMs: 50 })
  t.is(signal.reason, error)
})

test('call - fails if the instance it needs does not start', async (t) => {
  // Starts once: the second instance finds that the host no longer agrees.
  let agrees = true
  await using guest = await load(
    guestText('(call $relay (local.get $opLength) (local.get $length))', {
      fields:
        '(func (export "_start") (if (i32.eqz (call $ask (i32.const 0) (i32.const 0))) (then unreachable)))',
    }),
    {
      hostCall: ({ operation }) => {
        if (operation === '' && !agrees) throw new Error('no more')
        return operation === '' ? bytes('') : new Promise(() => {})
      },
    },
  )
  const abort = new AbortController()
  const waiting = failureOf(guest.call('Op', bytes(''), { signal: abort.signal }))
  agrees = false
  const error = await failureOf(guest.call('Op', bytes('')))
  t.is(error.code, 'ERR_GUEST_TRAP')
  abort.abort()
  t.is((await waiting).code, 'ERR_INVOCATION_ABORTED')
})

test('EngineError - is what every refusal is', async (t) => {
  t.true((await failureOf(load(`(module)`))) instanceof EngineError)
  await using guest = await load(relay)
  const error = await failureOf(guest.call('Op', bytes('')))
  t.true(error instanceof EngineError)
  t.is(error.message, 'no host calls here')
})
