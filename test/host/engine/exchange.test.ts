import test from 'ava'
import { type HostCall, Scheduler } from '../../../host/engine/index.ts'
import { at, bytes, echo, failureOf, guestText, load, relay, text } from './support/guests.ts'

test('call - hands the guest operation and payload, whatever they are', async (t) => {
  await using guest = await load(
    guestText(`
      (call $receive)
      (memory.copy (i32.const 512) (i32.const ${at.operation}) (local.get $opLength))
      (memory.copy (i32.add (i32.const 512) (local.get $opLength)) (i32.const ${at.payload}) (local.get $length))
      (call $respond (i32.const 512) (i32.add (local.get $opLength) (local.get $length)))
      (i32.const 1)`),
  )
  t.is(text(await guest.call('Grüße', bytes('|you'))), 'Grüße|you')
  t.is(text(await guest.call('', bytes(''))), '')
  t.is(text(await guest.call('Op', bytes(''))), 'Op')
})

test('call - gives a response that is the caller’s own', async (t) => {
  await using guest = await load(echo)
  const first = await guest.call('Op', bytes('first'))
  await guest.call('Op', bytes('other'))
  t.is(text(first), 'first')
})

test('call - takes an empty response for a response', async (t) => {
  await using guest = await load(
    guestText('(call $respond (i32.const 0) (i32.const 0)) (i32.const 1)'),
  )
  t.deepEqual(await guest.call('Op', bytes('x')), new Uint8Array(0))
})

test('call - rejects with ERR_GUEST_NO_RESPONSE if the guest reports success and gave nothing', async (t) => {
  await using guest = await load(guestText('(i32.const 1)'))
  const error = await failureOf(guest.call('Op', bytes('x')))
  t.is(error.code, 'ERR_GUEST_NO_RESPONSE')
  t.deepEqual(error.detail, { operation: 'Op' })
  t.is(guest.metrics().restarts, 1)
})

test('call - does not answer with the response of an earlier call', async (t) => {
  await using guest = await load(
    guestText('(if (local.get $length) (then (call $echo (local.get $length)))) (i32.const 1)'),
  )
  t.is(text(await guest.call('Op', bytes('one'))), 'one')
  t.is((await failureOf(guest.call('Op', bytes('')))).code, 'ERR_GUEST_NO_RESPONSE')
})

test('call - takes the last of several responses', async (t) => {
  await using guest = await load(
    guestText(`(call $echo (local.get $length))
      (call $respond (i32.const ${at.payload}) (i32.const 1))
      (i32.const 1)`),
  )
  t.is(text(await guest.call('Op', bytes('ab'))), 'a')
})

for (const code of ['0', '2', '-1', '0x80000000']) {
  test(`call - rejects with ERR_GUEST_ERROR and the guest’s words if it returns ${code}`, async (t) => {
    await using guest = await load(
      guestText(`(call $echo (local.get $length))
        (call $guest_error (i32.const ${at.payload}) (local.get $length))
        (i32.const ${code})`),
    )
    const error = await failureOf(guest.call('Op', bytes('sold out ✗')))
    t.is(error.code, 'ERR_GUEST_ERROR')
    t.deepEqual(error.detail, { text: 'sold out ✗' })
    t.is(error.message, 'sold out ✗')
    t.is(error.cause, undefined)
    t.is(guest.metrics().restarts, 0, 'the instance is as good as before')
  })
}

test('call - gives an error without words some', async (t) => {
  await using guest = await load(guestText('(i32.const 0)'))
  const error = await failureOf(guest.call('Op', bytes('')))
  t.deepEqual(error.detail, { text: '' })
  t.is(error.message, 'actor failed Op without a word')
})

test('call - succeeds if the guest reports both an error and success', async (t) => {
  await using guest = await load(
    guestText(`(call $echo (local.get $length))
      (call $guest_error (i32.const ${at.payload}) (local.get $length)) (i32.const 1)`),
  )
  t.is(text(await guest.call('Op', bytes('fine'))), 'fine')
})

test('call - replaces what is not UTF-8 in an error, and cuts it at 64 KiB', async (t) => {
  await using guest = await load(
    guestText(
      `(i32.store8 (i32.const 0) (i32.const 0xff))
       (memory.fill (i32.const 1) (i32.const 65) (i32.const 100000))
       (call $guest_error (i32.const 0) (i32.const 100001)) (i32.const 0)`,
      { memory: '2' },
    ),
  )
  const error = await failureOf(guest.call('Op', bytes('')))
  t.is(error.message, `\ufffd${'A'.repeat(65_535)}`)
})

for (const mode of ['at once', 'later'] as const) {
  const answer = (give: () => Uint8Array): Uint8Array | Promise<Uint8Array> =>
    mode === 'at once' ? give() : Promise.resolve().then(give)

  test(`hostCall - gives the guest bytes ${mode}`, async (t) => {
    await using guest = await load(relay, {
      hostCall: ({ payload }) => answer(() => bytes(`${text(payload)} and more`)),
    })
    t.is(text(await guest.call('Op', bytes('this'))), 'this and more')
  })

  test(`hostCall - gives the guest the text of what it threw ${mode}, and its caller the cause`, async (t) => {
    const refusal = new Error('no such key: Straße')
    await using guest = await load(relay, {
      hostCall: () =>
        answer(() => {
          throw refusal
        }),
    })
    const error = await failureOf(guest.call('Op', bytes('')))
    t.is(error.code, 'ERR_GUEST_ERROR')
    t.deepEqual(error.detail, { text: 'no such key: Straße' })
    t.is(error.cause, refusal)
  })

  test(`hostCall - fails if it answers with something that is not bytes ${mode}`, async (t) => {
    await using guest = await load(relay, {
      hostCall: () => answer(() => 'text' as unknown as Uint8Array),
    })
    const error = await failureOf(guest.call('Op', bytes('')))
    t.is(error.message, 'the host answered with something that is not bytes')
  })

  test(`hostCall - fails if it answers with more than the guest may take ${mode}`, async (t) => {
    await using guest = await load(relay, {
      limits: { payloadBytes: 10 },
      hostCall: () => answer(() => new Uint8Array(11)),
    })
    const error = await failureOf(guest.call('Op', bytes('')))
    t.is(error.code, 'ERR_GUEST_ERROR')
    t.like(error.cause, { code: 'ERR_PAYLOAD_TOO_LARGE', detail: { bytes: 11, allowed: 10 } })
  })
}

test('hostCall - cuts its error text at a whole character before 64 KiB', async (t) => {
  await using guest = await load(
    guestText(
      `(drop (call $ask (local.get $opLength) (i32.const 0)))
       (i32.store (i32.const 0) (call $host_error_len))
       (call $respond (i32.const 0) (i32.const 4)) (i32.const 1)`,
    ),
    {
      hostCall: () => {
        throw new Error('€'.repeat(30_000))
      },
    },
  )
  const answer = await guest.call('Op', bytes(''))
  t.is(new DataView(answer.buffer, answer.byteOffset).getUint32(0, true), 65_535)
})

test('hostCall - leaves nothing of one host call to the next', async (t) => {
  // First fails, then succeeds: the answer is response length, error length after each.
  const note = (offset: number): string => `
    (i32.store8 (i32.const ${offset}) (call $host_response_len))
    (i32.store8 (i32.const ${offset + 1}) (call $host_error_len))`
  let asked = 0
  await using guest = await load(
    guestText(`${note(40)}
      (drop (call $ask (local.get $opLength) (i32.const 0))) ${note(42)}
      (drop (call $ask (local.get $opLength) (i32.const 0))) ${note(44)}
      (drop (call $ask (local.get $opLength) (i32.const 0))) ${note(46)}
      (call $respond (i32.const 40) (i32.const 8)) (i32.const 1)`),
    {
      hostCall: () => {
        asked += 1
        if (asked % 3 === 2) throw new Error('never')
        return new Uint8Array(7)
      },
    },
  )
  const expected = [0, 0, 7, 0, 0, 5, 7, 0]
  t.deepEqual([...(await guest.call('Op', bytes('')))], expected)
  t.deepEqual([...(await guest.call('Op', bytes('')))], expected, 'nor of one call to the next')
})

test('hostCall - gets a payload that is its own', async (t) => {
  const payloads: Uint8Array[] = []
  await using guest = await load(relay, {
    hostCall: ({ payload }) => {
      payloads.push(payload)
      return payload
    },
  })
  await guest.call('Op', bytes('first'))
  await guest.call('Op', bytes('other'))
  t.deepEqual(payloads.map(text), ['first', 'other'])
})

test('hostCall - is told the context of the call', async (t) => {
  const contexts: unknown[] = []
  await using guest = await load(relay, {
    hostCall: ({ context }) => {
      contexts.push(context)
      return bytes('')
    },
  })
  const context = { trace: 1 }
  await guest.call('Op', bytes(''), { context })
  await guest.call('Op', bytes(''))
  t.deepEqual(contexts, [context, undefined])
})

test('hostCall - refuses a payload larger than the guest may give', async (t) => {
  await using guest = await load(
    guestText(`(call $receive)
      (if (result i32) (call $ask (local.get $opLength) (i32.const -1)) (then unreachable)
        (else
          (call $host_error (i32.const 512))
          (call $guest_error (i32.const 512) (call $host_error_len))
          (i32.const 0)))`),
  )
  const error = await failureOf(guest.call('Op', bytes('')))
  t.is(error.code, 'ERR_GUEST_ERROR')
  t.like(error.cause, {
    code: 'ERR_PAYLOAD_TOO_LARGE',
    detail: { bytes: 4_294_967_295, allowed: 16 * 1024 * 1024 },
  })
})

test('hostCall - may call the same guest again', async (t) => {
  const scheduler = new Scheduler()
  const depths: unknown[] = []
  await using guest = await load(relay, {
    scheduler,
    hostCall: ({ context, payload }) => {
      const depth = context as number
      depths.push(depth)
      return depth === 5
        ? bytes(`${text(payload)}!`)
        : guest.call('Op', bytes(`${text(payload)}${depth}`), { context: depth + 1 })
    },
  })
  t.is(text(await guest.call('Op', bytes('>'), { context: 0 })), '>01234!')
  t.deepEqual(depths, [0, 1, 2, 3, 4, 5])
  t.is(guest.metrics().instances.idle, 6)
})

for (const [what, shape] of [
  ['an operation name of 257 bytes', { what: 'operation', bytes: 257, allowed: 256 }],
  ['an operation name that is not UTF-8', { what: 'operation', bytes: 2, allowed: 256 }],
] as const) {
  test(`hostCall - ends the call with ERR_GUEST_NAME for ${what}`, async (t) => {
    const called: HostCall[] = []
    await using guest = await load(
      guestText(`(i32.store16 (i32.const 0) (i32.const 0xffff))
        (drop (call $host_call (i32.const 600) (i32.const 0) (i32.const 600) (i32.const 0)
          (i32.const 0) (i32.const ${shape.bytes}) (i32.const 0) (i32.const 0)))
        (i32.const 1)`),
      {
        hostCall: (hostCall) => {
          called.push(hostCall)
          return bytes('')
        },
      },
    )
    const error = await failureOf(guest.call('Op', bytes('')))
    t.is(error.code, 'ERR_GUEST_NAME')
    t.deepEqual(error.detail, shape)
    t.deepEqual(called, [])
    t.is(guest.metrics().restarts, 1)
  })
}

test('call - rejects with ERR_PAYLOAD_TOO_LARGE before the guest sees a request that is too large', async (t) => {
  await using guest = await load(echo, { limits: { payloadBytes: 4 } })
  t.is(text(await guest.call('Op', bytes('1234'))), '1234')
  const error = await failureOf(guest.call('Op', bytes('12345')))
  t.is(error.code, 'ERR_PAYLOAD_TOO_LARGE')
  t.deepEqual(error.detail, { bytes: 5, allowed: 4 })
  t.is(guest.metrics().restarts, 0)
})

test('call - rejects with ERR_PAYLOAD_TOO_LARGE an operation that is no name', async (t) => {
  await using guest = await load(echo)
  t.is(text(await guest.call('x'.repeat(256), bytes('in'))), 'in')
  const error = await failureOf(guest.call('x'.repeat(257), bytes('in')))
  t.deepEqual(error.detail, { bytes: 257, allowed: 256 })
})

test('call - rejects with ERR_PAYLOAD_TOO_LARGE if the response is', async (t) => {
  await using guest = await load(
    guestText('(call $respond (i32.const 0) (i32.const 5)) (i32.const 1)'),
    { limits: { payloadBytes: 4 } },
  )
  const error = await failureOf(guest.call('Op', bytes('')))
  t.is(error.code, 'ERR_PAYLOAD_TOO_LARGE')
  t.deepEqual(error.detail, { bytes: 5, allowed: 4 })
})

test('log - gets what the guest prints, cut at 8 KiB, and the context', async (t) => {
  const lines: unknown[] = []
  await using guest = await load(
    guestText(`(call $receive)
      (call $console_log (i32.const ${at.payload}) (local.get $length))
      (call $console_log (i32.const 10000) (i32.const 10000))
      (call $echo (local.get $length)) (i32.const 1)`),
    { log: (line, context) => lines.push([line, context]) },
  )
  await guest.call('Op', bytes('line\nbreak'), { context: 'c' })
  t.deepEqual(lines, [
    ['line\nbreak', 'c'],
    ['\0'.repeat(8192), 'c'],
  ])
})

test('log - may be missing', async (t) => {
  await using guest = await load(
    guestText(
      '(call $console_log (i32.const 0) (i32.const 1)) (call $echo (i32.const 0)) (i32.const 1)',
    ),
  )
  await t.notThrowsAsync(guest.call('Op', bytes('')))
})

test('call - sees memory that grew during it', async (t) => {
  await using guest = await load(
    guestText(
      `(call $receive)
       (drop (memory.grow (i32.const 1)))
       (call $guest_request (i32.const 70000) (i32.const 70100))
       (call $respond (i32.const 70100) (local.get $length))
       (i32.const 1)`,
      { memory: '1 3' },
    ),
  )
  t.is(text(await guest.call('Op', bytes('grown'))), 'grown')
  t.is(guest.metrics().memoryHighWaterBytes, 131_072)
})

test('hostCall - answers into memory that grew while the guest waited for nothing else', async (t) => {
  await using guest = await load(
    guestText(
      `(call $receive)
       (drop (memory.grow (i32.const 1)))
       (drop (call $ask (local.get $opLength) (local.get $length)))
       (drop (memory.grow (i32.const 1)))
       (call $host_response (i32.const 140000))
       (call $respond (i32.const 140000) (call $host_response_len))
       (i32.const 1)`,
      { memory: '1 3' },
    ),
    { hostCall: async ({ payload }) => payload },
  )
  t.is(text(await guest.call('Op', bytes('grown'))), 'grown')
})
